"""What ``NavigableArea`` claims: no standing in furniture, no walking through walls, areas and storeys as measured."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from activevision.errors import UserError
from activevision.scenes import Instance, Material, Mesh, Scene
from activevision.scenes.navigable import Agent, NavigableArea

AGENT = Agent()


def floor(x0: float, x1: float, z0: float, z1: float, y: float = 0.0) -> Mesh:
    """A level rectangle that faces up."""
    vertices = np.array([[x0, y, z0], [x0, y, z1], [x1, y, z1], [x1, y, z0]], np.float32)
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32))


def wall(x0: float, z0: float, x1: float, z1: float, low: float = 0.0, high: float = 2.5) -> Mesh:
    """An upright rectangle without thickness."""
    vertices = np.array([[x0, low, z0], [x1, low, z1], [x1, high, z1], [x0, high, z0]], np.float32)
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32))


def block(x0: float, x1: float, z0: float, z1: float, high: float, low: float = 0.0) -> list[Mesh]:
    """A closed box."""
    sides = [(x0, z0, x1, z0), (x1, z0, x1, z1), (x1, z1, x0, z1), (x0, z1, x0, z0)]
    return [floor(x0, x1, z0, z1, high), *(wall(*side, low, high) for side in sides)]


def scene(*meshes: Mesh) -> Scene:
    return Scene("made", "room", tuple(meshes), (Instance(1, "room", 1),), "", "", "")


def box_room(width: float = 4.0, depth: float = 3.0) -> list[Mesh]:
    x, z = width / 2, depth / 2
    return [floor(-x, x, -z, z), wall(-x, -z, x, -z), wall(x, -z, x, z), wall(x, z, -x, z), wall(-x, z, -x, -z)]


@cache
def furnished() -> NavigableArea:
    """A room with a pillar to the ceiling, a table to walk round and a step to walk over."""
    return NavigableArea.build(
        scene(
            *box_room(),
            *block(-0.3, 0.3, -0.3, 0.3, 2.5),
            *block(1.0, 1.6, -1.2, -0.4, 0.72, 0.68),
            *block(-1.6, -1.0, 0.4, 1.0, 0.12),
        )
    )


def test_the_area_of_a_room_with_a_pillar_is_that_of_its_floor_narrowed_by_the_radius() -> None:
    area = NavigableArea.build(scene(*box_room(), *block(-0.3, 0.3, -0.3, 0.3, 2.5)))
    r = AGENT.radius
    grown_pillar = 0.6**2 + 4 * 0.6 * r + np.pi * r**2
    expected = (4 - 2 * r) * (3 - 2 * r) - grown_pillar
    assert area.area == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("size", [(3.0, 2.0), (4.37, 3.11), (6.0, 5.0)])
def test_the_area_of_a_box_room_is_analytic_whatever_its_place_on_the_grid(size: tuple[float, float]) -> None:
    area = NavigableArea.build(scene(*box_room(*size)))
    expected = (size[0] - 2 * AGENT.radius) * (size[1] - 2 * AGENT.radius)
    assert area.area == pytest.approx(expected, rel=0.03)


def test_a_point_in_or_near_furniture_is_never_navigable() -> None:
    area = furnished()
    points = np.random.default_rng(0).uniform([-2, 0, -1.5], [2, 0, 1.5], (20_000, 3))
    gap = np.full(len(points), np.inf)
    for low, high in (((-0.3, -0.3), (0.3, 0.3)), ((1.0, -1.2), (1.6, -0.4))):
        outside = np.maximum(np.maximum(low - points[:, [0, 2]], points[:, [0, 2]] - high), 0)
        gap = np.minimum(gap, np.linalg.norm(outside, axis=1))
    inside = area.contains(points)
    half_cell = AGENT.cell * np.sqrt(0.5)  # a point belongs to the cell that it is in
    assert gap[inside].min() > AGENT.radius - half_cell
    assert inside[(gap > AGENT.radius + half_cell) & (np.abs(points) < [1.78, 9, 1.28]).all(1)].all()


def test_furniture_that_floats_below_the_head_is_in_the_way_and_a_low_step_is_not() -> None:
    area = furnished()
    assert not area.contains([1.3, 0.0, -0.8])  # under the table top
    assert area.contains([-1.3, 0.12, 0.7])
    assert area.height_at([-1.3, 0.0, 0.7]) == pytest.approx(0.12)
    assert np.isnan(area.height_at([9.0, 0.0, 0.0]))


def test_a_walk_never_crosses_a_wall_however_long_the_step() -> None:
    thin = wall(0.0, -1.5, 0.0, 1.5)
    area = NavigableArea.build(scene(*box_room(), thin))
    rng = np.random.default_rng(1)
    starts = np.concatenate([area.sample(rng, 200, part) for part in (0, 1)])
    stops = starts + rng.normal(0, 1, (400, 3)) * [3, 0, 3]
    stops[:20] = starts[:20] * [-1, 1, 1] * [1000, 1, 1]
    ends, collided = area.slide(starts, stops)
    assert (np.sign(ends[:, 0]) == np.sign(starts[:, 0])).all()
    assert (np.abs(ends[:, 0]) >= AGENT.radius - AGENT.cell).all()
    assert area.contains(ends, part=None).all()
    free = np.linalg.norm(ends - stops, axis=1) < 1e-6
    assert (free == ~collided).all()


def test_a_walk_into_a_wall_slides_along_it() -> None:
    area = NavigableArea.build(scene(*box_room(6.0, 5.0)))
    end, collided = area.slide([0.0, 0.0, 0.0], [2.0, 0.0, 10.0])
    assert collided
    assert end[0] == pytest.approx(2.0, abs=1e-6)  # all of the sideways motion
    assert end[2] == pytest.approx(2.5 - AGENT.radius, abs=AGENT.cell)
    straight, collided = area.slide([0.0, 0.0, 0.0], [0.0, 0.0, 10.0])
    assert collided
    assert straight[0] == 0.0


def test_from_a_place_where_one_cannot_stand_one_does_not_move() -> None:
    end, collided = furnished().slide([1.3, 0.0, -0.8], [-1.0, 0.0, 0.0])
    assert collided
    assert end.tolist() == [1.3, 0.0, -0.8]


def test_two_storeys_do_not_mix() -> None:
    upper = [
        Mesh((mesh.vertices + np.array([0, 3.0, 0], np.float32)) * np.array([0.8, 1, 0.8], np.float32), mesh.faces)
        for mesh in box_room()
    ]
    area = NavigableArea.build(scene(*box_room(), *upper))
    below, above = area.contains([1.0, 0.0, 0.0]), area.contains([1.0, 3.0, 0.0])
    assert below
    assert not above  # the lower floor is the larger part
    assert area.contains([1.0, 3.0, 0.0], part=1)
    assert not area.contains([1.0, 1.5, 0.0], part=None)
    assert (area.sample(np.random.default_rng(0), 500)[:, 1] == 0.0).all()
    ends, _ = area.slide(area.sample(np.random.default_rng(0), 50, part=1), [0.0, 0.0, 0.0])
    assert (ends[:, 1] == 3.0).all()
    assert np.isinf(area.distance([1.0, 0.0, 0.0], [[1.0, 3.0, 0.0]]))[0]


def test_stairs_join_storeys() -> None:
    run = [floor(2 + 0.25 * i, 2.25 + 0.25 * i, -1, 1, 0.17 * (i + 1)) for i in range(12)]
    rise = [wall(2 + 0.25 * i, -1, 2 + 0.25 * i, 1, 0.17 * i, 0.17 * (i + 1)) for i in range(12)]
    area = NavigableArea.build(scene(floor(-2, 2, -1, 1), *run, *rise, floor(5, 8, -1, 1, 0.17 * 12)))
    end, collided = area.slide([0.0, 0.0, 0.0], [7.0, 0.0, 0.0])
    assert not collided
    assert end == pytest.approx([7.0, 0.17 * 12, 0.0])


def test_a_large_table_top_is_no_rival_to_the_floor_of_a_small_room() -> None:
    area = NavigableArea.build(scene(*box_room(3.0, 3.0), *block(-1.0, 1.0, -0.9, 0.95, 0.7)))
    assert area.areas[1:].max() > area.areas[0]  # or the case would not be tested
    assert area.contains([-1.25, 0.0, 0.0])
    assert not area.contains([0.0, 0.7, 0.0])


def test_a_ceiling_is_no_floor() -> None:
    lid = floor(-2, 2, -1.5, 1.5, 2.5)
    lid = Mesh(lid.vertices, np.ascontiguousarray(lid.faces[:, ::-1]))
    area = NavigableArea.build(scene(*box_room(), lid))
    assert (area.floor < 1.0).all()


def test_samples_are_on_the_largest_part_and_the_same_for_the_same_seed() -> None:
    area = furnished()
    points = area.sample(np.random.default_rng(3), 2000)
    assert area.contains(points).all()
    assert (points == area.sample(np.random.default_rng(3), 2000)).all()
    left = (points[:, 0] < 0).mean()
    columns = area.origin[0] + (area.column // area.shape[1] + 0.5) * AGENT.cell
    assert left == pytest.approx((columns[area.part == 0] < 0).mean(), abs=0.04)  # spread by area
    with pytest.raises(UserError, match="parts"):
        area.sample(np.random.default_rng(0), 1, part=99)


def test_distances_go_round_obstacles() -> None:
    area = NavigableArea.build(scene(*box_room(), wall(0.0, -1.5, 0.0, 0.5)))
    start, goal = np.array([-1.0, 0.0, -1.0]), np.array([1.0, 0.0, -1.0])
    corner = np.array([0.0, 0.5 + AGENT.radius])
    shortest = 2 * np.linalg.norm(corner - start[[0, 2]])
    length = area.distance(start, goal[None])[0]
    assert shortest * 0.97 < length < shortest * 1.12
    path = area.path(start, goal)
    assert area.contains(path).all()
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).sum() == pytest.approx(length)


def test_clearance_is_greatest_in_the_middle_of_an_empty_room() -> None:
    area = NavigableArea.build(scene(*box_room(3.0, 3.0)))
    best = area.column[area.clearance.argmax()]
    middle = area.origin + (np.array(divmod(int(best), area.shape[1])) + 0.5) * AGENT.cell
    assert np.abs(middle).max() < 0.15
    assert area.clearance.max() == pytest.approx(1.5, abs=0.1)


def test_an_uneven_scanned_floor_is_one_part() -> None:
    side = 60
    x, z = np.meshgrid(np.linspace(-2, 2, side), np.linspace(-1.5, 1.5, side))
    y = 0.02 * np.random.default_rng(0).random(x.shape)
    vertices = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    faces = np.concatenate(
        [np.stack([corner, corner + side, corner + side + 1], 1), np.stack([corner, corner + side + 1, corner + 1], 1)]
    ).astype(np.int32)
    area = NavigableArea.build(scene(Mesh(vertices, faces), *box_room()[1:]))
    assert len(area.areas) == 1
    assert area.area == pytest.approx((4 - 2 * AGENT.radius) * (3 - 2 * AGENT.radius), rel=0.03)


def test_it_is_kept_by_the_scenes_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path))
    room = scene(*box_room())
    first = NavigableArea.of(room)
    monkeypatch.setattr(NavigableArea, "build", lambda *_: pytest.fail("was built again"))
    second = NavigableArea.of(room)
    for name in ("origin", "start", "column", "floor", "link", "part"):
        assert (getattr(first, name) == getattr(second, name)).all()
    assert second.agent == AGENT
    assert second.shape == first.shape


def test_a_damaged_file_of_the_cache_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path))
    room = scene(*box_room())
    area = NavigableArea.of(room).area
    (path,) = (tmp_path / "navigable").glob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    assert NavigableArea.of(room).area == area
    assert NavigableArea.load(path).area == area


def test_a_scene_without_floor_says_so_in_one_line() -> None:
    with pytest.raises(UserError, match="no floor") as failure:
        NavigableArea.build(scene(wall(0, 0, 1, 1)))
    assert "\n" not in str(failure.value)


def test_the_picture_shows_the_floor_and_a_walk() -> None:
    area = furnished()
    plain, drawn = area.picture(), area.picture([area.sample(np.random.default_rng(0), 3)])
    assert plain.shape == (area.shape[1] * 4, area.shape[0] * 4, 3)
    assert (plain != drawn).any()


def test_materials_do_not_matter() -> None:
    room = box_room()
    painted = [Mesh(m.vertices, m.faces, material=Material((1.0, 0.0, 0.0))) for m in room]
    assert NavigableArea.build(scene(*room)).area == NavigableArea.build(scene(*painted)).area
