"""Looking up an equirectangular image along rays: prefiltered levels, and the compiled loop that samples them."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from activevision.camera import CameraModel
from activevision.scenes.srgb import LINEAR, bytes_from_linear

_FAST = {"nsz", "arcp", "contract", "afn", "reassoc"}
_STEPS = 1 << 14  # of linear light in the table below: fine enough that every 8-bit value survives the round trip
_SHARPER = np.float32(0.6)
"""Levels below the one whose texels are as large as a pixel. Interpolation spreads each texel over its neighbours, so
finer texels give the mean over the pixel: 36 to 40 dB against 12 × 12 rays a pixel, where 0 gives 28 to 36 dB."""
_SRGB = bytes_from_linear(np.arange(_STEPS + 1) / _STEPS)


class Pyramid(NamedTuple):
    """All levels of one panorama, one after the other, each with a border that carries on round the sphere.

    texels: (3 X,) uint8 sRGB, (r, g, b) one after the other. offset, height, width: (L,) int64; level l has
    height[l] × width[l] texels, stored from texel offset[l] on as height[l] + 2 rows of width[l] + 2.
    """

    texels: NDArray[np.uint8]
    offset: NDArray[np.int64]
    height: NDArray[np.int64]
    width: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return sum(part.nbytes for part in self)


def build_pyramid(image: NDArray[np.uint8]) -> Pyramid:
    """Levels of an equirectangular image (H, W, 3) from its own pixels down to a few, averaged in linear light.

    A texel stands for a patch of the sphere as wide as it is high: towards the poles, where texels crowd together along
    a row, each row is averaged over 1 / cos(latitude) of them. So one level is right for a pixel wherever it looks, and
    nothing flickers at the poles. In level 0 the patch is three quarters as wide as high, which leaves the image as it
    is up to 41° from the horizon.
    """
    linear: NDArray[np.float32] = LINEAR[image]
    levels = [_bytes(_evened(linear, 0.75))]
    while min(linear.shape[:2]) > 4:
        height, width = linear.shape[:2]
        linear = np.asarray(cv2.resize(linear, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.float32)
        levels.append(_bytes(_evened(linear, 1.0)))
    bordered = [_bordered(level) for level in levels]
    sizes = [level.size // 3 for level in bordered]
    return Pyramid(
        texels=np.concatenate([level.reshape(-1) for level in bordered]),
        offset=np.cumsum([0, *sizes[:-1]]).astype(np.int64),
        height=np.array([level.shape[0] for level in levels], np.int64),
        width=np.array([level.shape[1] for level in levels], np.int64),
    )


def _bytes(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    return _SRGB[(linear * np.float32(_STEPS) + np.float32(0.5)).astype(np.int32)]


@njit(cache=True, nogil=True)
def _evened(linear: NDArray, patch: float) -> NDArray:
    """Each row of (H, W, 3) float32 averaged over patch / cos(latitude) texels, the sides of the image joined."""
    height, width = linear.shape[:2]
    out = np.empty_like(linear)
    for row in range(height):
        reach = min(max(patch / math.cos((0.5 - (row + 0.5) / height) * math.pi), 1.0), float(width))
        half = reach / 2 - 0.5  # beyond the texel's own edges, on both sides
        whole = int(half)
        part = half - whole
        for channel in range(3):
            inside = 0.0  # sum of the texels that are covered wholly
            for column in range(-whole, whole + 1):
                inside += linear[row, column % width, channel]
            for column in range(width):
                left, right = (column - whole - 1) % width, (column + whole + 1) % width
                edges = linear[row, left, channel] + linear[row, right, channel]
                out[row, column, channel] = (inside + part * edges) / reach
                inside += linear[row, right, channel] - linear[row, (left + 1) % width, channel]
    return out


def _bordered(level: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H + 2, W + 2, 3): over a pole the image goes on half a turn further, past a side at the other one."""
    half = level.shape[1] // 2
    tall = np.concatenate([np.roll(level[:1], half, axis=1), level, np.roll(level[-1:], half, axis=1)])
    return np.ascontiguousarray(np.concatenate([tall[:, -1:], tall, tall[:, :1]], axis=1))


def pixel_angles(camera: CameraModel) -> NDArray[np.float32]:
    """(H, W) angle in radians that a pixel spans: the geometric mean of its width and its height on the sphere."""
    rays = camera.rays(2)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    block = rays.reshape(camera.height, 2, camera.width, 2, 3)
    across = np.linalg.norm(block[:, :, :, 1] - block[:, :, :, 0], axis=-1).mean(1)
    down = np.linalg.norm(block[:, 1] - block[:, 0], axis=-1).mean(-1)
    return (2 * np.sqrt(across * down)).astype(np.float32)


@njit(cache=True, nogil=True, fastmath=_FAST, inline="always")
def _arctan2(y: np.float32, x: np.float32) -> np.float32:
    """Angle of (x, y) to 2e-7 radians without a branch, so that the loop over a row becomes vector instructions."""
    a, b = abs(x), abs(y)
    low, high = min(a, b), max(a, b)
    q = low / max(high, np.float32(1e-30))
    s = q * q
    # Abramowitz & Stegun, Handbook of Mathematical Functions, 4.4.49
    r = np.float32(0.0028662257)
    r = r * s - np.float32(0.0161657367)
    r = r * s + np.float32(0.0429096138)
    r = r * s - np.float32(0.0752896400)
    r = r * s + np.float32(0.1065626393)
    r = r * s - np.float32(0.1420889944)
    r = r * s + np.float32(0.1999355085)
    r = r * s - np.float32(0.3333314528)
    r = (r * s + np.float32(1.0)) * q
    r = np.float32(math.pi / 2) - r if b > a else r
    r = np.float32(math.pi) - r if x < 0 else r
    return -r if y < 0 else r


@njit(cache=True, nogil=True, fastmath=_FAST, inline="always")
def _bilinear(pyramid: Pyramid, level: int, u: np.float32, v: np.float32) -> tuple[np.float32, np.float32, np.float32]:
    """Linear light of one level at (u, v) in [0, 1]², v downwards."""
    width = pyramid.width[level]
    x, y = u * np.float32(width) + np.float32(0.5), v * np.float32(pyramid.height[level]) + np.float32(0.5)
    left, top = min(int(x), width), min(int(y), pyramid.height[level])  # with the border neither is negative
    fx, fy = x - np.float32(left), y - np.float32(top)
    first = 3 * (pyramid.offset[level] + top * (width + 2) + left)
    second = first + 3 * (width + 2)
    t = pyramid.texels
    wb, wd = fx * (np.float32(1) - fy), fx * fy
    wa, wc = np.float32(1) - fx - fy + wd, fy - wd
    return (
        wa * LINEAR[t[first]] + wb * LINEAR[t[first + 3]] + wc * LINEAR[t[second]] + wd * LINEAR[t[second + 3]],
        wa * LINEAR[t[first + 1]] + wb * LINEAR[t[first + 4]] + wc * LINEAR[t[second + 1]] + wd * LINEAR[t[second + 4]],
        wa * LINEAR[t[first + 2]] + wb * LINEAR[t[first + 5]] + wc * LINEAR[t[second + 2]] + wd * LINEAR[t[second + 5]],
    )


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def look_up_views(pyramid: Pyramid, rotations: NDArray, rays: NDArray, spans: NDArray, rgb: NDArray) -> None:
    """Views of one panorama into rgb (N, H, W, 3) uint8.

    rotations: (N, 3, 3) float32 ``world_from_camera``. rays: (3, H, W) float32, of any length. spans: (H, W) float32,
    the angle of each pixel. Between the two nearest levels the light is interpolated (trilinear filtering).
    """
    views, height, width = rgb.shape[:3]
    last = len(pyramid.width) - 1
    texel = np.float32(math.pi) / np.float32(pyramid.height[0])
    turn, half_turn = np.float32(0.5 / math.pi), np.float32(1.0 / math.pi)
    half, steps = np.float32(0.5), np.float32(_STEPS)
    u, v = np.empty(width, np.float32), np.empty(width, np.float32)
    levels = np.empty((height, width), np.float32)
    for row in range(height):
        for column in range(width):
            level = np.float32(math.log2(spans[row, column] / texel)) - _SHARPER
            levels[row, column] = min(max(level, np.float32(0.0)), np.float32(last))
    for view in range(views):
        r = rotations[view]
        r00, r01, r02 = r[0, 0], r[0, 1], r[0, 2]
        r10, r11, r12 = r[1, 0], r[1, 1], r[1, 2]
        r20, r21, r22 = r[2, 0], r[2, 1], r[2, 2]
        for row in range(height):
            for column in range(width):
                x, y, z = rays[0, row, column], rays[1, row, column], rays[2, row, column]
                east = r00 * x + r01 * y + r02 * z
                north = r10 * x + r11 * y + r12 * z
                back = r20 * x + r21 * y + r22 * z
                u[column] = _arctan2(east, -back) * turn + half
                v[column] = half - _arctan2(north, np.sqrt(east * east + back * back)) * half_turn
            for column in range(width):
                level = int(levels[row, column])
                blend = levels[row, column] - np.float32(level)
                red, green, blue = _bilinear(pyramid, level, u[column], v[column])
                if blend > 0:
                    coarse_red, coarse_green, coarse_blue = _bilinear(pyramid, level + 1, u[column], v[column])
                    red += blend * (coarse_red - red)
                    green += blend * (coarse_green - green)
                    blue += blend * (coarse_blue - blue)
                rgb[view, row, column, 0] = _SRGB[int(red * steps + half)]
                rgb[view, row, column, 1] = _SRGB[int(green * steps + half)]
                rgb[view, row, column, 2] = _SRGB[int(blue * steps + half)]
