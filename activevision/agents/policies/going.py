"""Going to the best viewpoint of all, which may be several motions away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from activevision.protocol import Protocol

DECIMALS = 6
"""Values that are equal but for rounding are a tie, which the first one wins."""


class Going:
    """The way to viewpoints of a grid."""

    def __init__(self, protocol: Protocol):
        self._protocol = protocol
        self._distance = distances(protocol)

    def towards_best(
        self, value: NDArray[np.floating], row: NDArray[np.integer], left: NDArray[np.integer]
    ) -> NDArray[np.int64]:
        """The motions (N,) that go a shortest way to the viewpoint of greatest value among those in reach and, of these
        motions, lead to the greatest value on the way.

        value: (N, E, A) of viewpoints by row and by how many columns on they are. row: (N,) that the camera is in.
        left: (N,) motions left.
        """
        columns = self._protocol.azimuths
        value = np.round(value, DECIMALS)
        episode = np.arange(len(value))
        best = (
            np.where(self._distance[row] <= left[:, None, None], value, -np.inf).reshape(len(value), -1).argmax(axis=1)
        )
        goal_row, goal_column = np.divmod(best, columns)
        here = np.stack([row, np.zeros_like(row)], axis=-1)
        target = self._protocol.move(here[:, None], np.arange(len(self._protocol.motions)))
        further = (goal_column[:, None] - target[..., 1]) % columns
        remaining = self._distance[target[..., 0], goal_row[:, None], further]
        nearest = remaining == remaining.min(axis=1, keepdims=True)
        return np.where(nearest, value[episode[:, None], target[..., 0], target[..., 1]], -np.inf).argmax(axis=1)


def distances(protocol: Protocol) -> NDArray[np.float64]:
    """(E, E, A) motions that it takes at least from a row to a row so many columns on; inf where none lead there."""
    rows, columns = protocol.grid_shape
    viewpoints = np.stack(np.divmod(np.arange(protocol.grid_size), columns), axis=-1)
    targets = protocol.viewpoint_index(protocol.move(viewpoints[:, None], np.arange(len(protocol.motions))))
    origins = np.repeat(np.arange(protocol.grid_size), targets.shape[1])
    graph = csr_array((np.ones(targets.size), (origins, targets.ravel())), shape=(protocol.grid_size,) * 2)
    first = np.arange(rows) * columns  # the first column stands for all
    return np.asarray(shortest_path(graph, unweighted=True, indices=first)).reshape(rows, rows, columns)
