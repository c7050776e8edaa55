"""Where cameras were and where they looked: the kind of their paths, and angles."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

ORBIT, TURN, MOVE = "orbit", "turn", "move"
"""Kinds of paths: round an object in the origin and looking at it; turning in place; moving about."""

_AT_ORIGIN = np.cos(np.radians(2.0))
_IN_PLACE = 1e-3  # metres


def kind_of(poses: Sequence[NDArray[np.float64]]) -> str:
    """The kind of paths (T, 4, 4) of a data set: the narrowest one that all of them are of."""
    together = np.concatenate(poses)
    position, back = together[:, :3, 3], together[:, :3, 2]
    distance = np.linalg.norm(position, axis=1)
    if np.all(distance > _IN_PLACE) and np.all((position * back).sum(1) > _AT_ORIGIN * distance):
        return ORBIT
    if all(np.ptp(pose[:, :3, 3], axis=0).max() < _IN_PLACE for pose in poses):
        return TURN
    return MOVE


def headings(pose: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, 2) heading and tilt in radians of poses (T, 4, 4).

    Heading 0 looks along −Z and rises to the left, tilt rises upwards. A camera that looks straight up or down has the
    heading that it has without roll. Of an orbit, heading and minus tilt are azimuth and elevation of the viewpoint.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Gimbal lock")
        return Rotation.from_matrix(pose[:, :3, :3]).as_euler("YXZ")[:, :2]


def from_first(pose: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, 2) metres to the right and ahead of the first view, over ground: paths as from one start."""
    steps = pose[:, :3, 3] - pose[0, :3, 3]
    heading = headings(pose[:1])[0, 0]
    ahead = np.array([-np.sin(heading), -np.cos(heading)])
    right = np.array([np.cos(heading), -np.sin(heading)])
    over_ground = steps[:, [0, 2]]
    return np.stack([over_ground @ right, over_ground @ ahead], axis=1)


def angle_histogram(angles: NDArray[np.float64]) -> NDArray[np.int64]:
    """Counts of (heading, tilt) (N, 2) radians in cells of equal angles that are centred on multiples of their size.

    Rows are tilts from −90° to 90°, columns headings from −180° on. Cells are as wide as the angles' own grid, where
    they keep to one of 30°, else 15°.
    """
    degrees = np.degrees(angles)
    size = 30 if np.allclose(degrees, 30 * np.round(degrees / 30), atol=0.01) else 15
    columns, rows = 360 // size, 180 // size + 1
    column = np.round(degrees[:, 0] / size).astype(int) + columns // 2
    row = np.round(degrees[:, 1] / size).astype(int) + rows // 2
    counts = np.zeros((rows, columns), np.int64)
    np.add.at(counts, (row.clip(0, rows - 1), column % columns), 1)
    return counts
