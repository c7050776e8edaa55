"""How much every episode counts."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.log import TrajectoryLog

Array = NDArray[np.float64]


@lru_cache(maxsize=1)  # every metric of a log asks for it in turn
def pairs(log: TrajectoryLog) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(N,) which pair of an object and a seed every episode belongs to, counted from 0, and (P,) episodes of each."""
    _, scene = np.unique(log.scene, return_inverse=True)
    _, seed = np.unique(log.seed, return_inverse=True)
    _, index, episodes = np.unique(scene * (seed.max() + 1) + seed, return_inverse=True, return_counts=True)
    return index, episodes


def weights(log: TrajectoryLog) -> Array:
    """(N,) of the episodes, summing to 1, such that every pair of an object and a seed weighs the same."""
    index, episodes = pairs(log)
    return 1.0 / (len(episodes) * episodes[index])
