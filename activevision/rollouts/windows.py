"""``Windows``: which frames of an episode go together, chosen by frames, by seconds, or by how far the camera moved."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError

Rows = NDArray[np.int64]
_LONGEST = 16  # frames of windows whose length nobody chose


class Step(Protocol):
    """Leads from one frame of a window to the next."""

    def follow(self, offsets: Rows, time: NDArray[np.float64], pose: NDArray[np.float64]) -> Rows:
        """Row (F,) of the frame that comes after each one, −1 where there is none in the same episode.

        Episode e has the rows offsets[e] to offsets[e + 1] − 1 of ``time`` (F,) and ``pose`` (F, 4, 4).
        """
        ...


@dataclass(frozen=True)
class Gap:
    """So many frames on."""

    frames: int = 1

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise UserError(f"a gap of {self.frames} frames: it must be at least 1.")

    def follow(self, offsets: Rows, time: NDArray[np.float64], pose: NDArray[np.float64]) -> Rows:
        rows = np.arange(offsets[-1])
        return np.where(rows + self.frames < _ends(offsets), rows + self.frames, -1)


@dataclass(frozen=True)
class Seconds:
    """The later frame that is nearest to so many seconds on, and not off by more than half of them."""

    gap: float

    def __post_init__(self) -> None:
        if not self.gap > 0:
            raise UserError(f"a gap of {self.gap} seconds: it must be more than 0.")

    def follow(self, offsets: Rows, time: NDArray[np.float64], pose: NDArray[np.float64]) -> Rows:
        following = np.full(offsets[-1], -1)
        for start, end in itertools.pairwise(offsets.tolist()):
            times = np.asarray(time[start:end])
            wanted = times + self.gap
            after = np.searchsorted(times, wanted).clip(1, max(end - start - 1, 1))
            before = after - 1
            if end - start < 2:
                continue
            nearest = np.where(wanted - times[before] < times[after] - wanted, before, after)
            # a little more than half, so that what rounding adds to evenly spaced times does not decide
            fits = (np.abs(times[nearest] - wanted) <= 0.500001 * self.gap) & (nearest > np.arange(end - start))
            following[start:end] = np.where(fits, nearest + start, -1)
        return following


@dataclass(frozen=True)
class Moved:
    """The first later frame whose camera has turned by ``rotation`` (radians) or gone ``translation`` (metres) or more
    since, within so many frames."""

    rotation: float = np.inf
    translation: float = np.inf
    within: int = 256

    def __post_init__(self) -> None:
        if not (self.rotation > 0 and self.translation > 0 and min(self.rotation, self.translation) < np.inf):
            raise UserError(
                f"frames after a motion of {self.rotation} rad or {self.translation} m: give at least one that is "
                "more than 0."
            )

    def follow(self, offsets: Rows, time: NDArray[np.float64], pose: NDArray[np.float64]) -> Rows:
        following = np.full(offsets[-1], -1)
        waiting, ends = np.arange(offsets[-1]), _ends(offsets)
        for ahead in range(1, self.within + 1):
            waiting = waiting[waiting + ahead < ends[waiting]]
            if not len(waiting):
                break
            before, after = pose[waiting], pose[waiting + ahead]
            # the trace of R₀ᵀ R₁ is 1 + 2 cos of the angle between them
            cosine = (np.einsum("nij,nij->n", before[:, :3, :3], after[:, :3, :3]) - 1) / 2
            moved = np.arccos(cosine.clip(-1, 1)) >= self.rotation
            moved |= np.linalg.norm(after[:, :3, 3] - before[:, :3, 3], axis=1) >= self.translation
            following[waiting[moved]] = waiting[moved] + ahead
            waiting = waiting[~moved]
        return following


@dataclass(frozen=True)
class Windows:
    """Windows of ``length`` frames of one episode, each ``step`` after the one before.

    stride: a window begins at every so many frames of an episode, and once more where that leaves its last frames out.

    UserError for windows of fewer than the 2 frames that a motion lies between.
    """

    length: int = 2
    step: Step = field(default_factory=Gap)
    stride: int = 1

    def __post_init__(self) -> None:
        if self.length < 2:
            raise UserError(f"windows of {self.length} frames: choose at least the 2 that a motion lies between.")
        if self.stride < 1:
            raise UserError(f"windows with stride {self.stride}: it must be at least 1.")

    @classmethod
    def covering(cls, views: Rows) -> Windows:
        """Windows for episodes of so many views (E,) that hold every pair of neighbouring frames once (at an episode's
        end perhaps twice), which gives the most pairs for the frames encoded: whole episodes where those are short and
        alike, else as long as the shortest, at most 16 frames."""
        lengths = views[views > 1]
        length = int(min(lengths.min(), _LONGEST)) if len(lengths) else 2
        return cls(length, stride=length - 1)

    @property
    def neighbours(self) -> bool:
        """Whether the frames of a window follow on each other in the episode."""
        return self.step == Gap(1)

    def starts(self, offsets: Rows, following: Rows) -> Rows:
        """First rows (N,) of all windows, by episodes and frames. following: what ``step.follow`` gives."""
        last = np.arange(offsets[-1])
        for _ in range(self.length - 1):
            last = np.where(last >= 0, following[last], -1)
        whole = np.flatnonzero(last >= 0)
        episode = np.searchsorted(offsets, whole, side="right") - 1
        ends_episode = np.append(episode[1:] != episode[:-1], True)[: len(whole)]
        return whole[((whole - offsets[episode]) % self.stride == 0) | ends_episode]

    def rows(self, starts: Rows, following: Rows) -> Rows:
        """Rows (N, length) of the windows that begin at ``starts`` (N,)."""
        rows = np.empty((len(starts), self.length), np.int64)
        rows[:, 0] = starts
        for t in range(1, self.length):
            rows[:, t] = following[rows[:, t - 1]]
        return rows


def _ends(offsets: Rows) -> Rows:
    """For every row the one after the last of its episode."""
    return np.repeat(offsets[1:], np.diff(offsets))
