"""Light of a scene's own lamps on every corner, in NumPy: what ``baking.py`` does, for the public interface."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from activevision.scenes import Lamp
from activevision.simulators.embree_public import PublicTree
from activevision.simulators.lamp_points import (
    AROUND,
    NEAR,
    OFFSET,
    SHELL,
    SHORTEST,
    Floats,
    hemisphere,
    light_points,
    sphere,
)

_LEAP = 1e-4  # metres
_CHUNK = 1 << 14  # corners whose rays are in memory at once


def lamp_light_public(tree: PublicTree, corners: Floats, normals: Floats, lamps: Sequence[Lamp]) -> Floats:
    """Linear light (F, 3, 3) that falls on triangle corners (F, 3, 3) with normals (F, 3, 3)."""
    points, units, place = light_points(corners, normals)
    parts = np.array_split(np.arange(len(points)), max(len(points) // _CHUNK, 1))
    light = np.concatenate([_light(tree, points[rows], units[rows], lamps) for rows in parts])
    return np.asarray(light[place].reshape(corners.shape), np.float32)


def _light(tree: PublicTree, points: Floats, normals: Floats, lamps: Sequence[Lamp]) -> Floats:
    """Light (P, 3) on points (P, 3) with unit normals (P, 3)."""
    around = _frames(normals)
    directions = hemisphere()
    far = np.full(len(points), NEAR)
    free = _free(tree, points, normals, 1.0, np.einsum("pij,kj->pki", around, directions), far)
    # a normal of a mesh file may point inside: a side from where nothing can be seen is not the outer one
    inside = free <= 0.1
    below = np.einsum("pij,kj->pki", around[inside], directions * [1, 1, -1])
    free[inside] = _free(tree, points[inside], normals[inside], -1.0, below, far[inside])
    light = free[:, None] * AROUND

    spots = sphere()
    for lamp in lamps:
        towards = np.array(lamp.position) - points
        squared = (towards**2).sum(-1)
        distance = np.sqrt(squared) + 1e-6
        cosine = (towards * normals).sum(-1) / distance
        radius = np.minimum(lamp.radius, 0.9 * distance)
        aims = towards[:, None] + radius[:, None, None] * spots
        before = np.maximum(1 - (radius + SHELL) / distance, SHORTEST)
        seen = _free(tree, points, normals, np.where(cosine >= 0, 1.0, -1.0)[:, None], aims, before)
        strength = seen * np.abs(cosine) / np.maximum(squared, lamp.radius**2)
        light = light + strength[:, None] * np.array(lamp.colour)
    return np.asarray(light, np.float32)


def _free(
    tree: PublicTree, points: Floats, normals: Floats, side: float | NDArray, directions: NDArray, far: NDArray
) -> NDArray[np.float64]:
    """Share (P,) of 16 rays from a little off the points along directions (P, 16, 3) that meet nothing before far (P,).

    A far of 0 or less leaves nothing to meet. The corner of a room lies in the planes of its neighbours: a little way
    along the ray leaves these behind, which single rays would meet at length 0, unlike packets.
    """
    flat = directions.reshape(-1, 3)
    origins = np.repeat(points + side * OFFSET * normals, 16, axis=0)
    origins = origins + flat * (_LEAP / np.linalg.norm(flat, axis=-1, keepdims=True))
    reach = np.repeat(far, 16).astype(np.float32)
    blocked = tree.blocked(origins.astype(np.float32), flat.astype(np.float32), np.maximum(reach, 0))
    return np.asarray(1 - (blocked & (reach > 0)).reshape(-1, 16).mean(1))


def _frames(normals: Floats) -> NDArray[np.float64]:
    """(P, 3, 3) rotations that take Z to normals (P, 3) (Duff et al. 2017, "Building an orthonormal basis")."""
    x, y, z = normals.astype(np.float64).T
    sign = np.where(z >= 0, 1.0, -1.0)
    a = -1 / (sign + z)
    b = x * y * a
    tangent = np.stack([1 + sign * x**2 * a, sign * b, -sign * x], axis=-1)
    other = np.stack([b, sign + y**2 * a, -y], axis=-1)
    return np.stack([tangent, other, normals], axis=-1)
