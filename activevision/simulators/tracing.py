"""The compiled loop: makes rays, traces them a packet at a time, shades what they hit.

Each step does one thing to all rays of a packet, so that the compiler turns what is only arithmetic into vector
instructions; what must be fetched ray by ray is fetched in steps of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from activevision.scenes.srgb import LINEAR, srgb_from_linear
from activevision.simulators.embree import LANES, MISS, intersect, packet_type
from activevision.simulators.surface import Surface
from activevision.simulators.uncounted import uncounted

_ONE, _HALF, _ZERO = np.float32(1.0), np.float32(0.5), np.float32(0.0)
_LEAST_FACING, _TINY = np.float32(0.05), np.float32(1e-12)
_SRGB = np.round(srgb_from_linear(np.arange(4096) / 4095) * 255).astype(np.uint8)
_STEPS = np.float32(4095)

# Everything that lets the compiler fuse and reorder sums, but not the promise that no number is infinite: misses are.
_FAST = {"contract", "reassoc", "arcp", "nsz", "afn"}

PACKET = packet_type(
    ("face", np.uint32, 1),
    ("mesh", np.uint32, 1),
    ("instance", np.int32, 1),
    ("category", np.int32, 1),
    ("position", np.float32, 3),
    ("normal", np.float32, 3),
    ("facing", np.float32, 1),
    ("spread", np.float32, 1),
    ("uv", np.float32, 2),
    ("level", np.uint32, 1),
    ("size", np.float32, 2),
    ("texel", np.uint32, 4),
    ("within", np.float32, 2),
    ("texture", np.float32, 3),
    ("light", np.float32, 3),
)
"""Rays, what they hit, and what is known of the hits.

face, mesh: indices into the surface's tables; instance, category: ids. position: in the world, metres. normal: unit
vector towards the camera, smoothed as the mesh wants it; facing: its cosine with the ray. spread: square metres of the
surface to a ray. uv: in the texture; level, size: where in ``texels`` the mip level begins, its width and height.
texel: where the nearest four are, then their colours; within: where between these the hit lies. texture: linear colour.
light: linear light that falls on the surface, then what leaves it.
"""


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def trace_views(
    tree: int, arguments: int, surface: Surface, baked: NDArray, lights: NDArray, ambient: float, fill: float,
    packets: NDArray, sums: NDArray, tiles: NDArray, pixels: int, samples: int, spacing: float, poses: NDArray,
    rgb: NDArray, depth: NDArray, instance: NDArray, category: NDArray, normals: NDArray, positions: NDArray,
) -> None:  # fmt: skip
    """Render N views of P ``pixels`` of one scene into rgb (N · P, 3), depth, instance, category, normals, positions.

    An empty image array is a sensor that is not wanted. poses: (N, 4, 4). tiles: (T,) TILE with samples × samples
    rays for each pixel, scaled so that depth × ray is the point seen; spacing: the distance of neighbouring ones at
    depth 1. All but rgb come from a pixel's last ray, so ask for them with one sample.

    ``lights`` (L, 6): direction to the light and its radiance; ``fill`` a lamp at the camera; ``ambient`` light from
    all around. ``baked`` (F, 3, 3), the light on each corner from a scene's own lamps, takes the place of all of these
    unless it is empty. ``packets`` (1,) PACKET and ``sums`` (P, 3), zeros, are to work in; one sample needs no sums.
    """
    wants_rgb, wants_depth = len(rgb) > 0, len(depth) > 0
    wants_instance, wants_category = len(instance) > 0, len(category) > 0
    wants_normal, wants_position = len(normals) > 0, len(positions) > 0
    wants_light = wants_rgb and len(baked) == 0 and (len(lights) > 0 or fill > 0)
    packet = packets[0]
    address, valid = np.uintp(packets.ctypes.data), np.uintp(packet.valid.ctypes.data)

    surface = Surface(
        uncounted(surface.faces),
        uncounted(surface.meshes),
        uncounted(surface.levels),
        uncounted(surface.texels),
        uncounted(surface.normals),
    )
    tiles, baked, lights = uncounted(tiles), uncounted(baked), uncounted(lights)
    rgb, depth, normals, positions = uncounted(rgb), uncounted(depth), uncounted(normals), uncounted(positions)
    instance, category, sums = uncounted(instance), uncounted(category), uncounted(sums)

    for view in range(len(poses)):
        pose = poses[view].astype(np.float32)
        for axis in range(3):
            for lane in range(LANES):
                packet.origin[axis, lane] = pose[axis, 3]
        first = view * pixels  # of this view in the images
        for number in range(len(tiles)):
            tile = tiles[number]
            _aim(packet, tile, pose)
            intersect(valid, np.uintp(tree), address, np.uintp(arguments))
            something, textured = _look_up(packet, surface)
            if wants_depth:
                _put(packet.far, tile, depth, first)
            if wants_instance:
                _put(packet.instance, tile, instance, first)
            if wants_category:
                _put(packet.category, tile, category, first)
            if wants_position:
                _locate(packet)
                _put_vectors(packet.position, tile, positions, first)
            if wants_normal or wants_light:
                _face_the_camera(packet, surface)
            if wants_normal:
                _put_vectors(packet.normal, tile, normals, first)
            if wants_rgb:
                if textured:
                    _find_texels(packet, surface, np.float32(spacing))
                    _mix_texels(packet)
                else:
                    packet.texture[:] = _ONE
                if not something:
                    packet.light[:] = _ZERO
                elif len(baked):
                    _take_baked_light(packet, baked)
                else:
                    _gather_light(packet, lights, np.float32(ambient), np.float32(fill))
                _give_back(packet, surface)
                if samples == 1:
                    _put_colours(packet, tile, rgb, first)
                else:
                    _add_light(packet, tile, sums)
        if wants_rgb and samples > 1:
            mean = _STEPS / np.float32(samples * samples)
            for pixel in range(pixels):
                for channel in range(3):
                    rgb[first + pixel, channel] = _SRGB[np.uint32(sums[pixel, channel] * mean + _HALF)]
                    sums[pixel, channel] = _ZERO


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _aim(packet: Any, tile: Any, pose: NDArray) -> None:
    """A tile's rays, turned into the world. Embree's distance along them is depth, because they are scaled so."""
    for lane in range(LANES):
        x, y, z = tile.direction[0, lane], tile.direction[1, lane], tile.direction[2, lane]
        packet.direction[0, lane] = pose[0, 0] * x + pose[0, 1] * y + pose[0, 2] * z
        packet.direction[1, lane] = pose[1, 0] * x + pose[1, 1] * y + pose[1, 2] * z
        packet.direction[2, lane] = pose[2, 0] * x + pose[2, 1] * y + pose[2, 2] * z
        packet.far[lane] = np.inf
        packet.geometry[lane] = MISS


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _look_up(packet: Any, surface: Surface) -> tuple[bool, bool]:
    """Which face was hit, the background where nothing was; whether anything was, and anything that has a texture.

    Most packets of a view of one object see nothing else than background, and many objects have no texture.
    """
    background = np.uint32(len(surface.faces) - 1)
    nearest, textures = background, np.int32(0)
    for lane in range(LANES):
        hit = packet.geometry[lane] != MISS
        packet.face[lane] = packet.primitive[lane] if hit else background
        packet.far[lane] = packet.far[lane] if hit else _ZERO
    for lane in range(LANES):
        packet.mesh[lane] = surface.faces[packet.face[lane]].mesh
    for lane in range(LANES):
        mesh = surface.meshes[packet.mesh[lane]]
        packet.instance[lane], packet.category[lane] = mesh.instance, mesh.category
        nearest = min(nearest, packet.face[lane])
        textures = max(textures, mesh.first_level)
    return nearest < background, textures > 0


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _put(values: NDArray, tile: Any, image: NDArray, first: int) -> None:
    """A value of each ray into an image (P,)."""
    for lane in range(LANES):
        if tile.pixel[lane] >= 0:
            image[np.uintp(first + tile.pixel[lane])] = values[lane]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _put_vectors(values: NDArray, tile: Any, image: NDArray, first: int) -> None:
    """A vector of each ray into an image (P, 3)."""
    for lane in range(LANES):
        if tile.pixel[lane] >= 0:
            for axis in range(3):
                image[np.uintp(first + tile.pixel[lane]), axis] = values[axis, lane]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _locate(packet: Any) -> None:
    """Where in the world the hits are."""
    for axis in range(3):
        for lane in range(LANES):
            seen = packet.origin[axis, lane] + packet.far[lane] * packet.direction[axis, lane]
            packet.position[axis, lane] = seen if packet.geometry[lane] != MISS else _ZERO


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _face_the_camera(packet: Any, surface: Surface) -> None:
    """Unit normals of the hits on the side that the rays meet, and their cosine with the rays."""
    for lane in range(LANES):
        corner = surface.normals[min(packet.face[lane], np.uint32(len(surface.normals) - 1))]
        b1, b2 = packet.u[lane], packet.v[lane]
        b0 = _ONE - b1 - b2
        for axis in range(3):
            packet.normal[axis, lane] = b0 * corner[0, axis] + b1 * corner[1, axis] + b2 * corner[2, axis]
    for lane in range(LANES):
        nx, ny, nz = packet.normal[0, lane], packet.normal[1, lane], packet.normal[2, lane]
        dx, dy, dz = packet.direction[0, lane], packet.direction[1, lane], packet.direction[2, lane]
        length = np.sqrt(nx * nx + ny * ny + nz * nz) + _TINY
        facing = -(nx * dx + ny * dy + nz * dz) / (length * np.sqrt(dx * dx + dy * dy + dz * dz))
        scale = (_ONE if facing >= _ZERO else -_ONE) / length
        scale = scale if packet.geometry[lane] != MISS else _ZERO
        packet.normal[0, lane], packet.normal[1, lane], packet.normal[2, lane] = scale * nx, scale * ny, scale * nz
        packet.facing[lane] = abs(facing)


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _find_texels(packet: Any, surface: Surface, spacing: float) -> None:
    """The four texels nearest to each hit, in the mip level whose texels are about as far apart as the rays.

    The slant of the face stretches what a ray stands for along one axis alone, so the level is a fair mean of both.
    """
    for lane in range(LANES):
        nx, ny, nz = packet.slope[0, lane], packet.slope[1, lane], packet.slope[2, lane]
        dx, dy, dz = packet.direction[0, lane], packet.direction[1, lane], packet.direction[2, lane]
        lengths = (nx * nx + ny * ny + nz * nz) * (dx * dx + dy * dy + dz * dz)
        facing = abs(nx * dx + ny * dy + nz * dz) / np.sqrt(lengths)
        apart = packet.far[lane] * spacing
        packet.spread[lane] = apart * apart / max(facing, _LEAST_FACING)
    for lane in range(LANES):
        face, mesh = surface.faces[packet.face[lane]], surface.meshes[packet.mesh[lane]]
        # each level has a quarter of the texels: the rounded logarithm of their number from its exponent's bits
        texels = packet.spread[lane] * face.texel_density * face.texel_density
        coarser = ((np.float32(texels).view(np.int32) >> 23) - 126) >> 1
        level = surface.levels[np.uintp(mesh.first_level + min(max(coarser, 0), mesh.levels - 1))]
        b1, b2 = packet.u[lane], packet.v[lane]
        b0 = _ONE - b1 - b2
        packet.uv[0, lane] = b0 * face.uv[0, 0] + b1 * face.uv[1, 0] + b2 * face.uv[2, 0]
        packet.uv[1, lane] = b0 * face.uv[0, 1] + b1 * face.uv[1, 1] + b2 * face.uv[2, 1]
        packet.level[lane] = level.offset
        packet.size[0, lane], packet.size[1, lane] = level.width, level.height
    for lane in range(LANES):
        u, v, width, height = packet.uv[0, lane], packet.uv[1, lane], packet.size[0, lane], packet.size[1, lane]
        # the texture repeats: the part within one repetition first, so that a comparison wraps and no remainder
        x, y = (u - np.floor(u)) * width - _HALF, (v - np.floor(v)) * height - _HALF
        left, low = np.floor(x), np.floor(y)
        packet.within[0, lane], packet.within[1, lane] = x - left, y - low
        right, high = left + _ONE, low + _ONE
        left = min(left if left >= _ZERO else width, width - _ONE)
        low = min(low if low >= _ZERO else height, height - _ONE)
        right, high = (right if right < width else _ZERO), (high if high < height else _ZERO)
        x0, x1 = np.uint32(np.int32(left)), np.uint32(np.int32(right))
        row0 = packet.level[lane] + np.uint32(np.int32(low)) * np.uint32(np.int32(width))
        row1 = packet.level[lane] + np.uint32(np.int32(high)) * np.uint32(np.int32(width))
        packet.texel[0, lane], packet.texel[1, lane] = row0 + x0, row0 + x1
        packet.texel[2, lane], packet.texel[3, lane] = row1 + x0, row1 + x1
    for corner in range(4):
        for lane in range(LANES):
            packet.texel[corner, lane] = surface.texels[packet.texel[corner, lane]]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _mix_texels(packet: Any) -> None:
    """Linear colours between each hit's four texels."""
    for lane in range(LANES):
        a, b, c, d = packet.texel[0, lane], packet.texel[1, lane], packet.texel[2, lane], packet.texel[3, lane]
        fx, fy = packet.within[0, lane], packet.within[1, lane]
        wa, wb, wc, wd = (_ONE - fx) * (_ONE - fy), fx * (_ONE - fy), (_ONE - fx) * fy, fx * fy
        for channel in range(3):
            packet.texture[channel, lane] = (
                wa * LINEAR[a & 255] + wb * LINEAR[b & 255] + wc * LINEAR[c & 255] + wd * LINEAR[d & 255]
            )
            a, b, c, d = a >> 8, b >> 8, c >> 8, d >> 8


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _take_baked_light(packet: Any, baked: NDArray) -> None:
    """Light of the scene's own lamps, from what falls on the corners of the faces."""
    for lane in range(LANES):
        corner = baked[min(packet.face[lane], np.uint32(len(baked) - 1))]
        b1, b2 = packet.u[lane], packet.v[lane]
        b0 = _ONE - b1 - b2
        for channel in range(3):
            packet.light[channel, lane] = b0 * corner[0, channel] + b1 * corner[1, channel] + b2 * corner[2, channel]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _gather_light(packet: Any, lights: NDArray, ambient: float, fill: float) -> None:
    """Light on both sides of the surfaces from all around, from the camera and from far lights."""
    for lane in range(LANES):
        around = ambient + (fill * packet.facing[lane] if fill > 0 else _ZERO)
        packet.light[0, lane], packet.light[1, lane], packet.light[2, lane] = around, around, around
    for i in range(len(lights)):
        for lane in range(LANES):
            # wrapped diffuse: a surface that faces away still catches some light, as from a bright room
            cosine = _HALF + _HALF * (
                packet.normal[0, lane] * lights[i, 0]
                + packet.normal[1, lane] * lights[i, 1]
                + packet.normal[2, lane] * lights[i, 2]
            )
            cosine *= cosine
            packet.light[0, lane] += lights[i, 3] * cosine
            packet.light[1, lane] += lights[i, 4] * cosine
            packet.light[2, lane] += lights[i, 5] * cosine


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _give_back(packet: Any, surface: Surface) -> None:
    """Light that leaves the surfaces, given back or their own, as far as an image can show it."""
    for lane in range(LANES):
        mesh = surface.meshes[packet.mesh[lane]]
        red = packet.texture[0, lane] * (mesh.colour[0] * packet.light[0, lane] + mesh.glow[0])
        green = packet.texture[1, lane] * (mesh.colour[1] * packet.light[1, lane] + mesh.glow[1])
        blue = packet.texture[2, lane] * (mesh.colour[2] * packet.light[2, lane] + mesh.glow[2])
        packet.light[0, lane] = _shown(red)
        packet.light[1, lane] = _shown(green)
        packet.light[2, lane] = _shown(blue)


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _shown(light: float) -> float:
    """Within [0, 1], even what is no number: it becomes an index."""
    return (light if light < _ONE else _ONE) if light > _ZERO else _ZERO


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _put_colours(packet: Any, tile: Any, image: NDArray, first: int) -> None:
    """The light of each ray as sRGB into an image (P, 3)."""
    for lane in range(LANES):
        if tile.pixel[lane] >= 0:
            pixel = np.uintp(first + tile.pixel[lane])
            red, green, blue = packet.light[0, lane], packet.light[1, lane], packet.light[2, lane]
            image[pixel, 0] = _SRGB[np.uint32(red * _STEPS + _HALF)]
            image[pixel, 1] = _SRGB[np.uint32(green * _STEPS + _HALF)]
            image[pixel, 2] = _SRGB[np.uint32(blue * _STEPS + _HALF)]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _add_light(packet: Any, tile: Any, linear: NDArray) -> None:
    """The light of each ray added to that of its pixel, (P, 3)."""
    for lane in range(LANES):
        if tile.pixel[lane] >= 0:
            pixel = np.uintp(tile.pixel[lane])
            red, green, blue = packet.light[0, lane], packet.light[1, lane], packet.light[2, lane]
            linear[pixel, 0] += red
            linear[pixel, 1] += green
            linear[pixel, 2] += blue
