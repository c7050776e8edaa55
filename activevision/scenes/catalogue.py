"""``Catalogue``: a named, licensed, split set of scenes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from activevision.errors import UserError, unknown

SPLITS = ("train", "val", "test")

Place = TypeVar("Place", covariant=True)
"""What an entry loads: a ``Scene``, or a ``Panorama``."""


@dataclass(frozen=True)
class Entry(Generic[Place]):
    """A scene of a catalogue before its geometry is loaded.

    id: unique in the catalogue. label: its class. key: content key that changes whenever ``load()`` would give another
    scene, known without loading, so that rendered grids are found in the cache without touching a mesh.
    load: makes the scene; picklable, so that worker processes can call it.
    group: scenes of one group are variants of one another (recoloured, another pose, the same outside); whoever splits
    further, into folds say, keeps a group together. Empty where the scene stands alone.
    """

    id: str
    label: str
    key: str
    load: Callable[[], Place]
    group: str = ""


class Catalogue(Protocol):
    """What a catalogue offers. Splits are disjoint by geometry hash: no recoloured train object is in test."""

    name: str
    classes: tuple[str, ...]
    licence: str
    credit: str

    def scenes(self, split: str) -> Sequence[Entry]:
        """Entries of "train", "val" or "test"; UserError for another name or an empty split."""
        ...


def check_split(split: str, entries: Sequence[Entry], catalogue: str) -> Sequence[Entry]:
    """The entries, or the error that every catalogue gives for an empty split."""
    if not entries:
        raise UserError(
            f"split {split!r} of catalogue {catalogue!r} is empty: choose another split or add scenes to it."
        )
    return entries


def check_split_name(split: str) -> None:
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
