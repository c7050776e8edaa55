"""Catalogues by name, or by the path of a user's own folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from activevision.errors import unknown
from activevision.scenes.catalogue import Catalogue

CATALOGUES = ("procedural", "furniture", "furniture-all")


def get_catalogue(name: str | Catalogue, **options: Any) -> Catalogue:
    """The catalogue of that name, the ``meshes`` catalogue of a folder, or a catalogue object as it is.

    ``options`` go to the catalogue: ``ambiguity``, ``per_class`` and ``seed`` for "procedural"; ``up`` for a folder.
    UserError names the nearest catalogue when there is neither such a name nor such a folder.
    """
    if not isinstance(name, str):
        return name
    if name == "procedural":
        from activevision.scenes.procedural import ProceduralCatalogue

        return ProceduralCatalogue(**options)
    if name in CATALOGUES:
        from activevision.scenes.furniture import SELECTIONS, FurnitureCatalogue

        return FurnitureCatalogue(SELECTIONS[name], **options)
    if Path(name).is_dir():
        from activevision.scenes.meshes import MeshFolderCatalogue

        return MeshFolderCatalogue(Path(name), **options)
    raise unknown("catalogue", name, [*CATALOGUES, "a folder of meshes"])
