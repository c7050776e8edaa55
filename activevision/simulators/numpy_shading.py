"""The light that hits send towards the camera, in NumPy: what the compiled loop of ``tracing.py`` does, hit by hit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activevision.scenes.srgb import LINEAR
from activevision.simulators.surface import Surface

Floats = NDArray[np.float32]


def corner_weights(u: Floats, v: Floats) -> Floats:
    """(K, 3) weights of a face's three corners at each hit."""
    return np.stack([1 - u - v, u, v], axis=-1)


def facing_normals(surface: Surface, face: NDArray[np.int32], weights: Floats, directions: Floats) -> Floats:
    """Unit normals (K, 3) of hits on faces (K,) on the side that rays along directions (K, 3) meet."""
    normals = _mixed(surface.normals[face], weights)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + np.float32(1e-12)
    return np.asarray(np.where((normals * directions).sum(-1, keepdims=True) > 0, -normals, normals))


def shade(
    surface: Surface,
    face: NDArray[np.int32],
    weights: Floats,
    normals: Floats,
    slopes: Floats,
    directions: Floats,
    distance: Floats,
    spacing: float,
    baked: Floats | None,
    lights: Floats,
    ambient: float,
    fill: float,
) -> Floats:
    """Linear light (K, 3) that leaves hits towards the camera.

    weights, normals (K, 3) as the functions above give them; slopes (K, 3) normal to the faces themselves, of any
    length; directions (K, 3) of the rays; distance (K,) in lengths of these; spacing: distance of neighbouring rays at
    distance 1. lights (L, 6): direction to a light and its radiance; ambient and fill: light from all around and of a
    lamp at the camera. baked (F, 3, 3), the light on each corner from a scene's own lamps, takes the place of these
    three.
    """
    mesh = surface.meshes[surface.faces["mesh"][face]]
    texture = np.ones((len(face), 3), np.float32)
    textured = mesh["first_level"] > 0
    if textured.any():
        some, place, slope, towards = (
            surface.faces[face[textured]],
            mesh[textured],
            slopes[textured],
            directions[textured],
        )
        uv = _mixed(some["uv"], weights[textured])
        # texels between neighbouring rays; the slant stretches one axis, so its square root is a fair mean of both
        slant = np.abs((slope * towards).sum(-1)) / np.linalg.norm(slope, axis=-1) / np.linalg.norm(towards, axis=-1)
        footprint = some["texel_density"] * distance[textured] * np.float32(spacing)
        footprint /= np.sqrt(np.maximum(slant, np.float32(0.05)))
        level = (np.log2(np.maximum(footprint, 1)) + np.float32(0.5)).astype(np.int64)
        level = np.minimum(level, place["levels"] - 1) + place["first_level"]
        texture[textured] = _bilinear(surface, level, uv)

    if baked is not None:
        light = _mixed(baked[face], weights)
    else:
        cosines = np.float32(0.5) + np.float32(0.5) * normals @ lights[:, :3].T
        facing = -(normals * directions).sum(-1) / np.linalg.norm(directions, axis=-1)
        light = cosines**2 @ lights[:, 3:] + np.float32(ambient) + np.float32(fill) * facing[:, None]
    return np.asarray(texture * (mesh["colour"] * light + mesh["glow"]), np.float32)


def _mixed(corners: Floats, weights: Floats) -> Floats:
    """(K, C) values inside faces from those at their corners (K, 3, C)."""
    return np.asarray(np.einsum("kcx,kc->kx", corners, weights))


def _bilinear(surface: Surface, level: NDArray[np.int64], uv: Floats) -> Floats:
    """Linear (K, 3) of mip levels (K,) at (u, v) (K, 2); textures repeat."""
    place = surface.levels[level]
    height, width = place["height"], place["width"]
    x, y = uv[:, 0] * width - 0.5, uv[:, 1] * height - 0.5
    left, low = np.floor(x), np.floor(y)
    fx, fy = (x - left).astype(np.float32)[:, None], (y - low).astype(np.float32)[:, None]
    x0, y0 = left.astype(np.int64) % width, low.astype(np.int64) % height
    x1, y1 = (x0 + 1) % width, (y0 + 1) % height

    def texel(row: NDArray[np.int64], column: NDArray[np.int64]) -> Floats:
        packed = surface.texels[place["offset"] + row * width + column]
        return LINEAR[np.stack([packed & 255, packed >> 8 & 255, packed >> 16], axis=-1)]

    bottom = (1 - fx) * texel(y0, x0) + fx * texel(y0, x1)
    top = (1 - fx) * texel(y1, x0) + fx * texel(y1, x1)
    return np.asarray((1 - fy) * bottom + fy * top)
