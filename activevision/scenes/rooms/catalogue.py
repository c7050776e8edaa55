"""``RoomsCatalogue``: furnished rooms of labelled classes from a seed."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.random import Generator

from activevision.errors import UserError, unknown
from activevision.files import digest
from activevision.scenes.catalogue import SPLITS, Entry, check_split, check_split_name
from activevision.scenes.rooms.classes import CLASSES
from activevision.scenes.rooms.models import (
    furnished_pieces,
    model_credits,
    model_table,
    models_available,
    models_key,
)
from activevision.scenes.rooms.pieces import Piece, built_pieces
from activevision.scenes.rooms.roles import CATEGORIES
from activevision.scenes.rooms.room import draw_room, room_scene
from activevision.scenes.scene import Scene

SHARES = {"train": 0.6, "val": 0.15, "test": 0.25}
SOURCES = ("furniture", "procedural")


@dataclass(frozen=True)
class RoomRecipe:
    """Everything one room is made from; calling it makes the scene.

    pieces: "furniture" or "procedural". index: of the room in its class, over all splits. split: whose pieces it gets.
    """

    pieces: str
    label: str
    seed: int
    index: int
    split: str

    @property
    def id(self) -> str:
        return f"{self.label.replace(' ', '-')}-{self.seed}-{self.index:04d}"

    @property
    def key(self) -> str:
        models = models_key() if self.pieces == "furniture" else ""
        return digest("rooms", version(), models, asdict(self))

    def __call__(self) -> Scene:
        drawing = draw_room(self.label, self.generator, _pieces(self.pieces, self.seed, self.split))
        licence, credit = _terms(self.pieces)
        return room_scene(drawing, self.id, self.label, f"{_name(self.pieces)}:{self.id}", licence, credit)

    def generator(self, attempt: int) -> Generator:
        """What an attempt at the room is drawn from; no two rooms and attempts share their numbers."""
        return np.random.default_rng([self.seed, self.index, crc32(self.label.encode()), attempt])


class RoomsCatalogue:
    """Rooms to look around in, each with a station, lamps and a table of instances.

    pieces: "furniture" takes real models where there are enough for the split, and parametric pieces beside them;
        "procedural" takes parametric pieces alone, with nothing to download.
    per_class: rooms of each class over all splits, dealt 60 : 15 : 25 to train, val and test. Raising it adds rooms and
        moves none to another split.
    seed: another seed gives other rooms, and other parametric pieces, throughout.
    classes: a selection, in the order of the classes; all by default.

    No piece of furniture of one split stands in a room of another.
    """

    def __init__(
        self, pieces: str = "procedural", per_class: int = 40, seed: int = 0, classes: tuple[str, ...] | None = None
    ) -> None:
        if pieces not in SOURCES:
            raise unknown("pieces", pieces, SOURCES)
        if per_class < 1:
            raise UserError(f"per_class {per_class}: every class needs at least 1 room.")
        if seed < 0:
            raise UserError(f"rooms seed {seed}: choose a whole number from 0 up.")
        if classes is not None and (not classes or len(set(classes)) < len(classes)):
            raise UserError(f"room classes {classes}: name at least one class, and each once.")
        for label in classes or ():
            if label not in CLASSES:
                raise unknown("room class", label, CLASSES)
        if pieces == "furniture" and not models_available():
            raise UserError(
                "the furniture for these rooms is not here yet: run `activevision scenes fetch furniture`, "
                "or choose rooms-procedural."
            )
        self.name = _name(pieces)
        self.classes = tuple(CLASSES) if classes is None else tuple(classes)
        self.categories = CATEGORIES
        self.licence, self.credit = _terms(pieces)
        self.pieces, self.per_class, self.seed = pieces, per_class, seed

    def scenes(self, split: str) -> Sequence[Entry]:
        """Entries of "train", "val" or "test", class after class; UserError for another name or an empty split."""
        check_split_name(split)
        indices = [index for index, dealt in enumerate(_deal(self.per_class)) if dealt == split]
        recipes = [
            RoomRecipe(self.pieces, label, self.seed, index, split) for label in self.classes for index in indices
        ]
        return check_split(split, [Entry(r.id, r.label, r.key, r) for r in recipes], self.name)


def _name(pieces: str) -> str:
    return "rooms" if pieces == "furniture" else "rooms-procedural"


def _terms(pieces: str) -> tuple[str, str]:
    """Licence and credit of rooms with such pieces."""
    if pieces == "procedural":
        return "MIT", "activevision rooms"
    licence, credit = model_credits(sorted({row.library for row in model_table()}))
    return f"MIT (rooms), {licence}", f"activevision rooms. {credit}"


@functools.lru_cache(maxsize=8)
def _pieces(pieces: str, seed: int, split: str) -> dict[str, tuple[Piece, ...]]:
    return built_pieces(seed, split) if pieces == "procedural" else furnished_pieces(seed, split)


def _deal(count: int) -> list[str]:
    """The split of each room: always the one that lags most behind its share, so that more rooms move none."""
    dealt: list[str] = []
    for index in range(count):
        lag = {split: SHARES[split] * (index + 1) - dealt.count(split) for split in SPLITS}
        dealt.append(max(SPLITS, key=lag.__getitem__))
    return dealt


@functools.cache
def version() -> str:
    """Digest of the sources that make rooms: a key must change when the generator does, without anyone remembering."""
    hasher = hashlib.sha256()
    here = Path(__file__).parent
    for folder in (here, here / "parametric", here.parent / "procedural"):
        for path in sorted(folder.glob("*.py")):
            hasher.update(path.read_bytes())
    return hasher.hexdigest()[:16]
