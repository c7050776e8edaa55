"""A tiny catalogue of solids whose views are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import trimesh

from activevision.scenes import Entry, Instance, Material, Mesh, Scene
from activevision.scenes.catalogue import check_split, check_split_name


def solid_scene(solid: trimesh.Trimesh, label: str = "solid", colour=(0.8, 0.4, 0.2), id: str = "solid") -> Scene:
    mesh = Mesh(
        solid.vertices.astype(np.float32), solid.faces.astype(np.int32), material=Material(tuple(colour)), instance=3
    )
    return Scene(id, label, (mesh,), (Instance(3, label, 2),), "made by the tests", "MIT", "the tests")


@dataclass(frozen=True)
class _Load:
    label: str
    number: int

    def __call__(self) -> Scene:
        generator = np.random.default_rng([self.number, len(self.label)])
        size = generator.uniform(0.6, 1.0, 3)
        solid = trimesh.creation.box(size) if self.label == "box" else trimesh.creation.icosphere(2)
        solid.apply_scale(generator.uniform(0.5, 2.0))
        return solid_scene(solid, self.label, generator.uniform(0.2, 0.9, 3), f"{self.label}-{self.number}")


class Solids:
    """Boxes and balls: 4 of each in train, 2 in val, 3 in test."""

    name = "solids"
    classes = ("ball", "box")
    licence = "MIT"
    credit = "the tests"

    def scenes(self, split: str) -> Sequence[Entry]:
        check_split_name(split)
        numbers = {"train": range(4), "val": range(4, 6), "test": range(6, 9)}[split]
        entries = [
            Entry(f"{label}-{number}", label, f"solids {label} {number}", _Load(label, number))
            for label in self.classes
            for number in numbers
        ]
        return check_split(split, entries, self.name)
