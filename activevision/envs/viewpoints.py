"""Viewpoint spaces: where a camera may be, how a motion takes it elsewhere, and what it sees there.

An environment is a viewpoint space × a task. States of a space are arrays (N, d) with one row an environment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.geometry import egomotion, log_se3
from activevision.protocol import Protocol as ViewProtocol
from activevision.scenes import Entry
from activevision.simulators.view_grid import PlacedScenes, SimulatorFactory, ViewGrid


class ViewpointSpace(Protocol):
    """What a task asks of a space of viewpoints."""

    @property
    def action_space(self) -> spaces.Space:
        """Of one environment."""
        ...

    @property
    def simulator_settings(self) -> dict[str, Any]:
        """Everything about the simulator that decides a pixel."""
        ...

    def place(self, unit: NDArray[np.float64]) -> NDArray:
        """States (N, d) for points (N, 2) of the unit square; uniform points give the start distribution."""
        ...

    def check(self, states: NDArray) -> None:
        """UserError if one of the states (N, d) that a user asked for is outside of the space."""
        ...

    def move(self, states: NDArray, actions: NDArray) -> NDArray:
        """States (N, d) that motions lead to."""
        ...

    def poses(self, states: NDArray) -> NDArray[np.float64]:
        """(N, 4, 4) ``world_from_camera``."""
        ...

    def egomotions(self, states: NDArray, next_states: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """``camera_t_from_camera_t1`` (N, 4, 4) and its twist (N, 6)."""
        ...

    def commanded(
        self, states: NDArray, actions: NDArray, realised: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Egomotions (N, 4, 4) that motions ask for, and where (N,) a limit kept them from being the realised ones."""
        ...

    def angles(self, states: NDArray) -> NDArray[np.float64]:
        """(N, 2) elevation and azimuth in radians."""
        ...

    def around(self, states: NDArray) -> NDArray:
        """States (N, E·A, d) of the protocol's view grid in raster order, turned to begin at the azimuth of each."""
        ...

    def look(self, scenes: NDArray, states: NDArray, sensors: Sequence[str]) -> dict[str, NDArray]:
        """Images (N, H, W, …) of scenes (N,), of each sensor, made anew."""
        ...

    def close(self) -> None:
        """Release what renders."""
        ...


class GridViewpoints:
    """Viewpoints of a protocol's view grid; a motion is an index into ``protocol.motions``; seeing is a look-up."""

    def __init__(self, grid: ViewGrid):
        self.grid = grid
        self.protocol = grid.protocol
        self.action_space = spaces.Discrete(len(self.protocol.motions))
        self.simulator_settings = grid.simulator_settings
        self._asked, self._stopped = _asked_of_rows(self.protocol)

    def place(self, unit: NDArray[np.float64]) -> NDArray:
        return (unit * self.protocol.grid_shape).astype(np.int64)

    def check(self, states: NDArray) -> None:
        wrong = ((states < 0) | (states >= self.protocol.grid_shape)).any(1)
        if wrong.any():
            raise UserError(
                f"viewpoint {tuple(states[wrong][0].tolist())} is not on the {self.protocol.name} grid: give "
                f"(row, column) within {self.protocol.grid_shape}."
            )

    def move(self, states: NDArray, actions: NDArray) -> NDArray:
        return self.protocol.move(states, actions)

    def poses(self, states: NDArray) -> NDArray[np.float64]:
        return self.protocol.poses[states[:, 0], states[:, 1]]

    def egomotions(self, states: NDArray, next_states: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        index = self.protocol.motion_index(states, next_states)
        return self.protocol.egomotions[index], self.protocol.twists[index]

    def commanded(
        self, states: NDArray, actions: NDArray, realised: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        stopped = self._stopped[states[:, 0], actions]
        return np.where(stopped[:, None, None], self._asked[states[:, 0], actions], realised), stopped

    def angles(self, states: NDArray) -> NDArray[np.float64]:
        return np.stack([self.protocol.elevations[states[:, 0]], states[:, 1] * self.protocol.azimuth_step], axis=-1)

    def around(self, states: NDArray) -> NDArray:
        rows, columns = np.indices(self.protocol.grid_shape).reshape(2, 1, -1)
        return np.stack(np.broadcast_arrays(rows, (columns + states[:, 1:]) % self.protocol.azimuths), axis=-1)

    def look(self, scenes: NDArray, states: NDArray, sensors: Sequence[str]) -> dict[str, NDArray]:
        return {sensor: self.grid.views(scenes, states, sensor) for sensor in sensors}

    def close(self) -> None:
        self.grid.close()


def _asked_of_rows(protocol: ViewProtocol) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Egomotions (E, M, 4, 4) that each motion asks for from each row, whatever the column, and where (E, M) the lowest
    or highest row stops it."""
    rows, elevations = len(protocol.elevations), protocol.elevations
    target = np.arange(rows)[:, None] + protocol.motions[:, 0]
    if protocol.wrap_elevation:
        return np.zeros((*target.shape, 4, 4)), np.zeros(target.shape, bool)
    # rows beyond the last ones, as far apart as those
    edge = np.clip(target, 0, rows - 1)
    step = np.where(
        target < 0, elevations[min(1, rows - 1)] - elevations[0], elevations[-1] - elevations[max(rows - 2, 0)]
    )
    poses = protocol.pose(elevations[edge] + (target - edge) * step, protocol.motions[:, 1] * protocol.azimuth_step)
    return egomotion(protocol.pose(elevations, 0.0)[:, None], poses), target != edge


class SphereViewpoints:
    """Every viewpoint of the sphere between a protocol's lowest and highest row; views are rendered as they are seen.

    State: (elevation, azimuth) in radians. Action: Box(−1, 1, (2,)), scaled so that ±1 is the farthest motion of the
    protocol's neighbourhood along each axis.
    """

    def __init__(self, entries: Sequence[Entry], protocol: ViewProtocol, simulator: SimulatorFactory):
        self._made_of = entries, protocol, simulator
        self.protocol = protocol
        self.action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)
        self._simulator = simulator(PlacedScenes(entries, protocol))
        self.simulator_settings = self._simulator.settings
        self._low, self._high = protocol.elevations.min(), protocol.elevations.max()
        rows, columns = (n // 2 for n in protocol.neighbourhood)
        row_step = (self._high - self._low) / max(len(protocol.elevations_deg) - 1, 1)
        self._reach = np.array([rows * row_step, columns * protocol.azimuth_step])

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._made_of  # a copy has a simulator of its own

    def place(self, unit: NDArray[np.float64]) -> NDArray:
        return np.array([self._low, 0.0]) + unit * [self._high - self._low, 2 * np.pi]

    def check(self, states: NDArray) -> None:
        inside = (states[:, 0] >= self._low) & (states[:, 0] <= self._high) & np.isfinite(states[:, 1])
        if not inside.all():
            raise UserError(
                f"viewpoint {tuple(states[~inside][0].tolist())} is outside of the sphere: give (elevation, azimuth) "
                f"in radians with elevation within [{self._low:.3f}, {self._high:.3f}]."
            )

    def move(self, states: NDArray, actions: NDArray) -> NDArray:
        target = states + np.clip(actions, -1, 1) * self._reach
        return np.stack([np.clip(target[:, 0], self._low, self._high), target[:, 1] % (2 * np.pi)], axis=-1)

    def poses(self, states: NDArray) -> NDArray[np.float64]:
        return self.protocol.pose(states[:, 0], states[:, 1])

    def egomotions(self, states: NDArray, next_states: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        motion = egomotion(self.poses(states), self.poses(next_states))
        return motion, log_se3(motion).astype(np.float32)

    def commanded(
        self, states: NDArray, actions: NDArray, realised: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        target = states + np.clip(actions, -1, 1) * self._reach
        stopped = (target[:, 0] < self._low) | (target[:, 0] > self._high)
        if not stopped.any():
            return realised, stopped
        return np.where(stopped[:, None, None], egomotion(self.poses(states), self.poses(target)), realised), stopped

    def angles(self, states: NDArray) -> NDArray[np.float64]:
        return states

    def around(self, states: NDArray) -> NDArray:
        rows, columns = np.indices(self.protocol.grid_shape).reshape(2, 1, -1)
        azimuths = (states[:, 1:] + columns * self.protocol.azimuth_step) % (2 * np.pi)
        return np.stack(np.broadcast_arrays(self.protocol.elevations[rows], azimuths), axis=-1)

    def look(self, scenes: NDArray, states: NDArray, sensors: Sequence[str]) -> dict[str, NDArray]:
        return self._simulator.render(scenes, self.poses(states), self.protocol.camera, sensors)

    def close(self) -> None:
        self._simulator.close()
