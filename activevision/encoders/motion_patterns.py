"""Motion patterns: the discrete kinds of egomotion that a set of rollouts contains."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.vq import kmeans2, vq

_RESTARTS = 8
_MOST_POINTS = 20_000


@dataclass(frozen=True, eq=False)
class MotionPatterns:
    """G clusters of twists, after Jayaraman & Grauman (ICCV 2015), section 3.2.

    centres: (G, 6) float64, in units of ``scale``. scale: (6,) float64 by which each dimension of a twist is divided,
    its standard deviation, so that metres and radians weigh alike.
    """

    centres: NDArray[np.float64]
    scale: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.centres)

    @classmethod
    def fit(cls, twists: ArrayLike, patterns: int, generator: np.random.Generator) -> MotionPatterns:
        """Cluster twists (..., 6) by k-means into ``patterns`` clusters, or as many as there are distinct twists."""
        points = np.asarray(twists, np.float64).reshape(-1, 6)
        spread = points.std(0)
        scale = np.where(spread > 1e-5, spread, 1.0)  # what float32 rounding spreads is not a dimension of motion
        points = points / scale
        if len(points) > _MOST_POINTS:
            points = points[generator.choice(len(points), _MOST_POINTS, replace=False)]
        distinct = np.unique(np.round(points, 3), axis=0)
        if len(distinct) <= patterns:
            return cls(distinct, scale)
        best, least = distinct[:patterns], np.inf
        for _ in range(_RESTARTS):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of an empty cluster: such a start loses to another
                centres, _ = kmeans2(points, patterns, iter=50, minit="++", seed=generator)
            cost = float((vq(points, centres)[1] ** 2).sum())
            if cost < least:
                best, least = centres, cost
        return cls(best[np.lexsort(best.T)], scale)

    def assign(self, twists: ArrayLike) -> NDArray[np.int64]:
        """Pattern (...) in 0 … G − 1 of twists (..., 6): the nearest centre."""
        twists = np.asarray(twists, np.float64)
        codes, _ = vq(twists.reshape(-1, 6) / self.scale, self.centres)
        return np.asarray(codes, np.int64).reshape(twists.shape[:-1])
