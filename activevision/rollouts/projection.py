"""Between pixels and points, for the camera that a rollout was recorded with, whatever its intrinsics."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import EquirectangularCamera
from activevision.rollouts.rollout import Rollout


def pixel_centres(height: int, width: int, stride: int = 1) -> NDArray[np.float64]:
    """(H', W', 2) (column, row) of the centres of every ``stride``-th pixel, from the first on."""
    rows, columns = np.arange(0, height, stride) + 0.5, np.arange(0, width, stride) + 0.5
    return np.stack(np.meshgrid(columns, rows), axis=-1)


def rays(rollout: Rollout, stride: int = 1) -> NDArray[np.float64]:
    """(H', W', 3) in the camera's frame, of every ``stride``-th pixel: depth × ray is the point that is seen."""
    height, width = rollout.rgb.shape[1:3]
    if rollout.camera == "equirectangular":
        return EquirectangularCamera(width, height).rays()[::stride, ::stride]
    pixels = pixel_centres(height, width, stride)
    homogeneous = np.concatenate([pixels, np.ones((*pixels.shape[:-1], 1))], axis=-1)
    # from OpenCV's camera, +Y down and +Z forward, to one that looks along −Z with +Y up
    return homogeneous @ np.linalg.inv(rollout.intrinsics).T * [1.0, -1.0, -1.0]


def project(rollout: Rollout, points: ArrayLike) -> NDArray[np.float64]:
    """Pixel coordinates (..., 2) as (column, row) of points (..., 3) in the camera's frame, else NaN."""
    points = np.asarray(points, np.float64)
    height, width = rollout.rgb.shape[1:3]
    if rollout.camera == "equirectangular":
        return EquirectangularCamera(width, height).project(points)[0]
    forward = points * [1.0, -1.0, -1.0]
    image = forward @ rollout.intrinsics.T
    depth = np.where(forward[..., 2:] > 0, image[..., 2:], np.nan)
    return image[..., :2] / depth


def transform(a_from_b: ArrayLike, points: ArrayLike) -> NDArray[np.float64]:
    """Points (..., 3) of frame b in frame a."""
    a_from_b = np.asarray(a_from_b, np.float64)
    return np.asarray(points, np.float64) @ a_from_b[:3, :3].T + a_from_b[:3, 3]
