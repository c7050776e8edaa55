"""A catalogue divided anew, so that every scene is tested once: k-fold cross-validation over objects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.scenes.catalogue import SPLITS, Catalogue, Entry, check_split, check_split_name

_VALIDATION = 6  # every so manieth of the scenes that are not tested is for validation
_SEED = 0


def assign_folds(entries: Sequence[Entry], folds: int, seed: int) -> NDArray[np.int64]:
    """Fold (S,) of each scene: at random, groups of variants together, every class spread over all folds."""
    generator = np.random.default_rng(seed)
    groups: dict[str, list[int]] = {}
    for index, entry in enumerate(entries):
        groups.setdefault(entry.group or entry.id, []).append(index)
    counts = {entry.label: np.zeros(folds, np.int64) for entry in entries}
    fold_of = np.zeros(len(entries), np.int64)
    for number in generator.permutation(len(groups)):
        members = list(groups.values())[number]
        held = np.sum([counts[entries[index].label] for index in members], axis=0)
        fold = int(generator.choice(np.flatnonzero(held == held.min())))
        fold_of[members] = fold
        for index in members:
            counts[entries[index].label][fold] += 1
    return fold_of


class FoldedCatalogue:
    """One part of k of a catalogue's scenes is "test", a sixth of the others "val", the rest "train".

    The k catalogues of the parts 1 to k test every scene of all three splits once, and none is trained on or validated
    with in the part that tests it; variants of one thing stay together. Small catalogues have too few test scenes for a
    narrow interval otherwise. whole: name of the catalogue. UserError where a class has fewer things than parts, or the
    catalogue is made to order.
    """

    def __init__(self, catalogue: Catalogue, part: int, parts: int):
        if parts < 2 or not 1 <= part <= parts:
            raise UserError(f"fold {part}/{parts}: give the number of a part and of all parts, as in 1/4.")
        everything = [entry for split in SPLITS for entry in _scenes_of(catalogue, split)]
        for label in catalogue.classes:
            things = {entry.group or entry.id for entry in everything if entry.label == label}
            if len(things) < parts:
                raise UserError(
                    f"class {label!r} of catalogue {catalogue.name!r} has {len(things)} things, too few for {parts} "
                    "parts: ask for fewer."
                )
        self.name = f"{catalogue.name}, part {part} of {parts}"
        self.whole, self.parts = catalogue.name, parts
        self.classes, self.licence, self.credit = catalogue.classes, catalogue.licence, catalogue.credit
        tested = assign_folds(everything, parts, _SEED) == part - 1
        rest = [entry for entry, out in zip(everything, tested, strict=True) if not out]
        validated = assign_folds(rest, _VALIDATION, _SEED + 1) == 0
        self._entries = {
            "train": tuple(entry for entry, out in zip(rest, validated, strict=True) if not out),
            "val": tuple(entry for entry, out in zip(rest, validated, strict=True) if out),
            "test": tuple(entry for entry, out in zip(everything, tested, strict=True) if out),
        }

    def scenes(self, split: str) -> Sequence[Entry]:
        """Entries of "train", "val" or "test"; UserError for another name or an empty split."""
        check_split_name(split)
        return check_split(split, self._entries[split], self.name)


def _scenes_of(catalogue: Catalogue, split: str) -> Sequence[Entry]:
    try:
        return catalogue.scenes(split)
    except UserError:  # a user's folder may have no such split
        return ()
