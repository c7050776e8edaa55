"""``Pairs`` of views of one episode: with motions like those in training, and with larger ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from activevision.evaluation.probing.posed_features import PosedFeatures, Poses, Rows
from activevision.geometry import egomotion, rotation_angle


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
    pairs, gap, turned = _all(views)
    inside = turned <= reach.rotation
    if reach.gap is not None:
        inside &= gap <= reach.gap
    return _drawn(pairs.take(np.flatnonzero(inside)), per_view, generator)


def beyond(views: PosedFeatures, reach: Reach, per_view: int, generator: np.random.Generator) -> Pairs:
    """At most ``per_view`` pairs from every view with larger motions than any within reach: of a larger turn or, where
    gaps are limited, of a gap that is at most twice the limit."""
    pairs, gap, turned = _all(views)
    outside = turned > reach.rotation
    if reach.gap is not None:
        outside = (outside | (gap > reach.gap)) & (gap <= 2 * reach.gap)
    return _drawn(pairs.take(np.flatnonzero(outside)), per_view, generator)


def _all(views: PosedFeatures) -> tuple[Pairs, Rows, Poses]:
    """All ordered pairs of two views of an episode, the frames between them, and the angles between them."""
    before, after = [], []
    starts = np.flatnonzero(np.diff(views.episodes, prepend=views.episodes[0] - 1))
    for start, end in zip(starts, np.append(starts[1:], len(views)), strict=True):
        first, second = np.nonzero(~np.eye(end - start, dtype=bool))
        before.append(first + start)
        after.append(second + start)
    pairs = Pairs(np.concatenate(before), np.concatenate(after))
    return pairs, np.abs(pairs.after - pairs.before), rotation_angle(pairs.motions(views))


def _drawn(pairs: Pairs, per_view: int, generator: np.random.Generator) -> Pairs:
    order = generator.permutation(len(pairs))
    order = order[np.argsort(pairs.before[order], kind="stable")]
    before = pairs.before[order]
    place = np.arange(len(before)) - np.searchsorted(before, before)
    return pairs.take(order[place < per_view])
