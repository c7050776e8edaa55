"""Pinhole cameras: intrinsics, rays and projection."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.errors import UserError


@dataclass(frozen=True)
class Camera:
    """A pinhole camera with square pixels and the principal point in the middle.

    Pixel (column, row) = (0, 0) has its centre at (0.5, 0.5) with the origin in the image's top left corner.
    In the camera's frame +X is right, +Y up, and the view direction −Z.
    """

    width: int = 64
    height: int = 64
    hfov_deg: float = 45.0

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise UserError(f"camera of {self.width}×{self.height} pixels: both must be at least 1.")
        if not 0.0 < self.hfov_deg < 180.0:
            raise UserError(f"camera with hfov_deg={self.hfov_deg}: a pinhole camera's must lie between 0 and 180.")

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return 0.5 * self.width / math.tan(math.radians(self.hfov_deg) / 2)

    @property
    def smallest_half_angle(self) -> float:
        """Half of the smaller field of view in radians: a cone that is wholly in the image."""
        return math.atan(0.5 * min(self.width, self.height) / self.focal)

    def intrinsics(self) -> NDArray[np.float64]:
        """K (3, 3) in the OpenCV convention (+X right, +Y down, +Z forward), as exporters need it."""
        return np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1.0]])

    def project(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixel coordinates (..., 2) as (column, row) and planar depth (...) of points (..., 3) in the camera's frame.

        Points with depth ≤ 0 are behind the camera; their pixel coordinates are NaN.
        """
        points = np.asarray(points, dtype=np.float64)
        depth = -points[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.where(depth > 0, self.focal / depth, np.nan)
        column = self.width / 2 + points[..., 0] * scale
        row = self.height / 2 - points[..., 1] * scale
        return np.stack([column, row], axis=-1), depth

    def unproject(self, depth: ArrayLike) -> NDArray[np.float64]:
        """Points (..., H, W, 3) in the camera's frame for planar depth images (..., H, W)."""
        depth = np.asarray(depth, dtype=np.float64)
        x = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal
        y = (self.height / 2 - np.arange(self.height) - 0.5) / self.focal
        return np.stack([depth * x, depth * y[:, None], -depth], axis=-1)
