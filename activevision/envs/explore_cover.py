"""The aim to see the floor: which of its points a view shows."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from activevision.camera import Camera
from activevision.envs.explore_aim import Aim, Marks, Views
from activevision.envs.explore_places import Places
from activevision.explore_protocol import ExploreProtocol
from activevision.geometry import invert

_TOLERANCE = 0.03  # of the depth: a rug's thickness and the depth image's own coarseness hide nothing


class Cover(Aim):
    """See as much as possible of the floor on which one can walk.

    The floor is points ``cell`` apart. A view shows a point that projects into it, is at most ``sight`` metres from the
    camera and has nothing before it in the depth image. The reward is the share of the points that are seen for the
    first time.
    """

    sensors = ("depth",)

    def __init__(self, num_envs: int, protocol: ExploreProtocol, places: Places):
        super().__init__(num_envs)
        self._camera, self._sight, self._places = protocol.camera, protocol.sight, places
        self._seen = [np.zeros(0, bool)] * num_envs
        self.coverage = np.zeros(num_envs)

    def prepare(self, scene: int) -> None:
        self._places.floor(scene)

    def begin(self, views: Views, luck: NDArray[np.float64], goals: NDArray[np.int64] | None) -> None:
        for row, scene in zip(views.rows.tolist(), views.scenes.tolist(), strict=True):
            self._seen[row] = np.zeros(len(self._places.floor(scene)), bool)
        self.coverage[views.rows] = 0.0
        self.judge(views)

    def judge(self, views: Views) -> NDArray[np.float64]:
        reward = np.zeros(len(views.rows))
        for i, (row, scene) in enumerate(zip(views.rows.tolist(), views.scenes.tolist(), strict=True)):
            floor = self._places.floor(scene)
            fresh = see_floor(
                floor, self._seen[row], views.poses[i], views.images["depth"][i], self._camera, self._sight
            )
            reward[i] = fresh / len(floor)
            self.coverage[row] = self._seen[row].sum() / len(floor)
        return reward

    def info(self) -> dict[str, NDArray]:
        return {"coverage": self.coverage.copy()}

    def marks(self, index: int, scene: int) -> Marks:
        floor = self._places.floor(scene)[self._seen[index]]
        return Marks(f"{100 * self.coverage[index]:.0f} % of the floor seen", floor=floor)


def see_floor(
    floor: NDArray[np.float64],
    seen: NDArray[np.bool_],
    pose: NDArray[np.float64],
    depth: NDArray[np.float32],
    camera: Camera,
    sight: float,
) -> int:
    """Mark in ``seen`` (C,) which of the points ``floor`` (C, 3) a view shows; returns how many are new.

    pose: (4, 4) ``world_from_camera``. depth: (H, W) planar metres, 0 where nothing is hit. sight: metres.
    """
    return _see(floor, seen, invert(pose), depth, camera.focal, sight)


@njit(cache=True, nogil=True, error_model="numpy")
def _see(floor: NDArray, seen: NDArray, camera_from_world: NDArray, depth: NDArray, focal: float, sight: float) -> int:
    height, width = depth.shape
    fresh = 0
    for i in range(len(floor)):
        if seen[i]:
            continue
        x, y, z = camera_from_world[:3, 3]
        for k in range(3):
            x += camera_from_world[0, k] * floor[i, k]
            y += camera_from_world[1, k] * floor[i, k]
            z += camera_from_world[2, k] * floor[i, k]
        if z >= 0 or x * x + y * y + z * z > sight * sight:
            continue
        column, row = width / 2 - x / z * focal, height / 2 + y / z * focal
        if not (0 <= column < width and 0 <= row < height):
            continue
        # 1 / depth is linear over the image of a plane: between pixels, and half of one beyond, the floor's is exact
        c, r = min(max(int(column - 0.5), 0), max(width - 2, 0)), min(max(int(row - 0.5), 0), max(height - 2, 0))
        right, down = column - 0.5 - c, row - 0.5 - r
        nearness = 0.0
        for corner in range(4):
            dc, dr = corner % 2, corner // 2
            there = depth[min(r + dr, height - 1), min(c + dc, width - 1)]
            weight = (right if dc else 1 - right) * (down if dr else 1 - down)
            if there > 0:
                nearness += weight / there
        if nearness * -z <= 1 + _TOLERANCE:
            seen[i] = True
            fresh += 1
    return fresh
