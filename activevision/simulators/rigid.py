"""Whether poses are rigid, compiled: every render of every step asks."""

from __future__ import annotations

import math

from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def first_not_rigid(poses: NDArray, tolerance: float) -> int:
    """Index of the first of poses (N, 4, 4) float64 that is no right-handed rigid transform; −1 if all are.

    ``not x < tolerance`` rather than ``x >= tolerance`` throughout, so that NaN is found.
    """
    for view in range(len(poses)):
        pose = poses[view]
        for column in range(4):
            if not abs(pose[3, column] - (1.0 if column == 3 else 0.0)) < tolerance:
                return view
        for row in range(3):
            if not math.isfinite(pose[row, 3]):
                return view
            after, last = (row + 1) % 3, (row + 2) % 3
            norm = right_angle = 0.0
            for column in range(3):
                norm += pose[row, column] * pose[row, column]
                right_angle += pose[row, column] * pose[after, column]
                one, two = (column + 1) % 3, (column + 2) % 3
                cross = pose[row, one] * pose[after, two] - pose[row, two] * pose[after, one]
                if not abs(cross - pose[last, column]) < tolerance:
                    return view
            if not abs(norm - 1.0) < tolerance or not abs(right_angle) < tolerance:
                return view
    return -1
