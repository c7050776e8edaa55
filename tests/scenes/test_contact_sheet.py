"""Contact sheets show every object once, in its place, one file for each class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from activevision.commands.portraits import portrait_of, room_portrait
from activevision.errors import UserError
from activevision.scenes.catalogue import Entry, check_split
from activevision.scenes.contact_sheet import Layout, contact_sheet
from activevision.scenes.panoramas import Panorama
from activevision.scenes.scene import Instance, Material, Mesh, Scene

SHADES = {"cup/0": 10, "cup/1": 60, "cup/2": 110, "pot/0": 160}


def scene(name: str) -> Scene:
    triangle = Mesh(np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32))
    return Scene(name, name[:3], (triangle,), (Instance(1, name[:3], 1),), "", "", "")


@dataclass
class Pictures:
    name: str = "pictures"
    classes: tuple[str, ...] = ("cup", "pot")
    licence: str = "CC0"
    credit: str = "nobody"

    def scenes(self, split: str) -> list[Entry]:
        names = {"train": ["cup/0", "pot/0"], "val": [], "test": ["cup/1", "cup/2"]}[split]
        return list(
            check_split(split, [Entry(name, name[:3], name, partial(scene, name)) for name in names], "pictures")
        )


def render(shown: Scene) -> NDArray[np.uint8]:
    return np.full((160, 160, 3), (SHADES[shown.id], 0, 200), np.uint8)


def tiles(path: Path) -> dict[int, int]:
    """Number of pixels by shade, of those in the colours that ``render`` uses."""
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    ours = image[(image[..., 1] == 0) & (image[..., 2] == 200)]
    values, counts = np.unique(ours[:, 0], return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def test_every_object_is_on_the_sheet_of_its_class_once(tmp_path: Path) -> None:
    cup, pot = contact_sheet(Pictures(), tmp_path / "sheets", render)
    assert (cup.name, pot.name) == ("cup.png", "pot.png")
    assert tiles(cup) == {10: 160 * 160, 60: 160 * 160, 110: 160 * 160}
    assert tiles(pot) == {160: 160 * 160}


def test_a_split_and_a_number_per_class_can_be_chosen(tmp_path: Path) -> None:
    (cup,) = contact_sheet(Pictures(), tmp_path, render, split="test")
    assert tiles(cup).keys() == {60, 110}
    cup, _ = contact_sheet(Pictures(), tmp_path, render, per_class=2)
    assert tiles(cup).keys() == {10, 110}


def test_pictures_of_any_size_are_fitted_into_their_tile(tmp_path: Path) -> None:
    (sheet,) = contact_sheet(
        Pictures(), tmp_path, lambda shown: np.full((80, 320, 3), (SHADES[shown.id], 0, 200), np.uint8), "test", 1
    )
    assert tiles(sheet) == {60: 160 * 40}


def test_rows_follow_one_another(tmp_path: Path) -> None:
    class Many(Pictures):
        def scenes(self, split: str) -> list[Entry]:
            return [Entry(f"cup/{n}", "cup", str(n), partial(scene, "cup/0")) for n in range(17)]

    (sheet,) = contact_sheet(Many(), tmp_path, render, split="train")
    assert tiles(sheet) == {10: 17 * 160 * 160}


def test_an_empty_or_unknown_split_is_a_user_error_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="empty"):
        contact_sheet(Pictures(), tmp_path / "sheets", render, split="val")
    with pytest.raises(UserError, match="did you mean 'train'"):
        contact_sheet(Pictures(), tmp_path / "sheets", render, split="trains")
    assert not (tmp_path / "sheets").exists()


def test_a_layout_gives_the_size_of_the_pictures_and_how_many_there_are(tmp_path: Path) -> None:
    wide = Layout("places", width=300, height=90, columns=1, per_class=2)
    cup, pot = contact_sheet(
        Pictures(),
        tmp_path,
        lambda shown: np.full((90, 300, 3), (SHADES[shown.id], 0, 200), np.uint8),
        layout=wide,
    )
    assert tiles(cup) == {10: 300 * 90, 110: 300 * 90}
    assert tiles(pot) == {160: 300 * 90}
    (cup, _) = contact_sheet(Pictures(), tmp_path, render, per_class=3, layout=wide)
    assert len(tiles(cup)) == 3


def box(
    low: tuple[float, float, float], high: tuple[float, float, float], colour: tuple[float, float, float], id: int
) -> Mesh:
    cube = trimesh.creation.box(bounds=[low, high])
    vertices, faces = np.asarray(cube.vertices, np.float32), np.asarray(cube.faces, np.int32)
    return Mesh(vertices, faces, material=Material(colour=(0, 0, 0), glow=colour), instance=id)


def room() -> Scene:
    """A red ceiling over a grey floor, with a green thing on the floor to the right (+X)."""
    meshes = (
        box((-2, -0.1, -2), (2, 0.0, 2), (0.2, 0.2, 0.2), 1),
        box((-2, 2.4, -2), (2, 2.5, 2), (1.0, 0.0, 0.0), 2),
        box((1.2, 0.0, -0.4), (1.8, 1.4, 0.4), (0.0, 1.0, 0.0), 3),
    )
    names = ("floor", "ceiling", "table")
    instances = tuple(Instance(i, name, i) for i, name in enumerate(names, 1))
    return Scene("room", "room", meshes, instances, "", "", "", station=(0.0, 1.5, 0.0))


def test_a_room_is_shown_towards_its_things_and_from_above_without_its_ceiling() -> None:
    picture = room_portrait(room()).astype(int)
    red, green, blue = np.moveaxis(picture, -1, 0)
    is_green, is_red = (green > 200) & (red < 50), (red > 200) & (green < 50) & (blue < 50)
    inside, above = slice(0, 430), slice(436, None)
    assert is_green[:, inside].mean() > 0.03
    assert abs(np.argwhere(is_green[:, inside])[:, 1].mean() - 215) < 110
    assert is_red[:, inside].any()
    assert not is_red[:, above].any()
    places = np.argwhere(is_green[:, above])
    assert len(places) > 50
    assert places[:, 1].min() > 135  # +X is to the right


def test_what_is_shown_decides_how() -> None:
    @dataclass
    class Places(Pictures):
        one: object = None

        def scenes(self, split: str) -> list[Entry]:
            return [Entry("one", "cup", "one", lambda: self.one)]

    strip = Panorama("strip", "cup", np.zeros((64, 128, 3), np.uint8), "", "", "")
    nouns = [portrait_of(Places(one=one))[1].noun for one in (scene("cup/0"), room(), strip)]
    assert nouns == ["objects", "rooms", "panoramas"]
    for one in (scene("cup/0"), room(), strip):
        portrait, layout = portrait_of(Places(one=one))
        assert portrait(one).shape == (layout.height, layout.width, 3)
    with pytest.raises(UserError, match="empty"):
        portrait_of(Pictures(), "val")
