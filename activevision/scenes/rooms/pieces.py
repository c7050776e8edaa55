"""Pieces to furnish rooms with: parametric ones and, where furniture was fetched, real models; split apart."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol
from zlib import crc32

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.scenes.catalogue import SPLITS
from activevision.scenes.mesh_files import transformed
from activevision.scenes.rooms.refine import refined
from activevision.scenes.rooms.roles import ROLES
from activevision.scenes.rooms.support import support_heights
from activevision.scenes.scene import Mesh

POOL = {"train": 48, "val": 16, "test": 24}
"""How many parametric pieces of each role a split has."""


@dataclass(frozen=True, eq=False)
class Body:
    """A piece with its geometry: standing on y = 0, its bounding box centred on x = z = 0, its front towards +Z.

    size: (width, height, depth) of the bounding box, metres.
    """

    role: str
    category: str
    meshes: tuple[Mesh, ...]
    size: tuple[float, float, float]

    @cached_property
    def support(self) -> NDArray[np.float32]:
        """Height (rows along z, columns along x) of the upper surface in cells of ``support.CELL``; 0 where none."""
        return support_heights(self.meshes, self.size)


class Piece(Protocol):
    """Something that can be loaded to play a role.

    family: pieces of one set and family match; those of none match all.
    """

    @property
    def family(self) -> str: ...

    def load(self) -> Body: ...


def body(role: str, meshes: Sequence[Mesh]) -> Body:
    """Meshes moved to where a body has to be."""
    low, high = _bounds(meshes)
    offset = -np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    moved = tuple(transformed(refined(mesh), np.eye(3), offset) for mesh in meshes if len(mesh.faces))
    width, height, depth = (float(v) for v in high - low)
    return Body(role, ROLES[role].category, moved, (width, height, depth))


def _bounds(meshes: Sequence[Mesh]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    corners = [mesh.vertices[np.unique(mesh.faces)] for mesh in meshes if len(mesh.faces)]
    low = np.min([c.min(0) for c in corners], 0).astype(np.float64)
    return low, np.max([c.max(0) for c in corners], 0).astype(np.float64)


@dataclass(frozen=True)
class BuiltPiece:
    """A parametric piece: number ``index`` of its role in a split."""

    role: str
    seed: int
    split: str
    index: int

    @property
    def family(self) -> str:
        return f"built {self.index}"

    def load(self) -> Body:
        return _built(self)

    def generator(self, attempt: int) -> Generator:
        """Pieces of one set draw from the same numbers, so that their looks, which they draw first, are the same."""
        role = ROLES[self.role]
        stream = crc32((role.set or self.role).encode())
        return np.random.default_rng([self.seed, SPLITS.index(self.split), self.index, stream, attempt])


@functools.lru_cache(maxsize=1024)
def _built(piece: BuiltPiece) -> Body:
    role = ROLES[piece.role]
    for attempt in range(200):
        model = role.build(piece.generator(attempt))
        low, high = model.bounds()
        if role.accept is None or role.accept(high - low):
            return body(piece.role, model.meshes())
    raise AssertionError(f"no piece of role {piece.role!r} is of an acceptable size")


def built_pieces(seed: int, split: str) -> dict[str, tuple[Piece, ...]]:
    """The parametric pieces of a split by role."""
    return {role: tuple(BuiltPiece(role, seed, split, index) for index in range(POOL[split])) for role in ROLES}


class Kit:
    """The pieces that one room is furnished from.

    pieces: by role. rng: draws which families of matching pieces this room gets.
    """

    def __init__(self, pieces: Mapping[str, tuple[Piece, ...]], rng: Generator) -> None:
        self._pieces = pieces
        self._families: dict[str, str] = {}
        for name in sorted({role.set for role in ROLES.values() if role.set}):
            members = [role for role in ROLES if ROLES[role].set == name]
            families = sorted({piece.family for role in members for piece in pieces.get(role, ())} - {""})
            if families:
                self._families[name] = families[rng.integers(len(families))]

    def draw(self, rng: Generator, role: str) -> Body:
        """A piece that plays the role; of a set, one of this room's family where it has any."""
        choice: Sequence[Piece] = self._pieces[role]
        family = self._families.get(ROLES[role].set)
        if family is not None:
            choice = [piece for piece in choice if piece.family in (family, "")] or choice
        return choice[int(rng.integers(len(choice)))].load()
