"""Real models for rooms: the reviewed table of what plays which role, and reading them from fetched libraries.

The table names models of Debian's free furniture packages only, so that rooms are the same whatever else was fetched.
"""

from __future__ import annotations

import csv
import functools
import importlib.resources
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from activevision.files import atomic_write, cache_dir, digest
from activevision.scenes.furniture.library import LIBRARY_VERSION, Library
from activevision.scenes.furniture.sources import SOURCES
from activevision.scenes.furniture.store import stored_libraries
from activevision.scenes.mesh_files import READER_VERSION
from activevision.scenes.rooms.pieces import Body, Piece, body, built_pieces
from activevision.scenes.rooms.roles import ROLES
from activevision.scenes.scene import Material, Mesh

ENOUGH = 4
_FORMAT = 1  # of the files in the cache


@dataclass(frozen=True)
class ModelRow:
    """A model in the table: its library and id there, its role, triangles, and how it is split.

    geometry: ``Scene.geometry_hash``. group: models that are variants of one another have the same, and are never
    divided between splits; a model of the furniture table keeps its split there. family: of those that match.
    """

    library: str
    id: str
    role: str
    triangles: int
    geometry: str
    group: str
    split: str
    family: str


@functools.cache
def model_table() -> tuple[ModelRow, ...]:
    """Every model that was looked at and plays a role well."""
    text = importlib.resources.files(__package__).joinpath("pieces.csv").read_text(encoding="utf-8")
    return tuple(
        ModelRow(**{**row, "triangles": int(row["triangles"])})  # type: ignore[arg-type]
        for row in csv.DictReader(text.splitlines())
    )


def models_available() -> bool:
    """Whether every library of the table has been fetched."""
    return {row.library for row in model_table()} <= stored_libraries().keys()


def models_key() -> str:
    """Content key of the table and of the libraries that it names, whose files are named by their content."""
    stored = stored_libraries()
    return _key(tuple(stored[name].name for name in sorted({row.library for row in model_table()})))


@functools.lru_cache(maxsize=4)
def _key(files: tuple[str, ...]) -> str:
    return digest(LIBRARY_VERSION, READER_VERSION, [list(vars(row).values()) for row in model_table()], files)


def model_credits(libraries: Sequence[str]) -> tuple[str, str]:
    """Licence and credit of the models of these libraries."""
    licence = ", ".join(f"{SOURCES[name].licence} ({name})" for name in libraries)
    makers = "; ".join(dict.fromkeys(SOURCES[name].credit for name in libraries))
    return licence, (
        f"Models by {makers}; collected for Sweet Home 3D by Emmanuel Puybaret, packaged by Debian. "
        "Changed here: scaled, textures made smaller, see-through parts left out."
    )


@dataclass(frozen=True)
class ModelPiece:
    """A real model in its role."""

    role: str
    library: str
    id: str
    family: str

    def load(self) -> Body:
        return _loaded(self)


def model_pieces(split: str) -> dict[str, tuple[ModelPiece, ...]]:
    """The real models of a split by role, in the table's order."""
    found: dict[str, list[ModelPiece]] = {}
    for row in model_table():
        if row.split == split:
            found.setdefault(row.role, []).append(ModelPiece(row.role, row.library, row.id, row.family))
    return {role: tuple(pieces) for role, pieces in found.items()}


def furnished_pieces(seed: int, split: str) -> dict[str, tuple[Piece, ...]]:
    """Real models by role, and beside them parametric pieces: a few where a split has less than ``ENOUGH`` models of a
    role, and the whole pool where it has none."""
    models, built = model_pieces(split), built_pieces(seed, split)
    families = {
        name: len({piece.family for role in ROLES if ROLES[role].set == name for piece in models.get(role, ())} - {""})
        for name in {role.set for role in ROLES.values()}
    }
    pieces: dict[str, tuple[Piece, ...]] = {}
    for role, made in built.items():
        real = models.get(role, ())
        have = families[ROLES[role].set] if ROLES[role].set else len(real)
        if have == 0:
            fill = len(made)
        elif have >= ENOUGH:
            fill = 0
        else:
            fill = 2 * ENOUGH - have
        pieces[role] = (*real, *made[:fill])
    return pieces


@functools.lru_cache(maxsize=512)
def _loaded(piece: ModelPiece) -> Body:
    return body(piece.role, _meshes(piece.library, piece.id))


def _meshes(library: str, model_id: str) -> tuple[Mesh, ...]:
    """The model's meshes, from the cache where it was read before: an OBJ file takes a hundred times as long."""
    opened = _library(library)
    path = cache_dir("room-models") / f"{digest(_FORMAT, library, opened.key(model_id))}.npz"
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except Exception:  # a damaged file of the cache is written anew
        path.unlink(missing_ok=True)
    meshes = opened.meshes(model_id)
    _write(path, meshes)
    return meshes


def _write(path: Path, meshes: Sequence[Mesh]) -> None:
    arrays: dict[str, np.ndarray] = {}
    for number, mesh in enumerate(meshes):
        parts: dict[str, np.ndarray | None] = {
            "vertices": mesh.vertices,
            "faces": mesh.faces,
            "uv": mesh.uv,
            "normals": mesh.normals,
        }
        parts["texture"] = mesh.material.texture
        arrays |= {f"{number}.{name}": array for name, array in parts.items() if array is not None}
    looks = json.dumps([(mesh.material.colour, mesh.material.glow) for mesh in meshes])
    with atomic_write(path) as file:
        np.savez(file, looks=np.array(looks), **arrays)  # type: ignore[arg-type]


def _read(path: Path) -> tuple[Mesh, ...]:
    with np.load(path, allow_pickle=False) as arrays:
        meshes = []
        for number, (colour, glow) in enumerate(json.loads(str(arrays["looks"]))):
            part = {
                name: arrays[f"{number}.{name}"] if f"{number}.{name}" in arrays.files else None
                for name in ("vertices", "faces", "uv", "normals", "texture")
            }
            material = Material(tuple(colour), part.pop("texture"), tuple(glow))
            meshes.append(Mesh(material=material, **part))  # type: ignore[arg-type]
        return tuple(meshes)


def _library(name: str) -> Library:
    return _opened(stored_libraries()[name], os.getpid())


@functools.lru_cache(maxsize=16)
def _opened(path: Path, process: int) -> Library:
    """An open library of this process: after a fork, a shared file position would mix up two readers."""
    return Library(path)
