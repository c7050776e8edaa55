"""Percentile bootstrap intervals (Efron 1979) that respect how the figures came about.

Episodes of one object are not independent, so objects are resampled, each with all its episodes. Where several seeds
were run, seeds are a second, crossed sample, and both are resampled independently (the pigeonhole bootstrap, Owen
2007), which is slightly conservative. With fewer than about five seeds the part that the seeds contribute is rough.

Every estimate is a mean over objects of the object's mean; with several seeds, over seeds of that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.errors import UserError
from activevision.evaluation.log import TrajectoryLog

Array = NDArray[np.float64]
_BLOCK = 2_000_000  # counts drawn at a time, so that thousands of objects do not fill the memory


@dataclass(frozen=True)
class Interval:
    """An estimate (...) with the ends of its interval (...)."""

    estimate: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Cells:
    """Means per seed and object, the units of every bootstrap here.

    seeds: (S,) int. objects: (K,) str. mean: (S, K, ...) over the episodes of each.
    """

    seeds: NDArray[np.int64]
    objects: NDArray[np.str_]
    mean: Array


def cells(values: ArrayLike, objects: ArrayLike, seeds: ArrayLike | None = None) -> Cells:
    """Average ``values`` (N, ...) over the episodes of each object (N,) and seed (N,); no seeds is one seed.

    Raises UserError if an object lacks episodes under one of the seeds.
    """
    values = np.asarray(values, np.float64)
    names, k = np.unique(np.asarray(objects), return_inverse=True)
    numbers, s = np.unique(np.zeros(len(values), int) if seeds is None else np.asarray(seeds), return_inverse=True)
    shape = (len(numbers), len(names))
    cell = s * len(names) + k
    count = np.bincount(cell, minlength=len(numbers) * len(names))
    if not count.all():
        seed, name = np.unravel_index(int(np.argmin(count)), shape)
        raise UserError(
            f"object {str(names[name])!r} has no episode under seed {numbers[seed]}: "
            "evaluate every seed on the same scenes."
        )
    total = np.zeros((len(count), *values.shape[1:]))
    np.add.at(total, cell, values)
    mean = total / count.reshape(-1, *[1] * (values.ndim - 1))
    return Cells(numbers, names, mean.reshape(*shape, *values.shape[1:]))


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made.

    resamples: R. level: coverage aimed at. seed: of the resampling itself.
    over_seeds: resample seeds as well as objects where there are several; False answers only for these very seeds.
    """

    resamples: int = 10_000
    level: float = 0.95
    seed: int = 0
    over_seeds: bool = True

    def samples(self, cells: Cells) -> Array:
        """(R, ...) means of samples drawn with replacement from the objects and, if asked for, from the seeds."""
        rng = np.random.default_rng(self.seed)
        s, k, *trailing = cells.mean.shape
        several = self.over_seeds and s > 1
        seeds = _shares(rng, self.resamples, s) if several else np.full((self.resamples, s), 1 / s)
        flat = cells.mean.reshape(s, k, -1)
        block = max(1, _BLOCK // k)
        means = [
            np.einsum("rs,rk,skd->rd", rows, _shares(rng, len(rows), k), flat, optimize=["einsum_path", (1, 2), (0, 1)])
            for rows in np.split(seeds, range(block, self.resamples, block))
        ]
        return np.concatenate(means).reshape(self.resamples, *trailing)

    def interval(self, values: ArrayLike, objects: ArrayLike, seeds: ArrayLike | None = None) -> Interval:
        """Interval of the mean of ``values`` (N, ...) over ``objects`` (N,) and ``seeds`` (N,)."""
        grouped = cells(values, objects, seeds)
        return self.percentile(grouped.mean.mean(axis=(0, 1)), self.samples(grouped))

    def percentile(self, estimate: ArrayLike, samples: Array) -> Interval:
        """Interval between the outer percentiles of samples (R, ...)."""
        low, high = np.quantile(samples, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        return Interval(np.asarray(estimate, np.float64), low, high)


DEFAULT = Bootstrap()


def accuracy_interval(log: TrajectoryLog, bootstrap: Bootstrap = DEFAULT) -> Interval:
    """Interval (T,) of a log's accuracy after every view."""
    return bootstrap.interval(log.correct, log.scene, log.seed)


def paired_accuracy_interval(a: TrajectoryLog, b: TrajectoryLog, bootstrap: Bootstrap = DEFAULT) -> Interval:
    """Interval (T,) of the accuracy of ``a`` minus that of ``b``, episode by episode.

    Raises UserError unless both hold the same (scene, seed, episode) keys.
    """
    a, b = aligned(a, b)
    return bootstrap.interval(a.correct.astype(np.float64) - b.correct, a.scene, a.seed)


def gap_closed(
    a: TrajectoryLog, floor: TrajectoryLog, ceiling: TrajectoryLog, bootstrap: Bootstrap = DEFAULT
) -> Interval:
    """Interval (T,) of the share of the gap in accuracy from ``floor`` to ``ceiling`` that ``a`` closes.

    NaN at views where the gap itself is not clearly positive (its interval reaches zero): a share of it means nothing.
    Raises UserError unless all hold the same (scene, seed, episode) keys.
    """
    a, floor, ceiling = aligned(a, floor, ceiling)
    low = floor.correct.astype(np.float64)
    grouped = cells(np.stack([a.correct - low, ceiling.correct - low], axis=1), a.scene, a.seed)
    samples = bootstrap.samples(grouped)
    gained, gap = np.moveaxis(samples, 1, 0)
    clear = bootstrap.percentile(0.0, gap).low > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        share = bootstrap.percentile(np.divide(*grouped.mean.mean(axis=(0, 1))), gained / gap)
    return Interval(*(np.where(clear, part, np.nan) for part in (share.estimate, share.low, share.high)))


def aligned(*logs: TrajectoryLog) -> tuple[TrajectoryLog, ...]:
    """The logs with their episodes in one common order.

    Raises UserError unless all hold the same (scene, seed, episode) keys with the same labels and number of views.
    """
    first = logs[0]
    order = {key: row for row, key in enumerate(first.keys())}
    result = [first]
    for log in logs[1:]:
        names = f"{first.policy!r} and {log.policy!r}"
        lacking = order.keys() ^ set(log.keys())
        if lacking:
            scene, seed, episode = min(lacking)
            raise UserError(
                f"{names} cannot be paired: only one of them has scene {scene!r}, seed {seed}, episode {episode}; "
                "evaluate both with the same seeds, scenes and episodes."
            )
        if log.views != first.views:
            raise UserError(f"{names} cannot be paired: {first.views} and {log.views} views; use one protocol.")
        row = np.array([order[key] for key in log.keys()])  # noqa: SIM118 - a log is no mapping
        log = log.take(np.argsort(row))
        if not np.array_equal(log.label, first.label):
            raise UserError(f"{names} cannot be paired: they give a scene different labels; use one catalogue.")
        result.append(log)
    return tuple(result)


def _shares(rng: np.random.Generator, rows: int, items: int) -> Array:
    """(rows, items) shares of each item in samples of ``items`` items drawn with replacement."""
    drawn = rng.integers(items, size=(rows, items)) + items * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * items).reshape(rows, items) / items
