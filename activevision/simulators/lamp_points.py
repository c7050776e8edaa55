"""Where light of lamps is computed, and along which rays: what the compiled and the NumPy way have in common."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

OFFSET = 2e-3
"""Metres off the surface that a ray starts at, so that it does not hit where it comes from."""
NEAR = 1.5
"""Metres within which things take away from the light that comes from all around."""
AROUND = np.array([0.42, 0.41, 0.40], np.float32)
"""Linear light that walls, floor and ceiling give back."""
SHELL = 0.05
"""Metres before a lamp's ball at which shadow rays end, so that the body that shows it does not shade it."""
SHORTEST = 1e-4
"""Least part of the way to a lamp that a shadow ray looks along; nothing lies that near."""

_TIE = 1e-3  # metres and cosines below which two corners are one
_FACTORS = np.random.default_rng(0).integers(1 << 62, 1 << 63, 6, np.uint64) | np.uint64(1)
_INWARDS = 5e-3  # metres from a corner towards the middle of its triangle


def light_points(corners: Floats, normals: Floats) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Points (P, 3) and unit normals (P, 3) that stand for triangle corners (F, 3, 3), and which (F · 3,) for which.

    Corners that agree in place and normal share a point. It lies a little inside of its triangle: at the very corner, a
    ray would start in the plane of the neighbouring face and slip past it.
    """
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    units = np.where(length > 0, normals / np.maximum(length, 1e-20), np.array([0, 1, 0], np.float32))
    inwards = corners.mean(1, keepdims=True) - corners
    distance = np.linalg.norm(inwards, axis=-1, keepdims=True)
    pulled = corners + inwards * np.minimum(_INWARDS / np.maximum(distance, 1e-20), 0.5)
    # one key of 64 bits a corner: sorting rows of six numbers takes several times as long
    cells = np.round(np.concatenate([corners.reshape(-1, 3), units.reshape(-1, 3)], axis=1) / _TIE).astype(np.int64)
    with np.errstate(over="ignore"):
        keys = (cells.astype(np.uint64) * _FACTORS).sum(1)
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    points, directions = (part.reshape(-1, 3)[first].astype(np.float32) for part in (pulled, units))
    return points, directions, place.reshape(-1)


def hemisphere() -> Floats:
    """16 directions round +Z, denser towards it as the cosine: their mean visibility is that of diffuse light."""
    return _spiral(np.sqrt(1 - (np.arange(16) + 0.5) / 16))


def sphere() -> Floats:
    """16 points evenly on the unit sphere: where on a lamp's ball shadow rays aim."""
    return _spiral(1 - 2 * (np.arange(16) + 0.5) / 16)


def _spiral(height: NDArray[np.float64]) -> Floats:
    """Unit vectors (16, 3) of given heights, each a golden angle on from the last."""
    angle = np.arange(16) * math.pi * (3 - math.sqrt(5))
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), height], axis=1).astype(np.float32)
