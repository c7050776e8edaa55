"""Percentile bootstrap intervals (Efron 1979) that respect how the figures came about.

Episodes of one object are not independent, so objects are resampled, each with all its episodes. Where several seeds
were run, seeds are a second, crossed sample, and both are resampled independently (the pigeonhole bootstrap, Owen
2007), which is slightly conservative. With fewer than about five seeds the part that the seeds contribute is rough.

Every estimate is a mean over objects of the object's mean; with several seeds, over seeds of that.
"""

from __future__ import annotations

from collections.abc import Iterator
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

    @property
    def total(self) -> Array:
        """(...) mean over objects and seeds: the estimate."""
        return self.mean.mean(axis=(0, 1))


def cells(
    values: ArrayLike, objects: ArrayLike, seeds: ArrayLike | None = None, worst: np.ufunc | None = None
) -> Cells:
    """Average ``values`` (N, ...) over the episodes of each object (N,) and seed (N,); no seeds is one seed.

    worst: ``np.minimum`` or ``np.maximum`` to take that of the episodes instead of their mean.
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
    values, first = values[np.argsort(cell, kind="stable")], np.cumsum(count) - count
    if worst is None:
        found = np.add.reduceat(values, first, axis=0) / count.reshape(-1, *[1] * (values.ndim - 1))
    else:
        found = worst.reduceat(values, first, axis=0)
    return Cells(numbers, names, found.reshape(*shape, *values.shape[1:]))


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

    @property
    def least_objects(self) -> int:
        """The fewest objects of which an interval can be made.

        With K objects one resample in K^K holds the least of them alone. While that is more than the tail beyond an
        end of the interval, the end is nothing but the figure of that one object.
        """
        return next(k for k in range(2, 100) if k**-k < (1 - self.level) / 2)

    def require(self, objects: int, noun: str = "objects") -> None:
        """UserError where there are too few objects for an interval."""
        if objects < self.least_objects:
            raise UserError(
                f"{objects} {noun} are too few for {100 * self.level:g} % intervals: evaluate on at least "
                f"{self.least_objects}."
            )

    def samples(self, cells: Cells) -> Array:
        """(R, ...) means of samples drawn with replacement from the objects and, if asked for, from the seeds."""
        return np.concatenate(list(self.blocks(cells, self.resamples)))

    def blocks(self, cells: Cells, resamples: int) -> Iterator[Array]:
        """``samples``, as many as are asked for, some at a time."""
        rng = np.random.default_rng(self.seed)
        s, k, *trailing = cells.mean.shape
        several = self.over_seeds and s > 1
        seeds = _shares(rng, resamples, s) if several else np.full((resamples, s), 1 / s)
        flat = cells.mean.reshape(s, k, -1)
        block = max(1, _BLOCK // k)
        for rows in np.split(seeds, range(block, resamples, block)):
            shares = _shares(rng, len(rows), k)
            means = np.einsum("rs,rk,skd->rd", rows, shares, flat, optimize=["einsum_path", (1, 2), (0, 1)])
            yield means.reshape(len(rows), *trailing)

    def interval(self, values: ArrayLike, objects: ArrayLike, seeds: ArrayLike | None = None) -> Interval:
        """Interval of the mean of ``values`` (N, ...) over ``objects`` (N,) and ``seeds`` (N,).

        Raises UserError for too few objects.
        """
        grouped = cells(values, objects, seeds)
        self.require(len(grouped.objects))
        return self.percentile(grouped.total, self.samples(grouped))

    def percentile(self, estimate: ArrayLike, samples: Array) -> Interval:
        """Interval between the outer percentiles of samples (R, ...)."""
        low, high = np.quantile(samples, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        return Interval(np.asarray(estimate, np.float64), low, high)


DEFAULT = Bootstrap()


def accuracy_interval(log: TrajectoryLog, bootstrap: Bootstrap = DEFAULT) -> Interval:
    """Interval (T,) of a log's accuracy after every view."""
    return bootstrap.interval(log.correct, log.scene, log.seed)


def _shares(rng: np.random.Generator, rows: int, items: int) -> Array:
    """(rows, items) shares of each item in samples of ``items`` items drawn with replacement."""
    drawn = rng.integers(items, size=(rows, items)) + items * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * items).reshape(rows, items) / items
