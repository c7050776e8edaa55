"""Rank correlations, plain and partial, of many draws at once; and how often chance gives as much."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]

_ALL_ORDERS = 8  # encoders up to which all orders are tried: 40,320
_SOME_ORDERS = 99_999
_LARGEST = 0.9999  # |ρ| that has a z


def spearman(x: Array, y: Array) -> Array:
    """(R,) Spearman's ρ of rows (R, N): Pearson's correlation of ranks, equal values sharing their mean rank. NaN where
    all of a row are equal."""
    return _pearson(rankdata(x, axis=-1), rankdata(y, axis=-1))


def partial_spearman(x: Array, y: Array, given: Array) -> Array:
    """(R,) partial rank correlation of rows (R, N) of x and y given a third:

        (ρ_xy − ρ_xz ρ_yz) / √((1 − ρ_xz²)(1 − ρ_yz²)).

    NaN where x or y follows from z."""
    xy, xz, yz = spearman(x, y), spearman(x, given), spearman(y, given)
    left = (1 - xz**2) * (1 - yz**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(left > 1e-9, np.clip((xy - xz * yz) / np.sqrt(left), -1, 1), np.nan)


def permutation_p(x: Array, y: Array, seed: int = 0) -> float:
    """Share of pairings of x (N,) with y (N,) whose |ρ| is at least the one found: all N! for up to 8, else 99,999 at
    random and the one found."""
    a, b = (rankdata(values) - (len(x) + 1) / 2 for values in (x, y))
    count = len(x)
    if count <= _ALL_ORDERS:
        orders = np.array(list(itertools.permutations(range(count))))
        found = b[orders] @ a
        return float((np.abs(found) >= abs(a @ b) - 1e-9).mean())
    generator = np.random.default_rng(seed)
    found = generator.permuted(np.broadcast_to(b, (_SOME_ORDERS, count)), axis=1) @ a
    return float((1 + (np.abs(found) >= abs(a @ b) - 1e-9).sum()) / (1 + _SOME_ORDERS))


def interval(estimate: float, samples: Array, level: float = 0.95) -> tuple[float, float]:
    """Ends of the interval of a correlation with bootstrap samples (R,): percentiles on Fisher's scale, z = artanh ρ,
    moved so that the samples' median lies on the estimate.

    Objects and seeds that are drawn anew add their noise a second time, which pulls the samples towards 0, so plain
    percentiles would be of another correlation. Samples without a value are left out; NaN where no half has one.
    """
    known = samples[np.isfinite(samples)]
    if not math.isfinite(estimate) or len(known) < len(samples) / 2:
        return math.nan, math.nan
    low, middle, high = np.quantile(_fisher(known), [(1 - level) / 2, 0.5, (1 + level) / 2])
    low, high = np.tanh(np.array([low, high]) - middle + _fisher(np.array(estimate)))
    return float(low), float(high)


def _fisher(rho: Array) -> Array:
    return np.arctanh(np.clip(rho, -_LARGEST, _LARGEST))


def _pearson(x: Array, y: Array) -> Array:
    x, y = x - x.mean(-1, keepdims=True), y - y.mean(-1, keepdims=True)
    size = np.sqrt((x**2).sum(-1) * (y**2).sum(-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > 0, (x * y).sum(-1) / size, np.nan)
