"""Other people's axes: cameras of the OpenCV convention, and worlds whose up axis is not Y.

An OpenCV camera looks along +Z with +X to the right and +Y down; ours looks along −Z with +Y up. The two differ by half
a turn about X, whichever way one goes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.errors import unknown

Array = NDArray[np.float64]

CAMERAS = ("opengl", "opencv")
_HALF_TURN_ABOUT_X = np.diag([1.0, -1.0, -1.0, 1.0])

_ROTATIONS = {
    "x": [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
    "y": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "z": [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
    "-x": [[0, 1, 0], [-1, 0, 0], [0, 0, 1]],
    "-y": [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
    "-z": [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
}
UP_AXES = tuple(_ROTATIONS)


def swap_camera(world_from_camera: ArrayLike) -> Array:
    """Poses (..., 4, 4) of OpenCV cameras for those of ours, or the other way round; the world stays as it is."""
    return np.asarray(world_from_camera, np.float64) @ _HALF_TURN_ABOUT_X


def ours_from_world(up: str) -> Array:
    """(4, 4): turns a world in which the axis ``up`` ("y", "-y", "z", …) points up to one in which +Y does.

    UserError for something that is no axis.
    """
    if up not in _ROTATIONS:
        raise unknown("up axis", up, UP_AXES)
    transform = np.eye(4)
    transform[:3, :3] = _ROTATIONS[up]
    return transform


def from_convention(world_from_camera: ArrayLike, camera: str, up: str) -> Array:
    """Our poses (..., 4, 4) for those of a ``camera`` convention in a world with ``up``. UserError for unknown ones."""
    if camera not in CAMERAS:
        raise unknown("camera convention", camera, CAMERAS)
    poses = ours_from_world(up) @ np.asarray(world_from_camera, np.float64)
    return swap_camera(poses) if camera == "opencv" else poses


def to_opencv(world_from_camera: ArrayLike, up: str) -> Array:
    """Poses (..., 4, 4) of an OpenCV camera in a world with ``up``, for ours: the inverse of ``from_convention``."""
    return ours_from_world(up).T @ swap_camera(world_from_camera)
