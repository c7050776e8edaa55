"""Light of a scene's own lamps, computed once for every corner of every triangle: scenes do not change, so it stays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from activevision.scenes import Lamp
from activevision.simulators.embree import (
    DIRECTION,
    ORIGIN,
    TFAR,
    TriangleTree,
    new_packet,
    occluded16,
    packet_arguments,
)

_OFFSET = 2e-3  # metres off the surface that a ray starts at, so that it does not hit where it comes from
_NEAR = 1.5  # metres within which things take away from the light that comes from all around
_AROUND = np.array([0.42, 0.41, 0.40], np.float32)  # light that walls, floor and ceiling give back
_TIE = 1e-3  # metres and cosines below which two corners are one


def lamp_light(
    tree: TriangleTree, corners: NDArray[np.float32], normals: NDArray[np.float32], lamps: Sequence[Lamp]
) -> NDArray[np.float32]:
    """Linear light (F, 3, 3) that falls on triangle corners (F, 3, 3) with normals (F, 3, 3).

    Direct light with soft shadows of each lamp, and light from all around less what near things take away (ambient
    occlusion; Zhukov, Iones & Kronin 1998). Both sides of a surface are lit, as thin things in mesh files need.
    """
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    units = np.where(length > 0, normals / np.maximum(length, 1e-20), np.array([0, 1, 0], np.float32))
    flat = np.concatenate([corners.reshape(-1, 3), units.reshape(-1, 3)], axis=1)
    # one key of 64 bits a corner: sorting rows of six numbers takes several times as long
    cells = np.round(flat / _TIE).astype(np.int64)
    factors = np.array([73_856_093, 19_349_663, 83_492_791, 2_971_215_073, 433_494_437, 1_134_903_170], np.int64)
    _, first, place = np.unique((cells * factors).sum(1), return_index=True, return_inverse=True)
    balls = np.array([[*lamp.position, lamp.radius, *lamp.colour] for lamp in lamps], np.float32)
    light = np.zeros((len(first), 3), np.float32)
    arguments = packet_arguments(coherent=False).ctypes.data
    _bake(tree.address, arguments, flat[first, :3], flat[first, 3:], balls, _hemisphere(), _sphere(), light)
    return light[place.reshape(-1)].reshape(corners.shape)


def _hemisphere() -> NDArray[np.float32]:
    """16 directions round +Z, denser towards it as the cosine: their mean visibility is that of diffuse light."""
    return _spiral(np.sqrt(1 - (np.arange(16) + 0.5) / 16))


def _sphere() -> NDArray[np.float32]:
    """16 points evenly on the unit sphere: where on a lamp's ball shadow rays aim."""
    return _spiral(1 - 2 * (np.arange(16) + 0.5) / 16)


def _spiral(height: NDArray[np.float64]) -> NDArray[np.float32]:
    """Unit vectors (16, 3) of given heights, each a golden angle on from the last."""
    angle = np.arange(16) * math.pi * (3 - math.sqrt(5))
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), height], axis=1).astype(np.float32)


@njit(cache=True, nogil=True, error_model="numpy")
def _bake(
    tree: int, arguments: int, points: NDArray, normals: NDArray, lamps: NDArray, hemisphere: NDArray, sphere: NDArray,
    light: NDArray,
) -> None:  # fmt: skip
    """Light (P, 3) on points (P, 3) with unit normals; lamps (L, 7): position, radius, colour."""
    rayhit, valid = new_packet()
    valid_address, rayhit_address = np.uintp(valid.ctypes.data), np.uintp(rayhit.ctypes.data)
    direction = np.empty((16, 3), np.float32)

    for point in range(len(points)):
        normal = normals[point]
        # a frame round the normal (Duff et al. 2017, "Building an orthonormal basis, revisited")
        sign = np.float32(1.0) if normal[2] >= 0 else np.float32(-1.0)
        a = -1 / (sign + normal[2])
        b = normal[0] * normal[1] * a
        t0, t1, t2 = 1 + sign * normal[0] ** 2 * a, sign * b, -sign * normal[0]
        s0, s1, s2 = b, sign + normal[1] ** 2 * a, -normal[1]
        free = np.float32(0.0)
        for side in (np.float32(1.0), np.float32(-1.0)):
            for lane in range(16):
                x, y, z = hemisphere[lane, 0], hemisphere[lane, 1], hemisphere[lane, 2] * side
                direction[lane, 0] = x * t0 + y * s0 + z * normal[0]
                direction[lane, 1] = x * t1 + y * s1 + z * normal[1]
                direction[lane, 2] = x * t2 + y * s2 + z * normal[2]
            free = _unblocked(
                tree, arguments, points[point], normal, side, direction, np.float32(_NEAR), rayhit, valid_address,
                rayhit_address,
            )  # fmt: skip
            # a normal of a mesh file may point inside: a side from where nothing can be seen is not the outer one
            if free > 0.1:
                break
        for channel in range(3):
            light[point, channel] = _AROUND[channel] * free

        # a packet asks for four lamps at once, with four rays to each
        for lamp0 in range(0, len(lamps), 4):
            for lane in range(16):
                lamp = min(lamp0 + lane // 4, len(lamps) - 1)
                x, y, z = _towards(lamps[lamp], points[point])
                distance = math.sqrt(x * x + y * y + z * z) + np.float32(1e-6)
                radius = min(lamps[lamp, 3], np.float32(0.9) * distance)
                spot = (lane % 4) * 4 + (
                    lane + point
                ) % 4  # other spots for other lamps and points, so that no edge shows
                cosine = x * normal[0] + y * normal[1] + z * normal[2]
                side = np.float32(_OFFSET) if cosine >= 0 else np.float32(-_OFFSET)
                for axis in range(3):
                    rayhit[ORIGIN + axis, lane] = points[point, axis] + side * normal[axis]
                rayhit[DIRECTION, lane] = x + radius * sphere[spot, 0]
                rayhit[DIRECTION + 1, lane] = y + radius * sphere[spot, 1]
                rayhit[DIRECTION + 2, lane] = z + radius * sphere[spot, 2]
                # up to the ball's middle: its own shell, if the scene shows one, is nearer than that and is left out
                rayhit[TFAR, lane] = 1 - (radius + np.float32(0.05)) / distance
            occluded16(valid_address, np.uintp(tree), rayhit_address, np.uintp(arguments))
            for lamp in range(lamp0, min(lamp0 + 4, len(lamps))):
                free = np.float32(0.0)
                for lane in range(4 * (lamp - lamp0), 4 * (lamp - lamp0) + 4):
                    if rayhit[TFAR, lane] >= 0:
                        free += np.float32(0.25)
                x, y, z = _towards(lamps[lamp], points[point])
                squared = x * x + y * y + z * z
                cosine = abs(x * normal[0] + y * normal[1] + z * normal[2]) / (math.sqrt(squared) + np.float32(1e-6))
                strength = free * cosine / max(squared, lamps[lamp, 3] * lamps[lamp, 3])
                for channel in range(3):
                    light[point, channel] += lamps[lamp, 4 + channel] * strength


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _towards(lamp: NDArray, point: NDArray) -> tuple:
    return lamp[0] - point[0], lamp[1] - point[1], lamp[2] - point[2]


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _unblocked(
    tree: int, arguments: int, point: NDArray, normal: NDArray, side: float, direction: NDArray, far: float,
    rayhit: NDArray, valid_address: Any, rayhit_address: Any,
) -> float:  # fmt: skip
    """Share of 16 rays from a little off the point along ``direction`` (16, 3) that meet nothing before ``far``."""
    for axis in range(3):
        rayhit[ORIGIN + axis] = point[axis] + side * np.float32(_OFFSET) * normal[axis]
    for lane in range(16):
        for axis in range(3):
            rayhit[DIRECTION + axis, lane] = direction[lane, axis]
        rayhit[TFAR, lane] = far
    occluded16(valid_address, np.uintp(tree), rayhit_address, np.uintp(arguments))
    free = 0
    for lane in range(16):
        if rayhit[TFAR, lane] >= 0:
            free += 1
    return np.float32(free) / np.float32(16.0)
