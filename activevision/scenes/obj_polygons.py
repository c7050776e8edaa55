"""Concave polygons of OBJ files, cut into triangles that do not leave them.

Trimesh fans every polygon out from its first corner, which fills the opening of a door frame drawn as one face.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numba import njit
from numpy.typing import NDArray


def split_concave_polygons(obj: bytes) -> bytes:
    """The OBJ text with every concave face of five or more corners replaced by triangles; all else as it was.

    Faces with relative (negative) or unknown indices are left to the reader.
    """
    lines = obj.split(b"\n")
    polygons: defaultdict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.startswith(b"f") and line.count(b" ") + line.count(b"\t") >= 5:
            indices = [int(corner.partition(b"/")[0]) - 1 for corner in line.split()[1:]]
            if len(indices) >= 5:
                polygons[len(indices)].append((number, indices))
    if not polygons:
        return obj
    numbers = b" ".join(b" ".join(line.split()[1:4]) for line in lines if line.startswith((b"v ", b"v\t")))
    vertices = np.fromstring(numbers, dtype=np.float64, sep=" ").reshape(-1, 3)
    for group in polygons.values():
        known = [(number, corners) for number, corners in group if 0 <= min(corners) <= max(corners) < len(vertices)]
        if not known:
            continue
        flat = _flattened(vertices[np.array([corners for _, corners in known])])
        for index in np.flatnonzero(_concave(flat)):
            number = known[index][0]
            corners = lines[number].split()[1:]
            triangles = clip_ears(np.ascontiguousarray(flat[index]))
            lines[number] = b"\n".join(b"f " + b" ".join(corners[i] for i in triangle) for triangle in triangles)
    return b"\n".join(lines)


@njit(cache=True)
def clip_ears(polygon: NDArray[np.float64]) -> NDArray[np.int64]:
    """Triangles (N − 2, 3), as corner indices, of a simple counter-clockwise polygon (N, 2) by ear clipping.

    The fullest ear goes first. Where rounding or an outline that touches itself leaves no ear, the fullest corner is
    cut instead, so that N − 2 triangles always come out. Meisters, *Polygons have ears* (1975).
    """
    left = np.arange(len(polygon))
    triangles = np.empty((len(polygon) - 2, 3), np.int64)
    for step in range(len(polygon) - 3):
        count = len(left)
        best, best_area, fullest, fullest_area = -1, 0.0, 0, -np.inf
        for i in range(count):
            a, b, c = polygon[left[i - 1]], polygon[left[i]], polygon[left[(i + 1) % count]]
            area = _turn(a, b, c)
            if area > fullest_area:
                fullest, fullest_area = i, area
            if area > best_area and _empty(polygon, left, a, b, c):
                best, best_area = i, area
        ear = best if best >= 0 else fullest
        triangles[step] = left[ear - 1], left[ear], left[(ear + 1) % count]
        left = np.concatenate((left[:ear], left[ear + 1 :]))
    triangles[-1] = left
    return triangles


@njit(cache=True)
def _empty(
    polygon: NDArray[np.float64],
    left: NDArray[np.int64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
) -> bool:
    """Whether no corner that is left, but the triangle's own, lies in or on the triangle."""
    for index in left:
        p = polygon[index]
        own = (p == a).all() or (p == b).all() or (p == c).all()
        if not own and _turn(a, b, p) >= 0 and _turn(b, c, p) >= 0 and _turn(c, a, p) >= 0:
            return False
    return True


@njit(cache=True)
def _turn(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    """Twice the signed area of the triangle: positive for a left turn."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _flattened(polygons: NDArray[np.float64]) -> NDArray[np.float64]:
    """Polygons (P, N, 3) in coordinates (P, N, 2) of their own planes, counter-clockwise."""
    normal = np.cross(polygons, np.roll(polygons, -1, axis=1)).sum(1)  # Newell's, twice the area
    axis = np.abs(normal).argmax(1)
    columns = [np.take_along_axis(polygons, ((axis + k) % 3)[:, None, None], 2)[..., 0] for k in (1, 2)]
    flat = np.stack(columns, axis=-1)
    clockwise = np.take_along_axis(normal, axis[:, None], 1)[:, 0] < 0
    flat[clockwise, :, 0] *= -1
    return flat


def _concave(flat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of counter-clockwise polygons (P, N, 2) have a corner that turns the other way, beyond rounding."""
    edges = np.roll(flat, -1, axis=1) - flat
    following = np.roll(edges, -1, axis=1)
    turns = edges[..., 0] * following[..., 1] - edges[..., 1] * following[..., 0]
    size = np.ptp(flat, axis=1).max(1) ** 2
    return (turns < -1e-5 * size[:, None]).any(1)
