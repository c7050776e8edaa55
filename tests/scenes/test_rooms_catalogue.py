"""Rooms: nothing stands in anything else, everything rests on something, one can walk, and splits share nothing."""

from __future__ import annotations

import csv
import importlib.resources
import os
import pickle
from functools import cache

import numpy as np
import pytest

from activevision.errors import UserError
from activevision.scenes import SPLITS, Entry, Instance, Mesh, Scene
from activevision.scenes.navigable import NavigableArea
from activevision.scenes.rooms import CATEGORIES, CLASSES, RoomsCatalogue
from activevision.scenes.rooms.catalogue import RoomRecipe
from activevision.scenes.rooms.floor import Block
from activevision.scenes.rooms.models import furnished_pieces, model_table, models_available
from activevision.scenes.rooms.pieces import built_pieces
from activevision.scenes.rooms.roles import ROLES
from activevision.scenes.rooms.room import draw_room

_USERS_CACHE = os.environ.get("ACTIVEVISION_CACHE")
SHELL = ("floor", "ceiling", "wall", "door", "window", "ceiling lamp")


@cache
def entries(pieces: str = "procedural") -> tuple[Entry, ...]:
    """One training room of each class."""
    return tuple(RoomsCatalogue(pieces, per_class=1).scenes("train"))


@cache
def room(index: int) -> Scene:
    return entries()[index].load()


ROOMS = range(len(CLASSES))
labels = [label.replace(" ", "-") for label in CLASSES]
each_room = pytest.mark.parametrize("index", ROOMS, ids=labels)


def boxes(index: int) -> list[tuple[str, Block]]:
    """Category and box of every piece of a room, rugs left out: what stands on them sinks into their pile."""
    recipe = entries()[index].load
    assert isinstance(recipe, RoomRecipe)
    drawn = draw_room(recipe.label, recipe.generator, built_pieces(recipe.seed, recipe.split))
    return [(one.body.category, one.block) for one in drawn.floor.placed if one.body.category != "rug"]


def overlap(first: Block, second: Block) -> float:
    """Metres that two boxes reach into each other along the axis where it is least, ≤ 0 where they are apart."""
    depth = min(first.high, second.high) - max(first.low, second.low)
    for block in (first, second):
        for axis in (
            np.array([np.cos(block.turn), -np.sin(block.turn)]),
            np.array([np.sin(block.turn), np.cos(block.turn)]),
        ):
            a, b = first.corners @ axis, second.corners @ axis
            depth = min(depth, min(a.max(), b.max()) - max(a.min(), b.min()))
    return float(depth)


@each_room
def test_no_piece_reaches_into_another(index: int) -> None:
    placed = boxes(index)
    worst = max(overlap(a, b) for i, (_, a) in enumerate(placed) for _, b in placed[:i])
    assert worst < 1e-6


@each_room
def test_boxes_are_those_of_the_geometry(index: int) -> None:
    """What the layout believes is what is rendered: vertices of each instance fill its box, and stay in it."""
    scene = room(index)
    pieces = [i for i in scene.instances if i.category not in SHELL and i.category != "rug"]
    for instance, (category, block) in zip(pieces, boxes(index), strict=True):
        assert instance.category == category
        points = np.concatenate([m.vertices for m in scene.meshes if m.instance == instance.id]).astype(np.float64)
        away = points[:, [0, 2]] - [block.x, block.z]
        c, s = np.cos(block.turn), np.sin(block.turn)
        right, front = away[:, 0] * c - away[:, 1] * s, away[:, 0] * s + away[:, 1] * c
        for values, bound in ((right, block.half_width), (front, block.half_depth)):
            assert np.abs(values).max() == pytest.approx(bound, abs=2e-4)
        assert points[:, 1].min() == pytest.approx(block.low, abs=2e-4)
        assert points[:, 1].max() == pytest.approx(block.high, abs=2e-4)


@each_room
def test_everything_stands_on_the_floor_on_something_or_hangs_on_a_wall(index: int) -> None:
    scene = room(index)
    low, high = scene.bounds
    inner = next(m.vertices for m in scene.meshes if m.instance == 1)  # the floor
    pieces = [i for i in scene.instances if i.category not in SHELL and i.category != "rug"]
    for instance, (_, block) in zip(pieces, boxes(index), strict=True):
        if block.low < 1e-6:
            continue
        others = np.concatenate(
            [m.vertices[m.faces] for m in scene.meshes if m.instance != instance.id and len(m.faces)]
        )
        near = np.abs(others[..., 1].max(1) - block.low) < 0.02
        tops = others[near].mean(1)
        under = np.linalg.norm(tops[:, [0, 2]] - [block.x, block.z], axis=1) < 0.45
        edges = np.abs(block.corners)[:, None] - np.abs(inner[:, [0, 2]]).max(0)
        at_wall = (np.abs(edges) < 0.02).any() or _at_notch(scene, block)
        assert under.any() or at_wall, f"{instance.category} floats at {block.low:.2f} m"
    assert low[1] >= -0.1
    assert high[1] < 4.0


def _at_notch(scene: Scene, block: Block) -> bool:
    walls = {i.id for i in scene.instances if i.category == "wall"}
    points = np.concatenate([m.vertices for m in scene.meshes if m.instance in walls])
    gaps = np.linalg.norm(points[:, [0, 2]][:, None] - block.corners[None], axis=-1)
    return bool(gaps.min() < 0.3)


@each_room
def test_one_can_walk_from_the_door_to_the_station_and_about(index: int) -> None:
    scene = room(index)
    area = NavigableArea.build(scene)
    assert scene.station is not None
    station = np.array(scene.station) * [1, 0, 1]
    assert scene.station[1] == 1.5
    assert area.contains(station)
    doors = [i.id for i in scene.instances if i.category == "door"]
    assert doors
    door = np.concatenate([m.vertices for m in scene.meshes if m.instance == doors[0]])
    floor_cells = area.sample(np.random.default_rng(0), 4000)
    assert np.linalg.norm(floor_cells[:, [0, 2]] - door[:, [0, 2]].mean(0), axis=1).min() < 0.75
    slab = next(m for m in scene.meshes if m.instance == 1)
    corners = slab.vertices[slab.faces][..., [0, 2]].astype(np.float64)
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    floor = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum() / 2
    assert area.area > 0.12 * floor
    on_floor = area.areas[[p for p in range(len(area.areas)) if area.floor[area.part == p].max() < 0.2]]
    assert area.area > 0.85 * on_floor.sum()


@each_room
def test_a_room_has_its_shell_light_and_a_table_of_instances(index: int) -> None:
    scene = room(index)
    categories = [instance.category for instance in scene.instances]
    assert {"floor", "ceiling", "wall", "door"} <= set(categories)
    assert scene.label == list(CLASSES)[index]
    assert len(scene.lamps) >= 1
    assert all(CATEGORIES[i.category_id - 1] == i.category for i in scene.instances)
    assert [i.id for i in scene.instances] == list(range(1, len(categories) + 1))
    assert {m.instance for m in scene.meshes} == {i.id for i in scene.instances}
    low, high = scene.bounds
    assert all((np.array(lamp.position) > low).all() and (np.array(lamp.position) < high).all() for lamp in scene.lamps)
    assert scene.triangles < 200_000


def plain_surfaces(scene: Scene, category: str) -> list[Mesh]:
    """The floor, the ceiling or the walls without their skirting: the first mesh of each instance."""
    found = [instance.id for instance in scene.instances if instance.category == category]
    return [next(mesh for mesh in scene.meshes if mesh.instance == number) for number in found]


@each_room
def test_big_surfaces_have_vertices_for_shadows_to_fall_on(index: int) -> None:
    for category in ("floor", "ceiling", "wall"):
        for mesh in plain_surfaces(room(index), category):
            edges = np.linalg.norm(np.diff(mesh.vertices[mesh.faces][:, [0, 1, 2, 0]], axis=1), axis=2)
            assert edges.max() <= 0.25 * np.sqrt(2) + 1e-3


@each_room
def test_doors_and_windows_are_holes_in_the_walls(index: int) -> None:
    """The wall has no surface where a door or a window is."""
    scene = room(index)
    walls = np.concatenate([mesh.vertices[mesh.faces].mean(1) for mesh in plain_surfaces(scene, "wall")])
    for instance in scene.instances:
        if instance.category not in ("door", "window"):
            continue
        points = np.concatenate([m.vertices for m in scene.meshes if m.instance == instance.id])
        low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
        across = 0 if high[0] - low[0] < high[2] - low[2] else 2  # through the wall
        low[1], high[1] = low[1] + 0.08, high[1] - 0.08  # the boards round it lie on the wall
        along = 2 - across
        low[along], high[along] = low[along] + 0.08, high[along] - 0.08
        assert ((walls > low) & (walls < high)).all(1).sum() == 0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_room() -> None:
    label = ("bathroom",)
    first, second = (RoomsCatalogue(per_class=1, classes=label).scenes("train")[0] for _ in range(2))
    other = RoomsCatalogue(per_class=1, classes=label, seed=1).scenes("train")[0]
    assert first.key == second.key != other.key
    loads = first.load(), pickle.loads(pickle.dumps(second)).load()
    assert loads[0].content_hash == loads[1].content_hash != other.load().content_hash


def test_more_rooms_move_none_and_change_none() -> None:
    few, many = RoomsCatalogue(per_class=5), RoomsCatalogue(per_class=12)
    for split in SPLITS:
        known = {e.id: e.key for e in many.scenes(split)}
        assert all(known[e.id] == e.key for e in few.scenes(split))


def test_ids_and_keys_tell_all_rooms_apart() -> None:
    found = [e for split in SPLITS for e in RoomsCatalogue(per_class=9).scenes(split)]
    assert len({e.id for e in found}) == len({e.key for e in found}) == len(found) == 9 * len(CLASSES)


def test_rooms_of_a_class_differ_in_size_shape_and_furniture() -> None:
    scenes = [e.load() for e in RoomsCatalogue(per_class=10, classes=("bathroom",)).scenes("train")]
    sizes = np.array([scene.bounds[1] - scene.bounds[0] for scene in scenes])
    assert sizes[:, 0].std() > 0.15
    assert sizes[:, 1].std() > 0.04
    assert len({tuple(sorted(i.category for i in scene.instances)) for scene in scenes}) > len(scenes) // 2


def test_coverings_alone_do_not_tell_the_class() -> None:
    for surface in ("floors", "walls", "ceilings"):
        for label, kind in CLASSES.items():
            others = {name for other, k in CLASSES.items() if other != label for name in getattr(k, surface)}
            assert set(getattr(kind, surface)) <= others


def test_no_built_piece_is_in_two_splits() -> None:
    """By geometry: a sample of every role, as no two splits draw the same numbers."""
    for role in ("dining chair", "wardrobe", "plant", "picture"):
        seen: dict[str, set[str]] = {}
        for split in SPLITS:
            for piece in built_pieces(0, split)[role][:4]:
                loaded = piece.load()
                shape = Scene("piece", role, loaded.meshes, (Instance(1, role, 1),), "", "", "")
                seen.setdefault(shape.geometry_hash, set()).add(split)
        assert all(len(splits) == 1 for splits in seen.values())
        assert len(seen) == 12


def test_models_that_are_variants_stay_in_one_split_and_keep_their_split_of_the_furniture_table() -> None:
    by_group: dict[str, set[str]] = {}
    for row in model_table():
        by_group.setdefault(row.group, set()).add(row.split)
        by_group.setdefault(row.geometry, set()).add(row.split)
        by_group.setdefault(f"{row.library} {row.id}", set()).add(row.split)
        assert row.role in ROLES
    assert all(len(splits) == 1 for splits in by_group.values())
    text = importlib.resources.files("activevision.scenes.furniture").joinpath("classes.csv").read_text()
    known = {(r["library"], r["id"]): r for r in csv.DictReader(text.splitlines())}
    shapes = {r["geometry"]: r["split"] for r in known.values()}
    for row in model_table():
        if (row.library, row.id) in known:
            assert row.split == known[row.library, row.id]["split"]
        assert shapes.get(row.geometry, row.split) == row.split


def test_a_split_has_pieces_for_every_role() -> None:
    for split in SPLITS:
        for pieces in (built_pieces(0, split), furnished_pieces(0, split)):
            assert pieces.keys() == ROLES.keys()
            assert all(pieces.values())


def test_rooms_of_real_furniture_load_and_say_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTIVEVISION_CACHE")
    if _USERS_CACHE is not None:
        monkeypatch.setenv("ACTIVEVISION_CACHE", _USERS_CACHE)
    if not models_available():
        pytest.skip("the furniture is not in the cache; tests never download")
    catalogue = RoomsCatalogue("furniture", per_class=1, classes=("bedroom", "dining room"))
    assert catalogue.name == "rooms"
    for entry in catalogue.scenes("train"):
        scene = entry.load()
        assert scene.content_hash == entry.load().content_hash
        assert scene.licence == catalogue.licence
        assert "Scopia" in scene.credit
        assert "CC-BY-3.0" in scene.licence
        assert scene.station is not None
        assert NavigableArea.build(scene).contains(np.array(scene.station) * [1, 0, 1])


def test_without_the_furniture_the_error_says_how_to_get_it() -> None:
    with pytest.raises(UserError, match="scenes fetch furniture"):
        RoomsCatalogue("furniture")


def test_wrong_arguments_are_one_line_errors() -> None:
    for make, word in (
        (lambda: RoomsCatalogue("furnitur"), "did you mean 'furniture'"),
        (lambda: RoomsCatalogue(per_class=0), "per_class"),
        (lambda: RoomsCatalogue(seed=-1), "seed"),
        (lambda: RoomsCatalogue(classes=("bedrom",)), "did you mean 'bedroom'"),
        (lambda: RoomsCatalogue(classes=()), "at least one"),
        (lambda: RoomsCatalogue().scenes("tset"), "did you mean 'test'"),
        (lambda: RoomsCatalogue(per_class=1).scenes("val"), "empty"),
    ):
        with pytest.raises(UserError, match=word) as failure:
            make()
        assert "\n" not in str(failure.value)
