"""Light of a scene's own lamps, computed once for every corner of every triangle: scenes do not change, so it stays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from activevision.scenes import Lamp
from activevision.simulators.embree import LANES, TriangleTree, new_packet, occluded, packet_arguments, packet_type
from activevision.simulators.lamp_points import AROUND, NEAR, OFFSET, SHELL, SHORTEST, hemisphere, light_points, sphere


def lamp_light(
    tree: TriangleTree, corners: NDArray[np.float32], normals: NDArray[np.float32], lamps: Sequence[Lamp]
) -> NDArray[np.float32]:
    """Linear light (F, 3, 3) that falls on triangle corners (F, 3, 3) with normals (F, 3, 3).

    Direct light with soft shadows of each lamp, and light from all around less what near things take away (ambient
    occlusion; Zhukov, Iones & Kronin 1998). Both sides of a surface are lit, as thin things in mesh files need.
    """
    points, units, place = light_points(corners, normals)
    balls = np.array([[*lamp.position, lamp.radius, *lamp.colour] for lamp in lamps], np.float32).reshape(-1, 7)
    light = np.zeros((len(points), 3), np.float32)
    arguments = packet_arguments(coherent=False).ctypes.data
    _bake(tree.address, arguments, new_packet(packet_type()), points, units, balls, hemisphere(), sphere(), light)
    return light[place].reshape(corners.shape)


@njit(cache=True, nogil=True, error_model="numpy")
def _bake(
    tree: int, arguments: int, packets: NDArray, points: NDArray, normals: NDArray, lamps: NDArray, hemisphere: NDArray,
    sphere: NDArray, light: NDArray,
) -> None:  # fmt: skip
    """Light (P, 3) on points (P, 3) with unit normals; lamps (L, 7): position, radius, colour."""
    packet = packets[0]
    address, valid = np.uintp(packets.ctypes.data), np.uintp(packet.valid.ctypes.data)
    direction = np.empty((16, 3), np.float32)
    at_once = LANES // 4  # lamps that a packet asks for, with four rays to each

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
            for ray in range(16):
                x, y, z = hemisphere[ray, 0], hemisphere[ray, 1], hemisphere[ray, 2] * side
                direction[ray, 0] = x * t0 + y * s0 + z * normal[0]
                direction[ray, 1] = x * t1 + y * s1 + z * normal[1]
                direction[ray, 2] = x * t2 + y * s2 + z * normal[2]
            free = _unblocked(
                tree, arguments, packet, address, valid, points[point], normal, side, direction, np.float32(NEAR)
            )
            # a normal of a mesh file may point inside: a side from where nothing can be seen is not the outer one
            if free > 0.1:
                break
        for channel in range(3):
            light[point, channel] = AROUND[channel] * free

        for lamp0 in range(0, len(lamps), at_once):
            for lane in range(LANES):
                lamp = min(lamp0 + lane // 4, len(lamps) - 1)
                x, y, z = _towards(lamps[lamp], points[point])
                distance = math.sqrt(x * x + y * y + z * z) + np.float32(1e-6)
                radius = min(lamps[lamp, 3], np.float32(0.9) * distance)
                spot = (lane % 4) * 4 + (lane + point) % 4  # others for other points, so that no edge shows
                cosine = x * normal[0] + y * normal[1] + z * normal[2]
                side = np.float32(OFFSET) if cosine >= 0 else np.float32(-OFFSET)
                for axis in range(3):
                    packet.origin[axis, lane] = points[point, axis] + side * normal[axis]
                packet.direction[0, lane] = x + radius * sphere[spot, 0]
                packet.direction[1, lane] = y + radius * sphere[spot, 1]
                packet.direction[2, lane] = z + radius * sphere[spot, 2]
                before = 1 - (radius + np.float32(SHELL)) / distance
                packet.far[lane] = max(before, np.float32(SHORTEST))
            occluded(valid, np.uintp(tree), address, np.uintp(arguments))
            for lamp in range(lamp0, min(lamp0 + at_once, len(lamps))):
                free = np.float32(0.0)
                for lane in range(4 * (lamp - lamp0), 4 * (lamp - lamp0) + 4):
                    if packet.far[lane] >= 0:
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
    tree: int, arguments: int, packet: Any, address: Any, valid: Any, point: NDArray, normal: NDArray, side: float,
    direction: NDArray, far: float,
) -> float:  # fmt: skip
    """Share of 16 rays from a little off the point along ``direction`` (16, 3) that meet nothing before ``far``."""
    free = 0
    for first in range(0, 16, LANES):
        for lane in range(LANES):
            for axis in range(3):
                packet.origin[axis, lane] = point[axis] + side * np.float32(OFFSET) * normal[axis]
                packet.direction[axis, lane] = direction[first + lane, axis]
            packet.far[lane] = far
        occluded(valid, np.uintp(tree), address, np.uintp(arguments))
        for lane in range(LANES):
            if packet.far[lane] >= 0:
                free += 1
    return np.float32(free) / np.float32(16.0)
