"""``FurnitureCatalogue``: classes of real models, labelled and split by a reviewed table."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from pathlib import Path

from activevision.errors import UserError
from activevision.files import digest
from activevision.progress import console
from activevision.scenes.catalogue import SPLITS, Entry, check_split, check_split_name
from activevision.scenes.furniture.library import Library
from activevision.scenes.furniture.selection import FURNITURE, Row, Selection
from activevision.scenes.furniture.sources import PROGRAM, SOURCES
from activevision.scenes.furniture.store import stored_libraries
from activevision.scenes.scene import Instance, Scene


def furniture_available(selection: Selection = FURNITURE) -> bool:
    """Whether every library of the selection has been fetched, so that the whole catalogue can be had."""
    return {row.library for row in selection.rows} <= stored_libraries().keys()


class FurnitureCatalogue:
    """Real furniture, plants, people and vehicles of Sweet Home 3D's libraries, in metres, front towards +Z.

    Labels and splits (about 60 % train, 15 % val, 25 % test of each class) come from a table in the package, so that
    they never change. The selection says which rows of it: ``FURNITURE`` is ten classes of Debian's free packages,
    whatever else was fetched; ``FURNITURE_ALL`` adds the non-free package and seven classes. What is told apart:

    - chair: a seat for one, with a back, to sit on at a table or desk or outdoors, with or without armrests.
    - armchair: an upholstered seat for one, with arms, made to lean back in. Without arms, or wider, it is a sofa.
    - table: a bare top on legs. desk: a table made for work, by its drawers, shelves, tray, screen or adjustable top.
    - cabinet: a case whose front is mostly doors, glazed or not, or drawers; wardrobes and chests of drawers among it.
      bookcase: a case or rack of several levels whose front is mostly open.
    - sink: has a basin, with or without a cabinet below. picture: framed; mirrors are left out.

    UserError where nothing was fetched. Where some libraries or models are missing (another version of a package, one
    file by hand), the catalogue consists of the rest, and says so in one line.
    """

    def __init__(self, selection: Selection = FURNITURE) -> None:
        self.name = selection.name
        rows = selection.rows
        libraries = _stored({row.library for row in rows})
        if not libraries:
            raise UserError(f"the furniture is not here yet: run `activevision scenes fetch {self.name}`.")
        found = [row for row in rows if row.library in libraries and row.id in libraries[row.library].models]
        if len(found) < len(rows):
            absent = ", ".join(sorted({row.library for row in rows} - libraries.keys())) or "of another version"
            console.print(
                f"{self.name}: {len(rows) - len(found)} of {len(rows)} models are missing (libraries: {absent}); "
                f"`activevision scenes fetch {self.name}` gets all.",
                highlight=False,
                soft_wrap=True,
            )
        self.classes = tuple(label for label in selection.classes if any(row.label == label for row in found))
        used = sorted({row.library for row in found})
        self.licence = ", ".join(f"{SOURCES[name].licence} ({name})" for name in used)
        makers = "; ".join(dict.fromkeys(SOURCES[name].credit for name in used))
        self.credit = (
            f"Models by {makers}; collected for Sweet Home 3D by Emmanuel Puybaret, packaged by Debian. "
            "Changed here: scaled, textures made smaller, see-through parts left out."
        )
        categories = {label: number for number, label in enumerate(selection.classes, start=1)}
        self._entries = {
            split: tuple(
                _entry(libraries[row.library], row, categories[row.label]) for row in found if row.split == split
            )
            for split in SPLITS
        }

    def scenes(self, split: str) -> Sequence[Entry]:
        """Entries of "train", "val" or "test"; UserError for another name or an empty split."""
        check_split_name(split)
        return check_split(split, self._entries[split], self.name)


def _stored(names: set[str]) -> dict[str, Library]:
    """The libraries of these names that were fetched; one that needs the program's materials only where they are."""
    files = stored_libraries()
    return {
        name: _library(files[name], files[PROGRAM] if SOURCES[name].program else None)
        for name in sorted(names & files.keys())
        if PROGRAM in files or not SOURCES[name].program
    }


def _entry(library: Library, row: Row, category: int) -> Entry:
    return Entry(
        id=f"{row.library}/{row.id}",
        label=row.label,
        key=digest("furniture", row.library, row.id, row.label, category, library.key(row.id)),
        load=functools.partial(_load, library.path, library.program, row.library, row.id, row.label, category),
        group=row.group,
    )


def _load(path: Path, program: Path | None, library: str, model_id: str, label: str, category: int) -> Scene:
    opened = _library(path, program)
    model = opened.models[model_id]
    source = SOURCES[library]
    return Scene(
        id=f"{library}/{model_id}",
        label=label,
        meshes=opened.meshes(model_id),
        instances=(Instance(1, label, category),),
        source=f"Sweet Home 3D, library {library}, model {model_id}: {model.name}",
        licence=source.licence,
        credit=source.maker if model.creator in source.maker else f"{model.creator} ({source.maker})",
    )


def _library(path: Path, program: Path | None) -> Library:
    return _opened(path, program, os.getpid())


@functools.lru_cache(maxsize=32)
def _opened(path: Path, program: Path | None, process: int) -> Library:
    """An open library of this process: after a fork, a shared file position would mix up two readers."""
    return Library(path, program)
