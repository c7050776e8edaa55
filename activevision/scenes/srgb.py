"""sRGB values and the light that they stand for (IEC 61966-2-1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def linear_from_srgb(value: NDArray[Any]) -> NDArray[Any]:
    """Linear light of sRGB values, both in [0, 1]."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(value: NDArray[Any]) -> NDArray[Any]:
    """sRGB of linear light, both in [0, 1]."""
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * np.maximum(value, 1e-8) ** (1 / 2.4) - 0.055)


LINEAR = linear_from_srgb(np.arange(256) / 255).astype(np.float32)
"""Linear light of every 8-bit sRGB value."""


def bytes_from_linear(light: NDArray[Any]) -> NDArray[np.uint8]:
    """8-bit sRGB of linear light; what lies outside of [0, 1] is clipped."""
    return np.round(srgb_from_linear(np.clip(light, 0.0, 1.0)) * 255).astype(np.uint8)
