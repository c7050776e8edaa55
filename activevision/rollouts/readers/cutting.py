"""Sequences cut into episodes: without holes, of one length, and with an account of what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from activevision.rollouts.readers.sequence import Frame, Sequence


@dataclass(frozen=True)
class Cut:
    """An episode to be: consecutive frames of a sequence from number ``first`` on."""

    sequence: Sequence
    first: int
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class Account:
    """What became of the frames of a sequence: all of them are in ``kept`` or under a reason of ``left_out``.

    jumps: places where a run ended because the next frame came much later.
    """

    frames: int
    kept: int
    left_out: dict[str, int]
    jumps: int

    def to_json(self) -> dict[str, Any]:
        return vars(self)

    def __str__(self) -> str:
        parts = [f"{self.kept} of {self.frames} frames"]
        parts += [f"{count} left out: {why}" for why, count in sorted(self.left_out.items())]
        if self.jumps:
            parts.append(f"{self.jumps} jumps in time")
        return "; ".join(parts)


def cut(sequence: Sequence, views: int | None, jump: float) -> tuple[list[Cut], Account]:
    """Episodes of ``views`` frames each, or, for None, as long as they come.

    A run ends where a frame is missing and where the next one comes more than ``jump`` times the sequence's median
    step later. What is left of a run after its last whole episode is left out too, and accounted for.
    """
    left_out = Counter(frame.missing for frame in sequence.frames if frame.missing)
    runs, jumps = _runs(sequence, jump)
    short = f"in a run shorter than {views or 2} views"
    cuts = []
    for first, frames in runs:
        length = len(frames) if views is None else views
        whole = len(frames) // length * length if length >= 2 else 0
        cuts += [Cut(sequence, first + at, frames[at : at + length]) for at in range(0, whole, length)]
        if whole < len(frames):
            left_out[short] += len(frames) - whole
    kept = sum(len(one.frames) for one in cuts)
    return cuts, Account(len(sequence.frames), kept, dict(left_out), jumps)


def _runs(sequence: Sequence, jump: float) -> tuple[list[tuple[int, tuple[Frame, ...]]], int]:
    frames = sequence.frames
    steps = np.diff([frame.time for frame in frames])
    longest = jump * float(np.median(steps)) if len(steps) else np.inf
    breaks, jumps = [0], 0
    for at in range(1, len(frames)):
        hole = bool(frames[at].missing) or bool(frames[at - 1].missing)
        late = steps[at - 1] > longest
        jumps += late and not hole
        if hole or late:
            breaks.append(at)
    breaks.append(len(frames))
    return list(_usable(frames, breaks)), int(jumps)


def _usable(frames: tuple[Frame, ...], breaks: list[int]) -> Iterator[tuple[int, tuple[Frame, ...]]]:
    for start, end in pairwise(breaks):
        if start < end and not frames[start].missing:
            yield start, frames[start:end]
