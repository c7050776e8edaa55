"""``Pairs`` of views of one episode: with motions like those in training, and with larger ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.posed_features import PosedFeatures, Poses, Rows
from activevision.geometry import egomotion, rotation_angle

_PARTNERS = 64  # of every view, from which pairs are drawn where any gap will do and episodes are longer


@dataclass(frozen=True, eq=False)
class Pairs:
    """P pairs of rows of a ``PosedFeatures``. before, after: (P,)."""

    before: Rows
    after: Rows

    def __len__(self) -> int:
        return len(self.before)

    def motions(self, views: PosedFeatures) -> Poses:
        """(P, 4, 4) ``before_from_after``, the egomotions."""
        return egomotion(views.poses[self.before], views.poses[self.after])

    def take(self, some: Rows) -> Pairs:
        return Pairs(self.before[some], self.after[some])

    def and_also(self, others: Pairs) -> Pairs:
        return Pairs(np.concatenate([self.before, others.before]), np.concatenate([self.after, others.after]))


@dataclass(frozen=True)
class Reach:
    """Motions that probes are trained on: views at most ``gap`` frames apart, turned by at most ``rotation`` radians.

    None: as far apart as an episode is long.
    """

    gap: int | None
    rotation: float


def neighbours(views: PosedFeatures) -> Pairs:
    """Every two views that follow on each other."""
    before = np.flatnonzero(views.episodes[:-1] == views.episodes[1:])
    return Pairs(before, before + 1)


def within(views: PosedFeatures, reach: Reach, per_view: int, generator: np.random.Generator) -> Pairs:
    """At most ``per_view`` pairs from every view, drawn evenly from those within reach, forwards and backwards."""
    pairs = _those(views, reach.gap, lambda gap, turned: turned <= reach.rotation, generator)
    return _drawn(pairs, per_view, generator)


def beyond(views: PosedFeatures, reach: Reach, per_view: int, generator: np.random.Generator) -> Pairs:
    """At most ``per_view`` pairs from every view with larger motions than any within reach: of a larger turn or, where
    gaps are limited, of a gap that is at most twice the limit."""
    near = np.inf if reach.gap is None else reach.gap
    widest = None if reach.gap is None else 2 * reach.gap
    pairs = _those(views, widest, lambda gap, turned: (turned > reach.rotation) | (gap > near), generator)
    return _drawn(pairs, per_view, generator)


def _those(
    views: PosedFeatures,
    widest: int | None,
    wanted: Callable[[Rows, NDArray[np.float64]], NDArray[np.bool_]],
    generator: np.random.Generator,
) -> Pairs:
    """Ordered pairs of two views of an episode at most ``widest`` frames apart, those that are ``wanted`` by the frames
    and the angles between them. Episode by episode: of a long one all motions together would not fit into memory."""
    found = []
    starts = np.flatnonzero(np.diff(views.episodes, prepend=views.episodes[0] - 1))
    for start, end in zip(starts, np.append(starts[1:], len(views)), strict=True):
        first, second = _ordered(end - start, widest, generator)
        pairs = Pairs(first + start, second + start)
        turned = rotation_angle(pairs.motions(views))
        found.append(pairs.take(np.flatnonzero(wanted(np.abs(second - first), turned))))
    return Pairs(np.concatenate([pairs.before for pairs in found]), np.concatenate([pairs.after for pairs in found]))


def _ordered(frames: int, widest: int | None, generator: np.random.Generator) -> tuple[Rows, Rows]:
    """Pairs of two of so many frames, in order: all that are at most ``widest`` apart; where that is None and there are
    many, some of all, drawn evenly."""
    each = np.arange(frames)[:, None]
    if widest is not None and 2 * widest < frames:
        second = each + np.delete(np.arange(-widest, widest + 1), widest)
    elif widest is None and frames > _PARTNERS:
        second = (each + generator.integers(1, frames, (frames, _PARTNERS))) % frames
        second.sort(1)
        second[:, 1:][second[:, 1:] == second[:, :-1]] = -1  # drawn twice
    else:
        second = np.broadcast_to(np.arange(frames), (frames, frames))
    apart = np.abs(second - each)
    asked = (second >= 0) & (second < frames) & (apart > 0) & (apart <= (frames if widest is None else widest))
    return np.nonzero(asked)[0], second[asked]


def _drawn(pairs: Pairs, per_view: int, generator: np.random.Generator) -> Pairs:
    order = generator.permutation(len(pairs))
    order = order[np.argsort(pairs.before[order], kind="stable")]
    before = pairs.before[order]
    place = np.arange(len(before)) - np.searchsorted(before, before)
    return pairs.take(order[place < per_view])
