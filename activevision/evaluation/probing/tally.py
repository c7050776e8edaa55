"""``Tally``: a figure as two sums for every scene, which is what a bootstrap over scenes needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Tally:
    """scenes: (K,) ids in order. above, below: (K, ...) sums whose totals' quotient is the figure.

    Means, normalised errors and shares of variance are all quotients of sums over cases; their value on a resample of
    scenes is the quotient of the sums over it.
    """

    scenes: NDArray[np.str_]
    above: NDArray[np.float64]
    below: NDArray[np.float64]

    @classmethod
    def of(cls, scenes: NDArray[np.str_], above: ArrayLike, below: ArrayLike = 1.0) -> Tally:
        """Of cases in scenes (N,), with ``above`` and ``below`` (N, ...) of each; a mean where ``below`` is 1."""
        names, index = np.unique(scenes, return_inverse=True)
        above, below = np.broadcast_arrays(np.asarray(above, np.float64), np.asarray(below, np.float64))
        sums = np.zeros((2, len(names), *above.shape[1:]))
        np.add.at(sums[0], index, above)
        np.add.at(sums[1], index, below)
        return cls(names, sums[0], sums[1])

    @property
    def value(self) -> NDArray[np.float64]:
        """(...) the figure over all scenes. Nothing out of nothing is 1: an error no better and no worse than doing
        nothing, and no variance explained."""
        return quotient(self.above.sum(0), self.below.sum(0))


def quotient(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.ones_like(above), where=below > 0)
