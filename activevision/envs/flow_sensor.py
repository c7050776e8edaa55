"""Optical flow as a sensor of environments: between the view before the last motion and the present one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from activevision.camera import Camera
from activevision.envs.sensor_spaces import FLOWS


class FlowSensor:
    """Flow of N cameras, computed from depth that is there already and the true poses: nothing is rendered for it.

    A flow takes two views, so that it is known only when the second one is. The observation at t + 1 tells both:
    - flow_backward: (N, H, W, 2) pixels (column, row), from those of the view at t + 1 to where their points are at t;
    - flow_forward: from those of the view at t to where their points are at t + 1;
    - each beside its masks ``…_valid`` and ``…_covisible`` (N, H, W) int8; see ``simulators.flow.Flow``.
    All are 0 in the first view of an episode.

    sensors: those of the environment, of which the flows are made. Who uses it calls ``begin`` where episodes begin,
    ``move`` where cameras are about to move, and after either ``look`` with what they then see, which may be repeated.
    """

    def __init__(self, num_envs: int, camera: Camera, sensors: Sequence[str]):
        self._camera = camera
        self._flows = tuple(sensor for sensor in sensors if sensor in FLOWS)
        shape = (num_envs, camera.height, camera.width) if self._flows else (0, 0, 0)
        self._depth, self._depth_before = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._pose, self._pose_before = np.zeros((num_envs, 4, 4)), np.zeros((num_envs, 4, 4))
        self._moved = np.zeros(num_envs, bool)

    def begin(self, mask: NDArray[np.bool_]) -> None:
        """The views of these cameras (N,) that come next have none before them."""
        self._moved[mask] = False

    def move(self, mask: NDArray[np.bool_]) -> None:
        """The views of these cameras (N,) that were looked at last are from now on the ones before."""
        if self._flows:
            self._depth_before[mask], self._pose_before[mask] = self._depth[mask], self._pose[mask]
            self._moved[mask] = True

    @property
    def wanted(self) -> bool:
        """Whether there is a flow among the sensors: without one, ``look`` need not be asked."""
        return bool(self._flows)

    def look(self, depth: NDArray[np.float32], poses: NDArray[np.float64]) -> dict[str, NDArray]:
        """Flows and their masks, from what all cameras see: depth (N, H, W) and ``world_from_camera`` (N, 4, 4)."""
        from activevision.simulators.flow import optical_flow  # numba is loaded when something is rendered, not before

        self._depth[:], self._pose[:] = depth, poses
        rows = np.flatnonzero(self._moved)
        now, before = (depth[rows], poses[rows]), (self._depth_before[rows], self._pose_before[rows])
        images: dict[str, NDArray] = {}
        for sensor in self._flows:
            here, there = (now, before) if sensor == "flow_backward" else (before, now)
            flow = optical_flow(here[0], there[0], here[1], there[1], self._camera)
            parts: list[NDArray] = [flow.flow, flow.valid.view(np.int8), flow.covisible.view(np.int8)]
            for suffix, part in zip(("", "_valid", "_covisible"), parts, strict=True):
                images[sensor + suffix] = np.zeros((len(poses), *part.shape[1:]), part.dtype)
                images[sensor + suffix][rows] = part
        return images
