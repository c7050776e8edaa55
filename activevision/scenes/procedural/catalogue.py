"""``ProceduralCatalogue``: household objects from a seed, with nothing to download."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.random import Generator

from activevision.errors import UserError, unknown
from activevision.scenes.catalogue import SPLITS, Entry, check_split, check_split_name
from activevision.scenes.procedural.groups import CLASSES, GROUP_OF
from activevision.scenes.scene import Instance, Scene

SHARES = {"train": 0.6, "val": 0.15, "test": 0.25}
LICENCE = "MIT"
CREDIT = "activevision procedural objects"


@dataclass(frozen=True)
class Recipe:
    """Everything one object is made from; calling it makes the scene.

    ambiguous: drawn in its group's shared outside instead of a shape of its own class.
    """

    label: str
    category_id: int
    seed: int
    index: int
    ambiguous: bool

    @property
    def id(self) -> str:
        return f"{self.label}-{self.seed}-{self.index:04d}" + ("-ambiguous" if self.ambiguous else "")

    @property
    def group(self) -> str:
        """Ambiguous instances of one index share their outside over the classes of their group."""
        return f"{GROUP_OF[self.label].name}-{self.index}" if self.ambiguous else ""

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{_version()} {self!r}".encode()).hexdigest()[:16]

    def __call__(self) -> Scene:
        if self.ambiguous:
            group = GROUP_OF[self.label]
            model = group.build(self.label, self._rng(group.name), self._rng(self.label))
        else:
            model = CLASSES[self.label](self._rng(self.label))
        return Scene(
            id=self.id,
            label=self.label,
            meshes=model.meshes(),
            instances=(Instance(1, self.label, self.category_id),),
            source=f"procedural:{self.id}",
            licence=LICENCE,
            credit=CREDIT,
        )

    def _rng(self, stream: str) -> Generator:
        return np.random.default_rng([self.seed, self.index, crc32(stream.encode())])


class ProceduralCatalogue:
    """Parametric household objects in 18 classes, as many distinct ones as asked for.

    ambiguity: the probability in [0, 1] that an instance is drawn in the outside that it shares with the other classes
        of its group (see ``groups``), so that only some views tell its class. Instance i of all members is drawn so
        or none is, from the same random numbers: an uninformative view carries no evidence at all within the group.
    per_class: instances of each class over all splits, dealt 60 : 15 : 25 to train, val and test. Raising it adds
        instances and moves none to another split.
    seed: another seed gives other objects throughout.
    classes: a selection, in the order of the category ids; all by default. A class selected without the others of its
        group is ambiguous with nothing.
    """

    def __init__(
        self, ambiguity: float = 0.0, per_class: int = 24, seed: int = 0, classes: tuple[str, ...] | None = None
    ) -> None:
        if not 0.0 <= ambiguity <= 1.0:
            raise UserError(f"ambiguity {ambiguity}: it is a probability; choose a number from 0 to 1.")
        if per_class < 1:
            raise UserError(f"per_class {per_class}: every class needs at least 1 instance.")
        if seed < 0:
            raise UserError(f"procedural seed {seed}: choose a whole number from 0 up.")
        if classes is not None and not classes:
            raise UserError(f"an empty selection of procedural classes: choose from {', '.join(CLASSES)}.")
        for label in classes or ():
            if label not in CLASSES:
                raise unknown("procedural class", label, CLASSES)
        if classes is not None and len(set(classes)) < len(classes):
            raise UserError(f"procedural classes {', '.join(classes)}: name each class once.")
        self.name = "procedural"
        self.classes = tuple(CLASSES) if classes is None else tuple(classes)
        self.licence, self.credit = LICENCE, CREDIT
        self.ambiguity, self.per_class, self.seed = ambiguity, per_class, seed

    def scenes(self, split: str) -> Sequence[Entry]:
        """Entries of "train", "val" or "test", class after class; UserError for another name or an empty split."""
        check_split_name(split)
        indices = [index for index, dealt in enumerate(_deal(self.per_class)) if dealt == split]
        recipes = (
            Recipe(label, category + 1, self.seed, index, self._is_ambiguous(label, index))
            for category, label in enumerate(self.classes)
            for index in indices
        )
        entries = [Entry(recipe.id, recipe.label, recipe.key, recipe, recipe.group) for recipe in recipes]
        return check_split(split, entries, self.name)

    def _is_ambiguous(self, label: str, index: int) -> bool:
        stream = crc32(f"ambiguous {GROUP_OF[label].name}".encode())
        return bool(np.random.default_rng([self.seed, index, stream]).random() < self.ambiguity)


def _deal(count: int) -> list[str]:
    """The split of each instance: always the one that lags most behind its share, so that more instances move none."""
    dealt: list[str] = []
    for index in range(count):
        lag = {split: SHARES[split] * (index + 1) - dealt.count(split) for split in SPLITS}
        dealt.append(max(SPLITS, key=lag.__getitem__))
    return dealt


@cache
def _version() -> str:
    """Digest of this package's source: a key must change when the generator does, without anyone remembering to."""
    hasher = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()[:16]
