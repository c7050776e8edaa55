"""Correction for many comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values (...) of a family of m comparisons (Holm, *A simple sequentially rejective multiple test
    procedure*, 1979).

    In ascending order p̃_(i) = max_{j ≤ i} min(1, (m − j + 1) p_(j)). Rejecting where p̃ ≤ α keeps the probability of any
    false rejection in the whole family at α or below, however the comparisons depend on each other.
    """
    p = np.asarray(p, np.float64)
    flat = p.ravel()
    order = np.argsort(flat, kind="stable")
    steps = np.minimum(1.0, np.arange(len(flat), 0, -1) * flat[order])
    adjusted = np.empty_like(flat)
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted.reshape(p.shape)
