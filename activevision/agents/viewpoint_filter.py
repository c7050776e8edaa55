"""A Bayes filter over the class and the viewpoint of episodes on a view grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.special import logsumexp

from activevision.errors import UserError
from activevision.geometry import exp_se3
from activevision.protocol import Protocol

_TOLERANCE = 1e-3
"""Distance of two egomotions that count as one, as matrices (metres, and rotations without unit)."""

Joint = NDArray[np.float32]
"""log p(class, viewpoint | views so far) (N, C, E · A), normalised; −∞ where egomotion rules a viewpoint out."""


class ViewpointFilter:
    """Where the camera may be, and what it may be looking at.

    A camera is told how it moves, not where it is. Egomotion takes each hypothesis about the row and column to one
    other viewpoint or, where no motion on the grid from there looks like that, to none: it is then out. A row that a
    motion cannot leave at the grid's edge, or wraps round, is told apart by what the camera did in fact.
    """

    def __init__(self, protocol: Protocol, classes: int):
        self._name, self._shape, self._classes = protocol.name, protocol.grid_shape, classes
        rows, columns = self._shape
        self._tree = KDTree(protocol.egomotions[..., :3, :].reshape(-1, 12))
        self._index = np.unravel_index(np.arange(rows * rows * columns), (rows, rows, columns))

    def start(self, batch: int) -> Joint:
        """Every class and viewpoint alike."""
        rows, columns = self._shape
        size = self._classes * rows * columns
        return np.full((batch, self._classes, rows * columns), -np.log(size), np.float32)

    def origins(self, egomotion: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The row (N, E) that twists (N, 6) lead from to each row, −1 for none, and by how many columns (N, E).

        UserError for a twist that is no motion on the grid at all.
        """
        rows, _ = self._shape
        twists, which = np.unique(egomotion, axis=0, return_inverse=True)
        # as matrices, because half a turn has two twists
        matrices = exp_se3(twists)[:, :3].reshape(-1, 12)
        origin, turn = (np.full((len(twists), rows), fill, np.int64) for fill in (-1, 0))
        for number, found in enumerate(self._tree.query_ball_point(matrices, _TOLERANCE)):
            if not found:
                raise UserError(
                    f"an egomotion of {np.round(twists[number], 3).tolist()} is no motion on the view grid of protocol "
                    f"{self._name!r}, which fusion and policy were fitted to: fit them to the one in use."
                )
            start, target, columns = (axis[found] for axis in self._index)
            origin[number, target], turn[number, target] = start, columns
        return origin[which.reshape(-1)], turn[which.reshape(-1)]

    def moved(self, joint: Joint, egomotion: NDArray[np.floating]) -> Joint:
        """After twists (N, 6). UserError where no viewpoint is left that could have moved so."""
        columns = self._shape[1]
        origin, turn = self.origins(egomotion)
        column = (np.arange(columns) - turn[:, :, None]) % columns
        index = (np.maximum(origin, 0)[:, :, None] * columns + column).reshape(len(joint), 1, -1)
        possible = np.repeat(origin >= 0, columns, axis=1)[:, None]
        moved = np.where(possible, np.take_along_axis(joint, index, axis=2), np.float32(-np.inf))
        return self._normalised(moved)

    def seen(self, joint: Joint, log_likelihood: NDArray[np.floating]) -> Joint:
        """After a view whose log p(view | class, viewpoint) (N, C, E · A), or any other evidence, is given."""
        return self._normalised(joint + log_likelihood.astype(np.float32))

    def _normalised(self, joint: Joint) -> Joint:
        total = logsumexp(joint, axis=(1, 2), keepdims=True)
        if np.isneginf(total).any():
            raise UserError(
                f"the egomotions of an episode fit no path on the view grid of protocol {self._name!r}, which fusion "
                "and policy were fitted to: fit them to the one in use."
            )
        return np.asarray(joint - total, np.float32)


def class_marginal(joint: Joint) -> NDArray[np.float32]:
    """(N, C) log p(class | views so far)."""
    return np.asarray(logsumexp(joint, axis=2), np.float32)
