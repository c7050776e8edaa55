"""Optical flow of static scenes from depth and poses, with what is visible in both images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from activevision.camera import Camera, CameraModel, EquirectangularCamera
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
    from_pose, to_pose: (N, 4, 4) ``world_from_camera`` of the two. Both are seen by one camera, pinhole or
        equirectangular.
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
    result = _unfilled(shape)
    _pairs(
        np.ascontiguousarray(depth_from, np.float32), np.ascontiguousarray(depth_to, np.float32),
        invert(to_pose) @ from_pose, *_seen_through(camera), result.flow, result.valid, result.covisible,
    )  # fmt: skip
    return result


def episode_flow(depth: ArrayLike, poses: ArrayLike, camera: CameraModel) -> tuple[Flow, Flow]:
    """Forward and backward flow between the consecutive views of an episode, or of any walk through a static scene.

    depth: (T, H, W) as the camera measures it, 0 where nothing is hit. poses: (T, 4, 4) ``world_from_camera``.

    Entry t of the forward flow, of T − 1, leads from view t to view t + 1, and of the backward flow from view t + 1 to
    view t: what two calls of ``optical_flow`` say, in one that is compiled, releases the interpreter's lock for as long
    as it takes, and looks at each view's surfaces once.
    """
    depth, poses = np.asarray(depth), np.asarray(poses, np.float64)
    views, shape = len(poses), (camera.height, camera.width)
    if views < 1 or depth.shape != (views, *shape) or poses.shape != (views, 4, 4):
        raise UserError(
            f"flow of an episode with depth {depth.shape} and poses {poses.shape}: give (T, {shape[0]}, {shape[1]}) "
            "and (T, 4, 4) of at least one view."
        )
    check_poses(poses)
    next_from_this = invert(poses[1:]) @ poses[:-1]
    forward, backward = _unfilled((views - 1, *shape)), _unfilled((views - 1, *shape))
    _episode(
        np.ascontiguousarray(depth, np.float32), next_from_this, invert(next_from_this), *_seen_through(camera),
        forward.flow, forward.valid, forward.covisible, backward.flow, backward.valid, backward.covisible,
    )  # fmt: skip
    return forward, backward


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


def _unfilled(shape: tuple[int, ...]) -> Flow:
    return Flow(np.empty((*shape, 2), np.float32), np.empty(shape, np.bool_), np.empty(shape, np.bool_))


def _seen_through(camera: CameraModel) -> tuple[NDArray[np.float64], float, float]:
    """What the compiled code needs of a camera.

    Rays (3, H, W), the width of a pixel in the middle of the image at depth 1, and the focal length in pixels, which is
    0 for an equirectangular camera. UserError for a camera of another kind.
    """
    if not isinstance(camera, Camera | EquirectangularCamera):
        raise UserError(f"flow in images of {camera}: only those of Camera and EquirectangularCamera have it.")
    rays = camera.rays()
    row, column = camera.height // 2, camera.width // 2
    steps = [rays[row, column] - rays[row - 1, column]] if camera.height > 1 else []
    steps += [rays[row, column] - rays[row, column - 1]] if camera.width > 1 else []
    spacing = max((float(np.linalg.norm(step)) for step in steps), default=1.0)
    focal = camera.focal if isinstance(camera, Camera) else 0.0
    return np.ascontiguousarray(np.moveaxis(rays, -1, 0)), spacing, focal


@njit(cache=True, nogil=True)
def _pairs(
    depth_from: NDArray, depth_to: NDArray, to_from_from: NDArray, rays: NDArray, spacing: float, focal: float,
    flow: NDArray, valid: NDArray, covisible: NDArray,
) -> None:  # fmt: skip
    surface, room = _space(rays)
    for pair in range(len(depth_from)):
        _survey(depth_from[pair], rays, focal == 0, surface)
        _compare(
            depth_from[pair], surface, depth_to[pair], to_from_from[pair], rays, spacing, focal, room,
            flow[pair], valid[pair], covisible[pair],
        )  # fmt: skip


@njit(cache=True, nogil=True)
def _episode(
    depth: NDArray, next_from_this: NDArray, this_from_next: NDArray, rays: NDArray, spacing: float, focal: float,
    forward: NDArray, forward_valid: NDArray, forward_covisible: NDArray,
    backward: NDArray, backward_valid: NDArray, backward_covisible: NDArray,
) -> None:  # fmt: skip
    surface, room = _space(rays)
    for view in range(len(depth)):
        _survey(depth[view], rays, focal == 0, surface)
        if view > 0:
            _compare(
                depth[view], surface, depth[view - 1], this_from_next[view - 1], rays, spacing, focal, room,
                backward[view - 1], backward_valid[view - 1], backward_covisible[view - 1],
            )  # fmt: skip
        if view + 1 < len(depth):
            _compare(
                depth[view], surface, depth[view + 1], next_from_this[view], rays, spacing, focal, room,
                forward[view], forward_valid[view], forward_covisible[view],
            )  # fmt: skip


@njit(cache=True, nogil=True)
def _space(rays: NDArray) -> tuple[NDArray, NDArray]:
    """Room (4, H, W) for surfaces and (5, W) for a row of projected points."""
    return np.empty((4, *rays.shape[1:]), np.float32), np.empty((5, rays.shape[2]), np.float64)


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
def _survey(depth: NDArray, rays: NDArray, wraps: bool, surface: NDArray) -> None:
    """Unit normals of the surfaces in a depth image (H, W), and the squared length of a pixel of unit spacing on them,
    into ``surface`` (4, H, W), where a point is seen."""
    height, width = depth.shape
    grazing2 = np.float32(_GRAZING * _GRAZING)
    for row in range(height):
        for column in range(width):
            d = depth[row, column]
            if d == 0:
                continue
            x, y, z = d * rays[0, row, column], d * rays[1, row, column], d * rays[2, row, column]
            distance2 = x * x + y * y + z * z
            nx, ny, nz, length2, slant = x, y, z, distance2, distance2
            if wraps:
                left, right = (column - 1 if column else width - 1), (column + 1 if column + 1 < width else 0)
            else:
                left, right = max(column - 1, 0), min(column + 1, width - 1)
            side = _nearer(depth, row, left, column, right, False)
            over = _nearer(depth, row, max(row - 1, 0), column, min(row + 1, height - 1), True)
            if side >= 0 and over >= 0:
                e, f = depth[row, side], depth[over, column]
                ax, ay, az = e * rays[0, row, side] - x, e * rays[1, row, side] - y, e * rays[2, row, side] - z
                bx, by, bz = f * rays[0, over, column] - x, f * rays[1, over, column] - y, f * rays[2, over, column] - z
                cx, cy, cz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
                c2, cs = cx * cx + cy * cy + cz * cz, abs(cx * x + cy * y + cz * z)
                if cs * cs > grazing2 * c2 * distance2:
                    nx, ny, nz, length2, slant = cx, cy, cz, c2, cs
            length = math.sqrt(length2)
            scale = np.float32(1) / length
            surface[0, row, column], surface[1, row, column], surface[2, row, column] = (
                nx * scale,
                ny * scale,
                nz * scale,
            )
            surface[3, row, column] = (distance2 / slant) ** 2 * length2


@njit(cache=True, nogil=True, inline="always")
def _angle(y: float, x: float) -> float:
    """``atan2`` to 2e-9 radians without a branch, which many can be computed of at once; NaN for 0 and 0.

    The polynomial in t² is a Chebyshev fit of atan(t) / t between 0 and 1.
    """
    along, across = abs(x), abs(y)
    t = min(along, across) / max(along, across)
    t2 = t * t
    p = 0.01068071945 - 0.001743701145 * t2
    p = 0.05746355786 + t2 * (-0.03071750891 + t2 * p)
    p = 0.1094019897 + t2 * (-0.08372063948 + t2 * p)
    p = 0.1999823064 + t2 * (-0.1426157368 + t2 * p)
    p = t * (0.9999999975 + t2 * (-0.333332823 + t2 * p))
    p = 0.5 * math.pi - p if across > along else p
    p = math.pi - p if x < 0 else p
    return -p if y < 0 else p


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _project(
    depth: NDArray, rays: NDArray, row: int, transform: NDArray, height: int, focal: float, room: NDArray
) -> None:
    """Points of a row of a depth image in the other camera's frame, and the pixels (column, row) where it has them.

    They go to ``room`` (5, W): x, y, z, column, row; NaN or infinite where there is no projection.
    """
    width = depth.shape[1]
    for column in range(width):
        d = np.float64(depth[row, column])
        x, y, z = d * rays[0, row, column], d * rays[1, row, column], d * rays[2, row, column]
        px = transform[0, 0] * x + transform[0, 1] * y + transform[0, 2] * z + transform[0, 3]
        py = transform[1, 0] * x + transform[1, 1] * y + transform[1, 2] * z + transform[1, 3]
        pz = transform[2, 0] * x + transform[2, 1] * y + transform[2, 2] * z + transform[2, 3]
        room[0, column], room[1, column], room[2, column] = px, py, pz
        if focal > 0:
            scale = focal / -pz if pz < 0 else np.nan
            room[3, column], room[4, column] = width * 0.5 + px * scale, height * 0.5 - py * scale
    if focal == 0:
        for column in range(width):
            px, py, pz = room[0, column], room[1, column], room[2, column]
            flat2 = px * px + pz * pz
            seen = flat2 + py * py > 0
            room[3, column] = (_angle(px, -pz) / (2 * math.pi) + 0.5) * width if seen else np.nan
            room[4, column] = (0.5 - _angle(py, math.sqrt(flat2)) / math.pi) * height


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _compare(
    depth_from: NDArray, surface: NDArray, depth_to: NDArray, transform: NDArray, rays: NDArray, spacing: float,
    focal: float, room: NDArray, flow: NDArray, valid: NDArray, covisible: NDArray,
) -> None:  # fmt: skip
    """Flow and masks of one pair; ``transform`` (4, 4) leads from the first camera's frame to the second's.

    A point is seen there too if the four pixels round its place see points near it, on the plane that touches its
    surface, give or take a pixel's footprint on that plane.
    """
    height, width = depth_from.shape
    wraps = focal == 0
    for row in range(height):
        _project(depth_from, rays, row, transform, height, focal, room)
        for column in range(width):
            u, v = room[3, column], room[4, column]
            flow[row, column, 0] = flow[row, column, 1] = 0
            valid[row, column] = covisible[row, column] = False
            # NaN, where there is no projection, compares false
            if depth_from[row, column] == 0 or not abs(u) + abs(v) < np.inf:
                continue
            right = u - (column + 0.5)
            if wraps:
                right -= width * math.floor(right / width + 0.5)
            flow[row, column, 0], flow[row, column, 1] = right, v - (row + 0.5)
            if not wraps and not (0 <= u < width and 0 <= v < height):
                continue
            valid[row, column] = True

            nx, ny, nz = surface[0, row, column], surface[1, row, column], surface[2, row, column]
            mx = transform[0, 0] * nx + transform[0, 1] * ny + transform[0, 2] * nz
            my = transform[1, 0] * nx + transform[1, 1] * ny + transform[1, 2] * nz
            mz = transform[2, 0] * nx + transform[2, 1] * ny + transform[2, 2] * nz
            px, py, pz = room[0, column], room[1, column], room[2, column]
            plane = mx * px + my * py + mz * pz
            there2 = px * px + py * py + pz * pz
            # squares throughout: roots and quotients are what costs here
            across2 = max(plane * plane, _GRAZING**2 * there2)
            off_plane2 = spacing * spacing * max(surface[3, row, column], there2 * there2 / across2)
            off_place2 = _CORNER**2 * off_plane2

            top, left = math.floor(v - 0.5), math.floor(u - 0.5)
            rows, columns = (top, top + 1), (left, left + 1)
            over_pole = False
            if wraps:
                columns = (left if left >= 0 else width - 1, left + 1 if left + 1 < width else 0)
                over_pole = top < 0 or top + 1 >= height
            else:
                rows, columns = (max(top, 0), min(top + 1, height - 1)), (max(left, 0), min(left + 1, width - 1))
            seen = True
            for r in rows:
                for c in columns:
                    if over_pole and (r < 0 or r >= height):  # the pixel half way round
                        i, j = (0 if r < 0 else height - 1), (c + width // 2) % width
                    else:
                        i, j = r, c
                    e = depth_to[i, j]
                    dx, dy, dz = e * rays[0, i, j] - px, e * rays[1, i, j] - py, e * rays[2, i, j] - pz
                    off = mx * dx + my * dy + mz * dz
                    seen &= (e > 0) & (off * off <= off_plane2) & (dx * dx + dy * dy + dz * dz <= off_place2)
            covisible[row, column] = seen
