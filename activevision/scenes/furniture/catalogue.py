"""``FurnitureCatalogue``: ten classes of real models, labelled and split by a reviewed table."""

from __future__ import annotations

import csv
import functools
import importlib.resources
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from activevision.errors import UserError
from activevision.files import digest
from activevision.progress import console
from activevision.scenes.catalogue import SPLITS, Entry, check_split, check_split_name
from activevision.scenes.furniture.library import Library
from activevision.scenes.furniture.store import stored_libraries
from activevision.scenes.scene import Instance, Scene

CLASSES = ("chair", "plant", "lamp", "person", "table", "window", "vehicle", "sofa", "bed", "door")

_LICENCES = {
    "BlendSwap-CC-0": "CC0",
    "BlendSwap-CC-BY": "CC-BY-3.0",
    "KatorLegaz": "CC-BY-3.0-US",
    "Reallusion": "CC-BY-3.0-US",
    "Scopia": "CC-BY-3.0",
    "sweethome3d": "CC-BY-3.0 or GPL-2+",
}
_CREDITS = {
    "BlendSwap-CC-0": "the contributors of Blend Swap",
    "BlendSwap-CC-BY": "the contributors of Blend Swap",
    "KatorLegaz": "Andrew Kator & Jennifer Legaz",
    "Reallusion": "Reallusion",
    "Scopia": "Scopia Visual Interfaces Systems",
    "sweethome3d": "Emmanuel Puybaret / eTeks",
}


@dataclass(frozen=True)
class Row:
    """A model in the table: its library and id there, class, triangles, and how it is split.

    geometry: ``Scene.geometry_hash``. group: the first of the models that are variants of one another (recoloured,
    mirrored, resized, other poses of one person); a group is never divided between splits. in_main: whether Debian's
    free packages contain it.
    """

    library: str
    id: str
    label: str
    triangles: int
    geometry: str
    group: str
    split: str
    in_main: bool


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
            in_main=row["in_main"] == "1",
        )
        for row in csv.DictReader(text.splitlines())
    )


def furniture_available() -> bool:
    """Whether every library of the free packages has been fetched, so that the whole catalogue can be had."""
    return {row.library for row in class_table() if row.in_main} <= stored_libraries().keys()


class FurnitureCatalogue:
    """Real furniture, plants, people and vehicles of Sweet Home 3D's libraries, in metres, front towards +Z.

    Labels and splits (about 60 % train, 15 % val, 25 % test of each class) come from a table in the package, so that
    they never change. UserError where nothing was fetched. Where some libraries or models are missing (another version
    of a package, one file by hand), the catalogue consists of the rest, and says so in one line.
    """

    name = "furniture"

    def __init__(self) -> None:
        files = stored_libraries()
        rows = [row for row in class_table() if row.label in CLASSES]
        libraries = {name: _library(files[name]) for name in sorted({row.library for row in rows} & files.keys())}
        if not libraries:
            raise UserError("the furniture is not here yet: run `activevision scenes fetch furniture`.")
        found = [row for row in rows if row.library in libraries and row.id in libraries[row.library].models]
        if len(found) < len(rows):
            absent = ", ".join(sorted({row.library for row in rows} - libraries.keys())) or "of another version"
            console.print(
                f"furniture: {len(rows) - len(found)} of {len(rows)} models are missing (libraries: {absent}); "
                "`activevision scenes fetch furniture` gets all.",
                highlight=False,
                soft_wrap=True,
            )
        self.classes = tuple(label for label in CLASSES if any(row.label == label for row in found))
        used = sorted({row.library for row in found})
        self.licence = ", ".join(f"{_LICENCES[name]} ({name})" for name in used)
        makers = "; ".join(dict.fromkeys(_CREDITS[name] for name in used))
        self.credit = (
            f"Models by {makers}; collected for Sweet Home 3D by Emmanuel Puybaret, packaged by Debian. "
            "Changed here: scaled, textures made smaller, see-through parts left out."
        )
        self._entries = {
            split: tuple(_entry(libraries[row.library], row) for row in found if row.split == split) for split in SPLITS
        }

    def scenes(self, split: str) -> Sequence[Entry]:
        """Entries of "train", "val" or "test"; UserError for another name or an empty split."""
        check_split_name(split)
        return check_split(split, self._entries[split], self.name)


def _entry(library: Library, row: Row) -> Entry:
    category = CLASSES.index(row.label) + 1
    return Entry(
        id=f"{row.library}/{row.id}",
        label=row.label,
        key=digest("furniture", row.library, row.id, row.label, category, library.key(row.id)),
        load=functools.partial(_load, library.path, row.library, row.id, row.label, category),
        group=row.group,
    )


def _load(path: Path, library: str, model_id: str, label: str, category: int) -> Scene:
    opened = _library(path)
    model = opened.models[model_id]
    maker = _CREDITS[library]
    return Scene(
        id=f"{library}/{model_id}",
        label=label,
        meshes=opened.meshes(model_id),
        instances=(Instance(1, label, category),),
        source=f"Sweet Home 3D, library {library}, model {model_id}: {model.name}",
        licence=_LICENCES[library],
        credit=maker if model.creator in maker else f"{model.creator} ({maker})",
    )


def _library(path: Path) -> Library:
    return _opened(path, os.getpid())


@functools.lru_cache(maxsize=32)
def _opened(path: Path, process: int) -> Library:
    """An open library of this process: after a fork, a shared file position would mix up two readers."""
    return Library(path)
