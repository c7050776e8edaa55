"""The reviewed table of models, and which of its rows each furniture catalogue consists of."""

from __future__ import annotations

import csv
import functools
import importlib.resources
from dataclasses import dataclass

from activevision.scenes.furniture.sources import MAIN, NON_FREE


@dataclass(frozen=True)
class Row:
    """A model in the table: its library and id there, class, triangles, and how it is split.

    geometry: ``Scene.geometry_hash``. group: the first of the models that are variants of one another (recoloured,
    mirrored, resized, other poses of one person); a group is never divided between splits. component: of Debian's
    archive that the library's package is in.
    """

    library: str
    id: str
    label: str
    triangles: int
    geometry: str
    group: str
    split: str
    component: str


@functools.cache
def class_table() -> tuple[Row, ...]:
    """The reviewed table: every model that was looked at and belongs to one of the classes."""
    text = importlib.resources.files(__package__).joinpath("classes.csv").read_text(encoding="utf-8")
    return tuple(
        Row(
            library=row["library"],
            id=row["id"],
            label=row["class"],
            triangles=int(row["triangles"]),
            geometry=row["geometry"],
            group=row["group"],
            split=row["split"],
            component=MAIN if row["in_main"] == "1" else NON_FREE,
        )
        for row in csv.DictReader(text.splitlines())
    )


@dataclass(frozen=True)
class Selection:
    """A furniture catalogue: the rows of the table with one of its classes, from its components of Debian's archive."""

    name: str
    classes: tuple[str, ...]
    components: tuple[str, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for row in class_table() if row.label in self.classes and row.component in self.components)


FURNITURE = Selection(
    "furniture",
    ("chair", "plant", "lamp", "person", "table", "window", "vehicle", "sofa", "bed", "door"),
    (MAIN,),
)
"""Ten classes, free packages only."""

FURNITURE_ALL = Selection(
    "furniture-all",
    (*FURNITURE.classes, "desk", "bookcase", "cabinet", "sink", "armchair", "staircase", "picture"),
    (MAIN, NON_FREE),
)
"""Seventeen classes, the package in Debian's non-free component included."""

SELECTIONS = {selection.name: selection for selection in (FURNITURE, FURNITURE_ALL)}
