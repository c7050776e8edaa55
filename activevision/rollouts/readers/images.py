"""Stored images as arrays, and the largest square of them at another resolution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.rollouts.readers.sequence import DepthUnit

SUFFIXES = (".png", ".jpg", ".jpeg")


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8; grey images have three equal channels. UserError where it is no image, or half of one."""
    return np.asarray(_decoded(path, cv2.IMREAD_COLOR_RGB), np.uint8)


def read_depth(path: Path, unit: DepthUnit) -> NDArray[np.float32]:
    """(H, W) float32 metres, 0 where there is none, of a 16-bit image. UserError where it is not one."""
    values = _decoded(path, cv2.IMREAD_UNCHANGED)
    if values.ndim != 2 or values.dtype != np.uint16:
        raise UserError(f"{path} is no 16-bit depth image: is this the right file?")
    return np.where(values == unit.invalid, 0, values / unit.per_metre).astype(np.float32)


def _decoded(path: Path, how: int) -> NDArray[Any]:
    data = path.read_bytes()
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), how) if data and _ends(data) else None
    except cv2.error:  # of a size that no image has
        image = None
    if image is None:
        raise UserError(f"{path} is damaged or no image: fetch it anew, or delete it to leave its frame out.")
    return image


def _ends(data: bytes) -> bool:
    """Whether a PNG or JPEG goes on to its end: OpenCV fills what is missing of one that was cut off with grey."""
    if data.startswith(b"\x89PNG"):
        return b"IEND" in data[-1024:]
    if data.startswith(b"\xff\xd8"):
        return b"\xff\xd9" in data[-1024:]
    return True


def square(image: NDArray[Any], pixels: int, exact: bool = False) -> NDArray[Any]:
    """The image's largest square in the middle at ``pixels`` × ``pixels``, each the mean over its area.

    exact: take the value nearest to each pixel's middle instead, for values that no mean may be taken of.
    UserError where there are fewer pixels than asked for.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    if pixels > side:
        raise UserError(
            f"--pixels {pixels} is more than the {side} that images of {width}×{height} have: ask for less."
        )
    left, top = (width - side) // 2, (height - side) // 2
    middle = image[top : top + side, left : left + side]
    how = cv2.INTER_NEAREST_EXACT if exact else cv2.INTER_AREA
    return cv2.resize(middle, (pixels, pixels), interpolation=how)


def square_intrinsics(intrinsics: NDArray[np.float64], height: int, width: int, pixels: int) -> NDArray[np.float64]:
    """K (3, 3) of what ``square`` gives, for that of the image."""
    side = min(height, width)
    moved = intrinsics.copy()
    moved[0, 2] -= (width - side) // 2
    moved[1, 2] -= (height - side) // 2
    moved[:2] *= pixels / side
    return moved
