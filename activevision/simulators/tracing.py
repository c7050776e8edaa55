"""The compiled loop: makes rays, traces them 16 at a time, shades what they hit."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from activevision.simulators.embree import intersect16
from activevision.simulators.surface import LINEAR, Surface, srgb_from_linear

_SRGB = np.round(srgb_from_linear(np.arange(4096) / 4095) * 255).astype(np.uint8)
_MISS = np.uint32(0xFFFFFFFF)

# Everything that lets the compiler fuse and reorder sums, but not the promise that no number is infinite: misses are.
_FAST = {"contract", "reassoc", "arcp", "nsz", "afn"}

# Rows of an RTCRayHit16, 16 lanes of 4 bytes each (embree4/rtcore_ray.h).
_ORIGIN, _TNEAR, _DIRECTION, _TIME, _TFAR, _MASK, _ID, _FLAGS = 0, 3, 4, 7, 8, 9, 10, 11
_NORMAL, _U, _V, _PRIMITIVE, _GEOMETRY = 12, 15, 16, 17, 18
_ROWS = 21


@njit(cache=True, nogil=True, fastmath=_FAST, inline="always")
def _bilinear(surface: Surface, level: int, u: float, v: float) -> tuple[float, float, float]:
    """Linear (r, g, b) of one mip level at (u, v); the texture repeats."""
    height, width = surface.level_height[level], surface.level_width[level]
    x, y = u * width - 0.5, v * height - 0.5
    left, low = math.floor(x), math.floor(y)
    fx, fy = np.float32(x - left), np.float32(y - low)
    x0, y0 = int(left) % width, int(low) % height
    x1 = x0 + 1 if x0 + 1 < width else 0
    y1 = y0 + 1 if y0 + 1 < height else 0
    offset = surface.level_offset[level]
    texels = surface.texels
    a, b = texels[offset + y0 * width + x0], texels[offset + y0 * width + x1]
    c, d = texels[offset + y1 * width + x0], texels[offset + y1 * width + x1]
    one = np.float32(1)
    wa, wb, wc, wd = (one - fx) * (one - fy), fx * (one - fy), (one - fx) * fy, fx * fy
    return (
        wa * LINEAR[a[0]] + wb * LINEAR[b[0]] + wc * LINEAR[c[0]] + wd * LINEAR[d[0]],
        wa * LINEAR[a[1]] + wb * LINEAR[b[1]] + wc * LINEAR[c[1]] + wd * LINEAR[d[1]],
        wa * LINEAR[a[2]] + wb * LINEAR[b[2]] + wc * LINEAR[c[2]] + wd * LINEAR[d[2]],
    )


@njit(cache=True, nogil=True, fastmath=_FAST, inline="always")
def _shade(
    surface: Surface, face: int, b1: float, b2: float, direction: NDArray, distance: float, spacing: float,
    lights: NDArray, fill: float, out: NDArray,
) -> None:  # fmt: skip
    """Linear light (3,) that leaves a hit towards the camera, into ``out``.

    ``direction`` is the ray's, scaled to unit planar depth; ``spacing`` the distance of neighbouring rays at depth 1.
    ``lights`` (L, 6): direction to the light and its radiance; ``fill`` a lamp at the camera. Both sides are lit.
    """
    b0 = 1 - b1 - b2
    corner = surface.normals[face]
    nx = b0 * corner[0, 0] + b1 * corner[1, 0] + b2 * corner[2, 0]
    ny = b0 * corner[0, 1] + b1 * corner[1, 1] + b2 * corner[2, 1]
    nz = b0 * corner[0, 2] + b1 * corner[1, 2] + b2 * corner[2, 2]
    length = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12
    ray = math.sqrt(direction[0] ** 2 + direction[1] ** 2 + direction[2] ** 2)
    facing = -(nx * direction[0] + ny * direction[1] + nz * direction[2]) / (length * ray)
    sign = 1.0 if facing >= 0 else -1.0
    nx, ny, nz, facing = sign * nx / length, sign * ny / length, sign * nz / length, abs(facing)

    red = green = blue = np.float32(1.0)
    material = surface.material[face]
    first = surface.first_level[material]
    if first >= 0:
        corner = surface.uv[face]
        u = b0 * corner[0, 0] + b1 * corner[1, 0] + b2 * corner[2, 0]
        v = b0 * corner[0, 1] + b1 * corner[1, 1] + b2 * corner[2, 1]
        # texels between neighbouring rays; the slant stretches one axis, so its square root is a fair mean of both
        footprint = surface.texel_density[face] * distance * spacing / math.sqrt(max(facing, 0.05))
        level = min(int(math.log2(max(footprint, 1.0)) + 0.5), surface.levels[material] - 1)
        red, green, blue = _bilinear(surface, first + level, u, v)

    light_red = light_green = light_blue = fill * facing
    for i in range(len(lights)):
        # wrapped diffuse: a surface that faces away still catches some light, as from a bright room
        cosine = 0.5 + 0.5 * (nx * lights[i, 0] + ny * lights[i, 1] + nz * lights[i, 2])
        cosine *= cosine
        light_red += lights[i, 3] * cosine
        light_green += lights[i, 4] * cosine
        light_blue += lights[i, 5] * cosine
    colour = surface.colour[material]
    out[0] = red * colour[0] * light_red
    out[1] = green * colour[1] * light_green
    out[2] = blue * colour[2] * light_blue


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def trace_views(
    tree: int, arguments: int, surface: Surface, poses: NDArray, focal: float, samples: int, lights: NDArray,
    fill: float, background: NDArray, rgb: NDArray, depth: NDArray, instance: NDArray, category: NDArray,
) -> None:  # fmt: skip
    """Render views of one scene into rgb (N, H, W, 3), depth, instance and category (N, H, W).

    An image array with no views, (0, H, W, …), is a sensor that is not wanted. poses: (N, 4, 4). focal: in pixels.
    samples: rays per pixel side; depth and ids come from a pixel's last ray, so ask for them with one sample.
    """
    height, width = rgb.shape[1], rgb.shape[2]
    rows, columns = height * samples, width * samples
    scale = np.float32(1.0 / (focal * samples))
    half_rows, half_columns = np.float32(0.5 * rows), np.float32(0.5 * columns)
    wants_rgb, wants_depth = rgb.shape[0] > 0, depth.shape[0] > 0
    wants_instance, wants_category = instance.shape[0] > 0, category.shape[0] > 0

    memory = np.empty(_ROWS * 16 + 16 + 32, np.float32)
    start = ((64 - memory.ctypes.data % 64) % 64) // 4
    rayhit = memory[start : start + _ROWS * 16].reshape(_ROWS, 16)
    bits = rayhit.view(np.uint32)
    valid = memory[start + _ROWS * 16 : start + _ROWS * 16 + 16].view(np.int32)
    direction = np.empty(3, np.float32)
    light = np.empty(3, np.float32)
    linear = np.empty((height, width, 3), np.float32)

    valid_address, rayhit_address = np.uintp(valid.ctypes.data), np.uintp(rayhit.ctypes.data)

    for view in range(len(poses)):
        pose = poses[view].astype(np.float32)
        right_x, right_y, right_z = pose[0, 0], pose[1, 0], pose[2, 0]
        up_x, up_y, up_z = pose[0, 1], pose[1, 1], pose[2, 1]
        back_x, back_y, back_z = pose[0, 2], pose[1, 2], pose[2, 2]
        rayhit[_ORIGIN] = pose[0, 3]
        rayhit[_ORIGIN + 1] = pose[1, 3]
        rayhit[_ORIGIN + 2] = pose[2, 3]
        rayhit[_TNEAR] = 0
        rayhit[_TIME] = 0
        bits[_MASK] = 0xFFFFFFFF
        bits[_ID] = 0
        bits[_FLAGS] = 0
        if wants_rgb:
            linear[:] = 0
        for row0 in range(0, rows, 4):
            for column0 in range(0, columns, 4):
                for lane in range(16):
                    row, column = row0 + lane // 4, column0 + lane % 4
                    valid[lane] = -1 if row < rows and column < columns else 0
                    x = (np.float32(column) + np.float32(0.5) - half_columns) * scale
                    y = (half_rows - np.float32(row) - np.float32(0.5)) * scale
                    # unit planar depth, so that Embree's distance along the ray is planar depth
                    rayhit[_DIRECTION, lane] = right_x * x + up_x * y - back_x
                    rayhit[_DIRECTION + 1, lane] = right_y * x + up_y * y - back_y
                    rayhit[_DIRECTION + 2, lane] = right_z * x + up_z * y - back_z
                    rayhit[_TFAR, lane] = np.inf
                    bits[_GEOMETRY, lane] = 0xFFFFFFFF
                intersect16(valid_address, np.uintp(tree), rayhit_address, np.uintp(arguments))
                for lane in range(16):
                    if valid[lane] == 0:
                        continue
                    row, column = (row0 + lane // 4) // samples, (column0 + lane % 4) // samples
                    hit = bits[_GEOMETRY, lane] != _MISS
                    face = int(bits[_PRIMITIVE, lane]) if hit else 0
                    if wants_rgb:
                        if hit:
                            for axis in range(3):
                                direction[axis] = rayhit[_DIRECTION + axis, lane]
                            _shade(
                                surface, face, rayhit[_U, lane], rayhit[_V, lane], direction, rayhit[_TFAR, lane],
                                scale, lights, fill, light,
                            )  # fmt: skip
                            for channel in range(3):
                                linear[row, column, channel] += min(light[channel], np.float32(1.0))
                        else:
                            for channel in range(3):
                                linear[row, column, channel] += background[channel]
                    if wants_depth:
                        depth[view, row, column] = rayhit[_TFAR, lane] if hit else np.float32(0.0)
                    if wants_instance:
                        instance[view, row, column] = surface.instance[face] if hit else 0
                    if wants_category:
                        category[view, row, column] = surface.category[face] if hit else 0
        if wants_rgb:
            mean = np.float32(4095.0 / (samples * samples))
            for row in range(height):
                for column in range(width):
                    for channel in range(3):
                        rgb[view, row, column, channel] = _SRGB[int(linear[row, column, channel] * mean + 0.5)]
