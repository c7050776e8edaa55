"""The compiled loop: makes rays, traces them 16 at a time, shades what they hit."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from activevision.scenes.srgb import LINEAR, srgb_from_linear
from activevision.simulators.embree import (
    DIRECTION,
    GEOMETRY,
    MISS,
    ORIGIN,
    PRIMITIVE,
    TFAR,
    U,
    V,
    intersect16,
    new_packet,
)
from activevision.simulators.surface import Surface

_ONE, _HALF, _ZERO = np.float32(1.0), np.float32(0.5), np.float32(0.0)
_ROOT2, _LEAST_FACING = np.float32(math.sqrt(2.0)), np.float32(0.05)
_TINY = np.float32(1e-12)
_SRGB = np.round(srgb_from_linear(np.arange(4096) / 4095) * 255).astype(np.uint8)

# Everything that lets the compiler fuse and reorder sums, but not the promise that no number is infinite: misses are.
_FAST = {"contract", "reassoc", "arcp", "nsz", "afn"}


@njit(cache=True, nogil=True, fastmath=_FAST, inline="always")
def _bilinear(surface: Surface, level: int, u: float, v: float) -> tuple[float, float, float]:
    """Linear (r, g, b) of one mip level at (u, v); the texture repeats."""
    height, width = np.int32(surface.level_height[level]), np.int32(surface.level_width[level])
    # the part within one repetition first: a comparison then wraps, where a remainder costs a tenth of all the time
    x = (u - np.float32(math.floor(u))) * np.float32(width) - _HALF
    y = (v - np.float32(math.floor(v))) * np.float32(height) - _HALF
    left, low = np.float32(math.floor(x)), np.float32(math.floor(y))
    fx, fy = x - left, y - low
    x0, y0 = np.int32(left), np.int32(low)
    x1, y1 = x0 + np.int32(1), y0 + np.int32(1)
    x0, y0 = (x0 if x0 >= 0 else width - np.int32(1)), (y0 if y0 >= 0 else height - np.int32(1))
    x0, y0 = min(x0, width - np.int32(1)), min(y0, height - np.int32(1))
    x1, y1 = (x1 if x1 < width else np.int32(0)), (y1 if y1 < height else np.int32(0))
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
    surface: Surface, face: int, b1: float, b2: float, nx: float, ny: float, nz: float, facing: float, distance: float,
    spacing: float, baked: NDArray | None, lights: NDArray, ambient: float, fill: float, out: NDArray,
) -> None:  # fmt: skip
    """Linear light (3,) that leaves a hit towards the camera, into ``out``.

    The normal (nx, ny, nz) is towards the camera and ``facing`` its cosine with the ray; ``spacing`` is the distance of
    neighbouring rays at depth 1. ``lights`` (L, 6): direction to the light and its radiance; ``fill`` a lamp at the
    camera. Both sides are lit. ``baked`` (F, 3, 3), the light on each corner from a scene's own lamps, takes the place
    of all of these; whether it is None is decided at compile time, because a branch would cost a fifth of the speed.
    """
    b0 = _ONE - b1 - b2
    red = green = blue = np.float32(1.0)
    material = surface.material[face]
    first = surface.first_level[material]
    if first >= 0:
        corner = surface.uv[face]
        u = b0 * corner[0, 0] + b1 * corner[1, 0] + b2 * corner[2, 0]
        v = b0 * corner[0, 1] + b1 * corner[1, 1] + b2 * corner[2, 1]
        # texels between neighbouring rays; the slant stretches one axis, so its square root is a fair mean of both
        footprint = surface.texel_density[face] * distance * spacing / np.float32(math.sqrt(max(facing, _LEAST_FACING)))
        level = np.int32(0)
        # the rounded logarithm, by doubling: few levels are ever passed
        while footprint > _ROOT2 and level < surface.levels[material] - np.int32(1):
            footprint *= _HALF
            level += np.int32(1)
        red, green, blue = _bilinear(surface, first + level, u, v)

    if baked is not None:
        corner = baked[face]
        light_red = b0 * corner[0, 0] + b1 * corner[1, 0] + b2 * corner[2, 0]
        light_green = b0 * corner[0, 1] + b1 * corner[1, 1] + b2 * corner[2, 1]
        light_blue = b0 * corner[0, 2] + b1 * corner[1, 2] + b2 * corner[2, 2]
    else:
        light_red = light_green = light_blue = ambient + fill * facing
        for i in range(len(lights)):
            # wrapped diffuse: a surface that faces away still catches some light, as from a bright room
            cosine = _HALF + _HALF * (nx * lights[i, 0] + ny * lights[i, 1] + nz * lights[i, 2])
            cosine *= cosine
            light_red += lights[i, 3] * cosine
            light_green += lights[i, 4] * cosine
            light_blue += lights[i, 5] * cosine
    colour, glow = surface.colour[material], surface.glow[material]
    out[0] = red * (colour[0] * light_red + glow[0])
    out[1] = green * (colour[1] * light_green + glow[1])
    out[2] = blue * (colour[2] * light_blue + glow[2])


@njit(cache=True, nogil=True, fastmath=_FAST, inline="always")
def _normal(surface: Surface, face: int, b1: float, b2: float, direction: NDArray) -> tuple:
    """Unit normal (nx, ny, nz) of a hit on the side that the ray meets, and its cosine with the ray."""
    b0 = _ONE - b1 - b2
    corner = surface.normals[face]
    nx = b0 * corner[0, 0] + b1 * corner[1, 0] + b2 * corner[2, 0]
    ny = b0 * corner[0, 1] + b1 * corner[1, 1] + b2 * corner[2, 1]
    nz = b0 * corner[0, 2] + b1 * corner[1, 2] + b2 * corner[2, 2]
    length = np.float32(math.sqrt(nx * nx + ny * ny + nz * nz)) + _TINY
    dx, dy, dz = direction[0], direction[1], direction[2]
    ray = np.float32(math.sqrt(dx * dx + dy * dy + dz * dz))
    facing = -(nx * dx + ny * dy + nz * dz) / (length * ray)
    scale = (_ONE if facing >= _ZERO else -_ONE) / length
    return scale * nx, scale * ny, scale * nz, abs(facing)


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def trace_views(
    tree: int, arguments: int, surface: Surface, poses: NDArray, rays: NDArray, samples: int, spacing: float,
    baked: NDArray | None, lights: NDArray, ambient: float, fill: float, background: NDArray, rgb: NDArray,
    depth: NDArray, instance: NDArray, category: NDArray, normals: NDArray, positions: NDArray,
) -> None:  # fmt: skip
    """Render views of one scene into rgb (N, H, W, 3), depth, instance and category (N, H, W), normals and positions.

    An image array with no views, (0, H, W, …), is a sensor that is not wanted. poses: (N, 4, 4). rays: (H · samples,
    W · samples, 3) float32 in the camera's frame, scaled so that depth × ray is the point seen; spacing: the
    distance of neighbouring ones. All but rgb come from a pixel's last ray, so ask for them with one sample.
    """
    height, width = rgb.shape[1], rgb.shape[2]
    rows, columns = height * samples, width * samples
    spacing = np.float32(spacing)
    wants_rgb, wants_depth = rgb.shape[0] > 0, depth.shape[0] > 0
    wants_instance, wants_category = instance.shape[0] > 0, category.shape[0] > 0
    wants_normal, wants_position = normals.shape[0] > 0, positions.shape[0] > 0

    rayhit, valid = new_packet()
    bits = rayhit.view(np.uint32)
    direction = np.empty(3, np.float32)
    light = np.empty(3, np.float32)
    linear = np.empty((height, width, 3), np.float32)

    valid_address, rayhit_address = np.uintp(valid.ctypes.data), np.uintp(rayhit.ctypes.data)

    for view in range(len(poses)):
        pose = poses[view].astype(np.float32)
        right_x, right_y, right_z = pose[0, 0], pose[1, 0], pose[2, 0]
        up_x, up_y, up_z = pose[0, 1], pose[1, 1], pose[2, 1]
        back_x, back_y, back_z = pose[0, 2], pose[1, 2], pose[2, 2]
        rayhit[ORIGIN] = pose[0, 3]
        rayhit[ORIGIN + 1] = pose[1, 3]
        rayhit[ORIGIN + 2] = pose[2, 3]
        if wants_rgb:
            linear[:] = 0
        for row0 in range(0, rows, 4):
            for column0 in range(0, columns, 4):
                for lane in range(16):
                    row, column = row0 + lane // 4, column0 + lane % 4
                    valid[lane] = -1 if row < rows and column < columns else 0
                    row, column = min(row, rows - 1), min(column, columns - 1)
                    x, y, z = rays[row, column, 0], rays[row, column, 1], rays[row, column, 2]
                    # Embree's distance along the ray is depth, because the rays are scaled so
                    rayhit[DIRECTION, lane] = right_x * x + up_x * y + back_x * z
                    rayhit[DIRECTION + 1, lane] = right_y * x + up_y * y + back_y * z
                    rayhit[DIRECTION + 2, lane] = right_z * x + up_z * y + back_z * z
                    rayhit[TFAR, lane] = np.inf
                    bits[GEOMETRY, lane] = MISS
                intersect16(valid_address, np.uintp(tree), rayhit_address, np.uintp(arguments))
                for lane in range(16):
                    if valid[lane] == 0:
                        continue
                    row, column = (row0 + lane // 4) // samples, (column0 + lane % 4) // samples
                    hit = bits[GEOMETRY, lane] != MISS
                    face = int(bits[PRIMITIVE, lane]) if hit else 0
                    distance = rayhit[TFAR, lane]
                    if hit:
                        for axis in range(3):
                            direction[axis] = rayhit[DIRECTION + axis, lane]
                    if wants_rgb:
                        if hit:
                            b1, b2 = rayhit[U, lane], rayhit[V, lane]
                            nx, ny, nz, facing = _normal(surface, face, b1, b2, direction)
                            _shade(
                                surface, face, b1, b2, nx, ny, nz, facing, distance, spacing, baked, lights, ambient,
                                fill, light,
                            )  # fmt: skip
                            for channel in range(3):
                                linear[row, column, channel] += min(light[channel], np.float32(1.0))
                        else:
                            for channel in range(3):
                                linear[row, column, channel] += background[channel]
                    if wants_depth:
                        depth[view, row, column] = distance if hit else np.float32(0.0)
                    if wants_instance:
                        instance[view, row, column] = surface.instance[face] if hit else 0
                    if wants_category:
                        category[view, row, column] = surface.category[face] if hit else 0
                    if wants_normal:
                        nx, ny, nz = np.float32(0.0), np.float32(0.0), np.float32(0.0)
                        if hit:
                            nx, ny, nz, _ = _normal(surface, face, rayhit[U, lane], rayhit[V, lane], direction)
                        normals[view, row, column, 0] = nx
                        normals[view, row, column, 1] = ny
                        normals[view, row, column, 2] = nz
                    if wants_position:
                        for axis in range(3):
                            seen = rayhit[ORIGIN + axis, lane] + rayhit[DIRECTION + axis, lane] * distance
                            positions[view, row, column, axis] = seen if hit else np.float32(0.0)
        if wants_rgb:
            mean = np.float32(4095.0 / (samples * samples))
            for row in range(height):
                for column in range(width):
                    for channel in range(3):
                        rgb[view, row, column, channel] = _SRGB[int(linear[row, column, channel] * mean + 0.5)]
