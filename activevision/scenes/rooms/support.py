"""Where on a piece something can stand: the height of its upper surface on a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import ndimage

from activevision.scenes.scene import Mesh

CELL = 0.025
_LEVEL = 0.012
"""How much a surface may rise and fall under what stands on it, metres."""


def support_heights(meshes: Sequence[Mesh], size: tuple[float, float, float]) -> NDArray[np.float32]:
    """Highest surface (rows along z, columns along x) over each cell's middle; 0 where there is none."""
    columns, rows = max(1, int(size[0] / CELL)), max(1, int(size[2] / CELL))
    heights = np.zeros((rows, columns), np.float32)
    for mesh in meshes:
        _raise_heights(heights, mesh.vertices, mesh.faces, CELL)
    return heights


def resting_places(
    heights: NDArray[np.float32], width: float, depth: float, lowest: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles (N, 2) in x, z and heights (N,) where a box of width × depth stands level at ``lowest`` or higher."""
    window = min(int(np.ceil(depth / CELL)) | 1, 999), min(int(np.ceil(width / CELL)) | 1, 999)
    if window[0] > heights.shape[0] or window[1] > heights.shape[1]:
        return np.empty((0, 2)), np.empty(0)
    top = ndimage.maximum_filter(heights, window, mode="constant", cval=99.0)
    bottom = ndimage.minimum_filter(heights, window, mode="constant", cval=0.0)
    row, column = np.nonzero((top - bottom < _LEVEL) & (top >= lowest))
    middle = np.stack([column + 0.5 - heights.shape[1] / 2, row + 0.5 - heights.shape[0] / 2], axis=1) * CELL
    return middle, top[row, column].astype(np.float64)


@njit(cache=True)
def _raise_heights(
    heights: NDArray[np.float32], vertices: NDArray[np.float32], faces: NDArray[np.int32], cell: float
) -> None:
    rows, columns = heights.shape
    for f in range(len(faces)):
        a, b, c = vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]]
        ax, az = a[0] / cell + columns / 2, a[2] / cell + rows / 2
        bx, bz = b[0] / cell + columns / 2, b[2] / cell + rows / 2
        cx, cz = c[0] / cell + columns / 2, c[2] / cell + rows / 2
        area = (bx - ax) * (cz - az) - (cx - ax) * (bz - az)
        if abs(area) < 1e-9:
            continue
        first = max(0, int(np.floor(min(ax, bx, cx) - 0.5)))
        last = min(columns - 1, int(np.ceil(max(ax, bx, cx) - 0.5)))
        top = max(0, int(np.floor(min(az, bz, cz) - 0.5)))
        bottom = min(rows - 1, int(np.ceil(max(az, bz, cz) - 0.5)))
        for row in range(top, bottom + 1):
            for column in range(first, last + 1):
                x, z = column + 0.5, row + 0.5
                u = ((bx - x) * (cz - z) - (cx - x) * (bz - z)) / area
                v = ((cx - x) * (az - z) - (ax - x) * (cz - z)) / area
                w = 1.0 - u - v
                if u >= 0 and v >= 0 and w >= 0:
                    height = u * a[1] + v * b[1] + w * c[1]
                    if height > heights[row, column]:
                        heights[row, column] = height
