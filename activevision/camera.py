"""Cameras: rays, projection and intrinsics, of pinhole and of equirectangular images."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.errors import UserError


class CameraModel(Hashable, Protocol):
    """What a simulator needs of a camera. Cameras that are equal have the same rays.

    Pixel (column, row) = (0, 0) has its centre at (0.5, 0.5) with the origin in the image's top left corner.
    In the camera's frame +X is right, +Y up, and the view direction −Z. What depth means is the camera's matter:
    ``unproject`` and ``project`` agree on it.
    """

    model: ClassVar[str]

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def intrinsics(self) -> NDArray[np.float64]:
        """(3, 3): what makes pixels of coordinates in the image plane, or of angles."""
        ...

    def rays(self, samples: int = 1) -> NDArray[np.float64]:
        """Rays (H · samples, W · samples, 3) in the camera's frame: depth × ray is the point that is seen."""
        ...

    def project(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixel coordinates (..., 2) as (column, row) and depth (...) of points (..., 3) in the camera's frame."""
        ...

    def unproject(self, depth: ArrayLike) -> NDArray[np.float64]:
        """Points (..., H, W, 3) in the camera's frame for depth images (..., H, W)."""
        ...


@dataclass(frozen=True)
class Camera:
    """A pinhole camera with square pixels and the principal point in the middle; its depth is planar, along −Z."""

    width: int = 64
    height: int = 64
    hfov_deg: float = 45.0
    model: ClassVar[str] = "pinhole"

    def __post_init__(self) -> None:
        _check_size(self.width, self.height)
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

    def rays(self, samples: int = 1) -> NDArray[np.float64]:
        """Rays (H · samples, W · samples, 3) of unit planar depth, in the camera's frame."""
        x = (_centres(self.width, samples) - self.width / 2) / self.focal
        y = (self.height / 2 - _centres(self.height, samples)) / self.focal
        x, y = np.meshgrid(x, y)
        return np.stack([x, y, np.full_like(x, -1.0)], axis=-1)

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
        return np.asarray(depth, dtype=np.float64)[..., None] * self.rays()


@dataclass(frozen=True)
class EquirectangularCamera:
    """A camera that sees all around; its depth is the distance along the ray.

    Columns are even steps of longitude: the middle of the image looks along −Z, to its right towards +X, and its left
    and right edges meet behind. Rows are even steps of latitude, from straight up to straight down.
    """

    width: int = 128
    height: int = 64
    model: ClassVar[str] = "equirectangular"

    def __post_init__(self) -> None:
        _check_size(self.width, self.height)

    def intrinsics(self) -> NDArray[np.float64]:
        """(3, 3): pixels per radian of longitude and of latitude, and the image's middle, which looks along −Z."""
        across, down = self.width / (2 * math.pi), self.height / math.pi
        return np.array([[across, 0, self.width / 2], [0, down, self.height / 2], [0, 0, 1.0]])

    def rays(self, samples: int = 1) -> NDArray[np.float64]:
        """Unit vectors (H · samples, W · samples, 3) in the camera's frame."""
        longitude = (_centres(self.width, samples) / self.width - 0.5) * 2 * math.pi
        latitude = (0.5 - _centres(self.height, samples) / self.height) * math.pi
        longitude, latitude = np.meshgrid(longitude, latitude)
        flat = np.cos(latitude)
        return np.stack([flat * np.sin(longitude), np.sin(latitude), -flat * np.cos(longitude)], axis=-1)

    def project(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixel coordinates (..., 2) as (column, row) and distance (...) of points (..., 3) in the camera's frame.

        The pixel coordinates of the camera's own position are NaN.
        """
        points = np.asarray(points, dtype=np.float64)
        distance = np.linalg.norm(points, axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            latitude = np.arcsin(np.clip(points[..., 1] / distance, -1.0, 1.0))
        longitude = np.arctan2(points[..., 0], -points[..., 2])
        column = np.where(distance > 0, (longitude / (2 * math.pi) + 0.5) * self.width, np.nan)
        return np.stack([column, (0.5 - latitude / math.pi) * self.height], axis=-1), distance

    def unproject(self, depth: ArrayLike) -> NDArray[np.float64]:
        """Points (..., H, W, 3) in the camera's frame for images (..., H, W) of distances."""
        return np.asarray(depth, dtype=np.float64)[..., None] * self.rays()


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise UserError(f"camera of {width}×{height} pixels: both must be at least 1.")


def _centres(pixels: int, samples: int) -> NDArray[np.float64]:
    """(pixels · samples,) where the samples of a row or column lie, in pixels."""
    return (np.arange(pixels * samples) + 0.5) / samples
