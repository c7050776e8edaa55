"""Rooms of four walls with a pillar, a crate and a ball, all of whose sides are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import trimesh

from activevision.scenes import Entry, Instance, Material, Mesh, Scene
from activevision.scenes.catalogue import check_split, check_split_name

CATEGORIES = ("floor", "ceiling", "wall", "pillar", "crate", "marble", "ball")
HEIGHT = 2.6
PILLAR = (0.3, 0.3)
"""Half sizes in x and z of the pillar in the middle, from floor to ceiling."""
SIZES = {"long": (2.0, 3.5), "square": (2.4, 2.4)}
"""Half sizes in x and z of the classes of rooms."""


def half_size(label: str, number: int) -> tuple[float, float]:
    x, z = SIZES[label]
    return x + 0.1 * number, z + 0.1 * number


def crate_at(label: str, number: int) -> tuple[float, float]:
    """Middle of the crate, 0.5 m wide and 0.6 m high: in the corner towards +x and −z."""
    x, z = half_size(label, number)
    return x - 0.4, -z + 0.4


def _box(extents: Sequence[float], middle: Sequence[float]) -> trimesh.Trimesh:
    return trimesh.creation.box(extents, trimesh.transformations.translation_matrix(middle))


@dataclass(frozen=True)
class BuildRoom:
    label: str
    number: int

    def __call__(self) -> Scene:
        x, z = half_size(self.label, self.number)
        crate_x, crate_z = crate_at(self.label, self.number)
        ball = trimesh.creation.icosphere(2, 0.25)
        ball.apply_translation([-x + 0.4, 1.3, z - 0.4])
        marble = trimesh.creation.icosphere(1, 0.01)
        marble.apply_translation([-x + 0.1, 0.01, -z + 0.1])
        parts = [
            ("floor", _box((2 * x, 0.1, 2 * z), (0, -0.05, 0)), (0.5, 0.5, 0.5)),
            ("ceiling", _box((2 * x, 0.1, 2 * z), (0, HEIGHT + 0.05, 0)), (0.9, 0.9, 0.9)),
            ("wall", _box((0.1, HEIGHT, 2 * z), (x + 0.05, HEIGHT / 2, 0)), (0.8, 0.3, 0.3)),
            ("wall", _box((0.1, HEIGHT, 2 * z), (-x - 0.05, HEIGHT / 2, 0)), (0.3, 0.8, 0.3)),
            ("wall", _box((2 * x, HEIGHT, 0.1), (0, HEIGHT / 2, z + 0.05)), (0.3, 0.3, 0.8)),
            ("wall", _box((2 * x, HEIGHT, 0.1), (0, HEIGHT / 2, -z - 0.05)), (0.8, 0.8, 0.3)),
            ("pillar", _box((2 * PILLAR[0], HEIGHT, 2 * PILLAR[1]), (0, HEIGHT / 2, 0)), (0.2, 0.2, 0.2)),
            ("crate", _box((0.5, 0.6, 0.5), (crate_x, 0.3, crate_z)), (0.7, 0.5, 0.2)),
            ("ball", ball, (0.9, 0.1, 0.6)),
            ("marble", marble, (0.9, 0.9, 0.9)),
        ]
        meshes, instances = [], []
        for id, (category, solid, colour) in enumerate(parts, 1):
            vertices, faces = solid.vertices.astype(np.float32), solid.faces.astype(np.int32)
            meshes.append(Mesh(vertices, faces, material=Material(colour), instance=id))
            instances.append(Instance(id, category, 1 + CATEGORIES.index(category)))
        return Scene(
            f"{self.label}-{self.number}", self.label, tuple(meshes), tuple(instances), "made by the tests", "MIT",
            "the tests",
        )  # fmt: skip


class BoxRooms:
    """Two rooms of each class in train, one in test."""

    name = "box-rooms"
    classes = tuple(SIZES)
    categories = CATEGORIES
    licence = "MIT"
    credit = "the tests"

    def scenes(self, split: str) -> Sequence[Entry]:
        check_split_name(split)
        numbers = {"train": range(2), "val": range(0), "test": range(2, 3)}[split]
        entries = [
            Entry(f"{label}-{number}", label, f"box room {label} {number}", BuildRoom(label, number))
            for label in self.classes
            for number in numbers
        ]
        return check_split(split, entries, self.name)
