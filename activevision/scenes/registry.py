"""Catalogues by name, or by the path of a user's own folder."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from activevision.errors import UserError, unknown
from activevision.scenes.catalogue import Catalogue

CATALOGUES = {
    "procedural": ("ambiguity", "per_class", "seed"),
    "furniture": (),
    "furniture-all": (),
    "rooms": ("per_class", "seed"),
    "rooms-procedural": ("per_class", "seed"),
}
"""Catalogues that have a name, each with the options that a command line may give it."""

FOLDERS = {"meshes": ("up",), "panoramas": (), "scans": ("up",)}
"""What a user's folder may hold, each with such options."""


FOLD = "fold"
"""An option of every catalogue whose scenes are there and not made to order: "2/4" is the second of four parts, which
is tested, as in ``folds.FoldedCatalogue``."""

_TO_ORDER = ("rooms", "rooms-procedural")


def get_catalogue(name: str | Catalogue, **options: Any) -> Catalogue:
    """The catalogue of that name, that of a user's folder, or a catalogue object as it is.

    A folder is given as ``KIND:PATH`` with a kind of FOLDERS, or as its path alone where it holds meshes or pictures in
    a folder for each class. ``options`` go to the catalogue. UserError names the nearest catalogue when there is
    neither such a name nor such a folder, and the nearest option.
    """
    if not isinstance(name, str):
        return name
    if FOLD in options:
        return _part_of(name, **options)
    if name == "procedural":
        from activevision.scenes.procedural import ProceduralCatalogue

        return _made(ProceduralCatalogue, options)
    if name in ("rooms", "rooms-procedural"):
        from activevision.scenes.rooms import RoomsCatalogue

        return _made(RoomsCatalogue, options, "furniture" if name == "rooms" else "procedural")
    if name in CATALOGUES:
        from activevision.scenes.furniture import SELECTIONS, FurnitureCatalogue

        return _made(FurnitureCatalogue, options, SELECTIONS[name])
    return _of_folder(*folder_of(name), **options)


def _part_of(name: str, fold: str, **options: Any) -> Catalogue:
    from activevision.scenes.folds import FoldedCatalogue

    if name in _TO_ORDER:
        raise UserError(
            f"catalogue {name!r} furnishes the rooms of each split from other pieces, which parts of it would mix: "
            "leave fold out and ask for more rooms with per_class."
        )
    part, separator, parts = fold.partition("/")
    if not (separator and part.isdecimal() and parts.isdecimal()):
        raise UserError(f"fold {fold!r}: give the number of a part and of all parts, as in 1/4.")
    return FoldedCatalogue(get_catalogue(name, **options), int(part), int(parts))


def folder_of(name: str) -> tuple[str, Path]:
    """Kind and path of a user's folder; UserError where ``name`` is neither that nor a catalogue's name."""
    kind, separator, path = name.partition(":")
    if separator and kind in FOLDERS:
        return kind, Path(path)
    root = Path(name)
    if not root.is_dir():
        raise unknown("catalogue", name, [*CATALOGUES, *(f"{kind}:PATH" for kind in FOLDERS)])
    return ("panoramas" if _holds_pictures_alone(root) else "meshes"), root


def _holds_pictures_alone(root: Path) -> bool:
    """Whether there are pictures and no meshes, whose textures they might be."""
    from activevision.scenes import mesh_files, panorama_files

    ends = {file.suffix[1:].lower() for file in root.rglob("*")}
    return bool(ends & set(panorama_files.FORMATS)) and not ends & set(mesh_files.FORMATS)


def _of_folder(kind: str, path: Path, **options: Any) -> Catalogue:
    if not path.is_dir():
        raise UserError(f"no folder {path}: check the path.")
    if kind == "panoramas":
        from activevision.scenes.panoramas import PanoramaFolderCatalogue

        return _made(PanoramaFolderCatalogue, options, path)
    if kind == "scans":
        from activevision.scenes.scans import ScanCatalogue

        return _made(ScanCatalogue, options, path)
    from activevision.scenes.meshes import MeshFolderCatalogue

    return _made(MeshFolderCatalogue, options, path)


def _made(make: Callable[..., Catalogue], options: dict[str, Any], *first: Any) -> Catalogue:
    """A catalogue of what comes first and of options; UserError for an option that it does not have."""
    known = list(inspect.signature(make).parameters)[len(first) :]
    for option in options:
        if option not in known:
            raise unknown(f"option of {make.__name__}", option, known)
    return make(*first, **options)
