"""Optical flow of static scenes from depth and poses, with what is visible in both images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from activevision.camera import CameraModel, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import invert
from activevision.simulators.simulator import Simulator, check_poses

# The compiler may fuse and reorder sums, but is promised no absence of infinity and NaN: they mark no projection.
_FAST = {"contract", "reassoc", "arcp", "nsz", "afn"}
_GRAZING = 0.1  # cosine; beyond it, depth at the neighbouring pixels says nothing about the surface's slope
_CORNER = 2.0  # footprints from a point to what a pixel next to it sees: the diagonal of a square, and some for slant


@dataclass(frozen=True)
class Flow:
    """Where the points seen in N images lie in N other images.

    flow: (N, H, W, 2) float32 pixels (column, row) from a pixel's centre to where its point is projected in the other
        image; 0 where no point is seen or it has no projection there. In equirectangular images the short way round.
    valid: (N, H, W) bool, a point is seen and lies within the other image.
    covisible: (N, H, W) bool, it is seen there too: the surface round where it lands is the one it lies on. Surfaces
        nearer to each other than a pixel is wide there are not told apart.
    """

    flow: NDArray[np.float32]
    valid: NDArray[np.bool_]
    covisible: NDArray[np.bool_]


def optical_flow(
    depth_from: ArrayLike, depth_to: ArrayLike, from_pose: ArrayLike, to_pose: ArrayLike, camera: CameraModel
) -> Flow:
    """Flow from images to other images of the same static scenes, by reprojection.

    depth_from, depth_to: (N, H, W) depth as the camera measures it, 0 where nothing is hit.
    from_pose, to_pose: (N, 4, 4) ``world_from_camera`` of the two. Both are seen by one camera, of any kind.
    """
    depth_from, depth_to = np.asarray(depth_from), np.asarray(depth_to)
    from_pose, to_pose = np.asarray(from_pose, np.float64), np.asarray(to_pose, np.float64)
    shape = (len(from_pose), camera.height, camera.width)
    if not depth_from.shape == depth_to.shape == shape or from_pose.shape != to_pose.shape:
        raise UserError(
            f"flow of depth {depth_from.shape} and {depth_to.shape} under poses {from_pose.shape} and {to_pose.shape}: "
            f"give (N, {camera.height}, {camera.width}) twice and (N, 4, 4) twice."
        )
    check_poses(from_pose)
    check_poses(to_pose)
    rays = camera.rays()
    spacing, wraps = _spacing(rays), isinstance(camera, EquirectangularCamera)
    depth_from, depth_to = depth_from.astype(np.float32, copy=False), depth_to.astype(np.float32, copy=False)
    result = Flow(np.empty((*shape, 2), np.float32), np.empty(shape, np.bool_), np.empty(shape, np.bool_))
    moved = np.empty_like(rays)
    for view, to_from_from in enumerate(invert(to_pose) @ from_pose):
        _move(depth_from[view], rays, to_from_from, moved)
        places, depth = camera.project(moved)
        _compare(
            depth_from[view], depth_to[view], rays, to_from_from, moved, places, depth, spacing, wraps,
            result.flow[view], result.valid[view], result.covisible[view],
        )  # fmt: skip
    return result


def render_flow(
    simulator: Simulator, scene_ids: ArrayLike, from_poses: ArrayLike, to_poses: ArrayLike, camera: CameraModel
) -> tuple[Flow, Flow]:
    """Forward and backward flow between views of scenes (N,) from poses (N, 4, 4) to poses (N, 4, 4).

    The backward flow is that from the images at ``to_poses`` to those at ``from_poses``.
    """
    scene_ids = np.asarray(scene_ids)
    from_poses, to_poses = np.asarray(from_poses, np.float64), np.asarray(to_poses, np.float64)
    depth = simulator.render(
        np.concatenate([scene_ids, scene_ids]), np.concatenate([from_poses, to_poses]), camera, ("depth",)
    )["depth"]
    first, second = depth[: len(scene_ids)], depth[len(scene_ids) :]
    return (
        optical_flow(first, second, from_poses, to_poses, camera),
        optical_flow(second, first, to_poses, from_poses, camera),
    )


def _spacing(rays: NDArray[np.float64]) -> float:
    """Width of a pixel in the middle of the image, at depth 1."""
    height, width = rays.shape[:2]
    row, column = height // 2, width // 2
    steps = [rays[row, column] - rays[row - 1, column]] if height > 1 else []
    steps += [rays[row, column] - rays[row, column - 1]] if width > 1 else []
    return max((float(np.linalg.norm(step)) for step in steps), default=1.0)


@njit(cache=True, nogil=True, fastmath=_FAST)
def _move(depth: NDArray, rays: NDArray, transform: NDArray, moved: NDArray) -> None:
    """Points of a depth image (H, W) in the frame that ``transform`` (4, 4) leads to, into ``moved`` (H, W, 3)."""
    for row in range(depth.shape[0]):
        for column in range(depth.shape[1]):
            d = depth[row, column]
            x, y, z = d * rays[row, column, 0], d * rays[row, column, 1], d * rays[row, column, 2]
            for axis in range(3):
                moved[row, column, axis] = (
                    transform[axis, 0] * x + transform[axis, 1] * y + transform[axis, 2] * z + transform[axis, 3]
                )


@njit(cache=True, nogil=True, inline="always")
def _nearer(depth: NDArray, row: int, before: int, column: int, after: int, down: bool) -> int:
    """Of two neighbouring rows (``down``) or columns, the one whose depth is seen and nearer to a pixel's; −1: neither.

    A neighbour beyond the image's edge is given as the pixel itself, and is none.
    """
    here = depth[row, column]
    best, nearest = np.float32(np.inf), -1
    for place in (before, after):
        there = depth[place, column] if down else depth[row, place]
        itself = place == (row if down else column)
        if there > 0 and not itself and abs(there - here) < best:
            best, nearest = abs(there - here), place
    return nearest


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _compare(
    depth_from: NDArray, depth_to: NDArray, rays: NDArray, transform: NDArray, moved: NDArray, places: NDArray,
    depth: NDArray, spacing: float, wraps: bool, flow: NDArray, valid: NDArray, covisible: NDArray,
) -> None:  # fmt: skip
    """Flow and masks of one pair.

    moved (H, W, 3): points of the first image in the second camera's frame, where they are projected to places
    (H, W, 2) with depth (H, W). A point is seen there too if the four pixels round its place see points near it, on the
    plane that touches its surface, give or take a pixel's footprint on that plane.
    """
    height, width = depth_from.shape
    for row in range(height):
        for column in range(width):
            d = depth_from[row, column]
            u, v = places[row, column, 0], places[row, column, 1]
            flow[row, column, 0] = flow[row, column, 1] = 0
            valid[row, column] = covisible[row, column] = False
            # NaN, where there is no projection, compares false
            if d == 0 or not depth[row, column] > 0 or not abs(u) + abs(v) < np.inf:
                continue
            right = u - (column + 0.5)
            if wraps:
                right -= width * math.floor(right / width + 0.5)
            flow[row, column, 0], flow[row, column, 1] = right, v - (row + 0.5)
            if not wraps and not (0 <= u < width and 0 <= v < height):
                continue
            valid[row, column] = True

            x, y, z = d * rays[row, column, 0], d * rays[row, column, 1], d * rays[row, column, 2]
            # a normal of any length and squares throughout: roots and quotients are what costs here
            distance2 = x * x + y * y + z * z
            nx, ny, nz, length2, slant = x, y, z, distance2, distance2
            if wraps:
                left, after = (column - 1 if column else width - 1), (column + 1 if column + 1 < width else 0)
            else:
                left, after = max(column - 1, 0), min(column + 1, width - 1)
            side = _nearer(depth_from, row, left, column, after, False)
            over = _nearer(depth_from, row, max(row - 1, 0), column, min(row + 1, height - 1), True)
            if side >= 0 and over >= 0:
                e, f = depth_from[row, side], depth_from[over, column]
                ax, ay, az = e * rays[row, side, 0] - x, e * rays[row, side, 1] - y, e * rays[row, side, 2] - z
                bx, by, bz = f * rays[over, column, 0] - x, f * rays[over, column, 1] - y, f * rays[over, column, 2] - z
                cx, cy, cz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
                c2, cs = cx * cx + cy * cy + cz * cz, abs(cx * x + cy * y + cz * z)
                if cs * cs > _GRAZING**2 * c2 * distance2:
                    nx, ny, nz, length2, slant = cx, cy, cz, c2, cs

            mx = transform[0, 0] * nx + transform[0, 1] * ny + transform[0, 2] * nz
            my = transform[1, 0] * nx + transform[1, 1] * ny + transform[1, 2] * nz
            mz = transform[2, 0] * nx + transform[2, 1] * ny + transform[2, 2] * nz
            px, py, pz = moved[row, column, 0], moved[row, column, 1], moved[row, column, 2]
            plane = mx * px + my * py + mz * pz
            there2 = px * px + py * py + pz * pz
            across = max(abs(plane), _GRAZING * math.sqrt(length2 * there2))
            footprint2 = spacing * spacing * length2 * max(distance2 / slant, there2 / across) ** 2
            off_plane2, off_place2 = footprint2 * length2, footprint2 * _CORNER**2

            top, left = math.floor(v - 0.5), math.floor(u - 0.5)
            seen = True
            for corner in range(4):
                r, c = top + corner // 2, left + corner % 2
                if wraps:
                    if r < 0 or r >= height:  # over the pole, half way round
                        r, c = (0 if r < 0 else height - 1), c + width // 2
                    c = c + width if c < 0 else c - width if c >= width else c
                else:
                    r, c = min(max(r, 0), height - 1), min(max(c, 0), width - 1)
                e = depth_to[r, c]
                dx, dy, dz = e * rays[r, c, 0] - px, e * rays[r, c, 1] - py, e * rays[r, c, 2] - pz
                off = mx * dx + my * dy + mz * dz
                if e == 0 or not off * off <= off_plane2 or not dx * dx + dy * dy + dz * dz <= off_place2:
                    seen = False
                    break
            covisible[row, column] = seen
