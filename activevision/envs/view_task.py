"""The task behind ActiveObject-v0 and ActiveScene-v0: N episodes of a camera that looks from a few viewpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from activevision.envs.drawing import draw_episode
from activevision.envs.flow_sensor import FlowSensor
from activevision.envs.sensor_noise import NoiseChoice, SensorNoise
from activevision.envs.sensor_spaces import rendered, sensor_spaces
from activevision.envs.task import Task, asked, check_discrete, noted
from activevision.envs.viewpoints import GridViewpoints, SphereViewpoints, ViewpointSpace
from activevision.errors import UserError, unknown
from activevision.protocol import Protocol, get_protocol
from activevision.scenes import Catalogue, get_catalogue
from activevision.simulators.registry import SimulatorFactory, get_simulator
from activevision.simulators.view_grid import ViewGrid

_ENVIRONMENTS = {"orbit": "activevision/ActiveObject-v0", "turn": "activevision/ActiveScene-v0"}
_FARTHEST = 1000.0  # metres: what a depth image of a scene may hold


class ViewTask(Task):
    """A camera on a viewpoint space; what the scene is, is for the agent to tell.

    viewpoints: "orbit" or "turn", which the protocol must be of. The other arguments are those of the environments.
    Attributes that others may read beside those of ``Task``: sensors, viewpoints, scene (N,), viewpoint (N, d),
    path (N, T, d) the viewpoints of each episode so far.
    """

    protocol: Protocol

    def __init__(
        self,
        num_envs: int,
        viewpoints: str,
        *,
        catalogue: str | Catalogue,
        protocol: str | Protocol,
        split: str = "train",
        action: str = "grid",
        sensors: Sequence[str] = ("rgb",),
        simulator: str | SimulatorFactory | None = None,
        sensor_noise: NoiseChoice | None = None,
        catalogue_options: dict[str, Any] | None = None,
    ):
        self._rendered = rendered(sensors)
        if num_envs < 1:
            raise UserError(f"vector environment with num_envs={num_envs}: it needs at least 1.")
        self._noise = SensorNoise(num_envs, sensor_noise, sensors)
        self.protocol = noted(get_protocol(protocol), "sensor_noise", self._noise.name)
        if self.protocol.views < 2:
            raise UserError(f"protocol {self.protocol.name!r} has T=1: an environment needs T of at least 2 to move.")
        if self.protocol.viewpoints != viewpoints:
            raise UserError(
                f"protocol {self.protocol.name!r} has viewpoints {self.protocol.viewpoints!r}, not {viewpoints!r}: "
                f"choose another, or {_ENVIRONMENTS[self.protocol.viewpoints]}."
            )
        if viewpoints == "orbit" and "category" in sensors:
            raise UserError("sensor 'category' of an object is its label, which no observation may tell: leave it out.")
        self.catalogue = get_catalogue(catalogue, **(catalogue_options or {}))
        self.split = split
        self.classes = tuple(self.catalogue.classes)
        self.entries = tuple(self.catalogue.scenes(split))
        self.sensors = tuple(sensors)
        factory = get_simulator(simulator, self.catalogue)
        self.viewpoints: ViewpointSpace
        if action == "grid":
            self.viewpoints = GridViewpoints(ViewGrid(self.entries, self.protocol, self._rendered, factory))
        elif action == "continuous":
            self.viewpoints = SphereViewpoints(self.entries, self.protocol, factory)
        else:
            raise unknown("action", action, ["grid", "continuous"])
        self.action_space = self.viewpoints.action_space
        self.num_envs = num_envs
        self._labels = np.array([self.classes.index(entry.label) for entry in self.entries])
        self._scene_ids = np.array([entry.id for entry in self.entries])
        self.scene = np.zeros(num_envs, np.int64)
        self.viewpoint = self.viewpoints.place(np.zeros((num_envs, 2)))
        self.taken = np.zeros(num_envs, np.int64)
        self.reward = np.zeros(num_envs)
        self.path = np.repeat(self.viewpoint[:, None], self.protocol.views, axis=1)
        self._flow = FlowSensor(num_envs, self.protocol.camera, self.sensors)
        self._twist = np.zeros((num_envs, 6), np.float32)
        self._egomotion = np.broadcast_to(np.eye(4), (num_envs, 4, 4)).copy()
        self._commanded = self._egomotion.copy()
        self._collided = np.zeros(num_envs, bool)

    def prepare(self) -> None:
        if isinstance(self.viewpoints, GridViewpoints):
            self.viewpoints.grid.prepare()

    def close(self) -> None:
        self.viewpoints.close()

    @property
    def simulator_settings(self) -> dict[str, Any]:
        return self.viewpoints.simulator_settings

    def observation_space(self) -> spaces.Dict:
        protocol = self.protocol
        far = protocol.distance + 1.0 if protocol.viewpoints == "orbit" else _FARTHEST
        space = sensor_spaces(self.sensors, protocol.height, protocol.width, far)
        # a twist's translation is at most π/2 times the chord, which is at most the diameter of the orbit; that of a
        # camera that turns in place is 0, but a space wants some room
        reach = np.array([np.pi * max(protocol.distance, 1.0)] * 3 + [np.pi] * 3, np.float32) * np.float32(1.0001)
        space["egomotion"] = spaces.Box(-reach, reach, dtype=np.float32)
        if protocol.proprioception:
            limit = np.concatenate([_PROPRIOCEPTION_LIMITS[word] for word in protocol.proprioception])
            space["proprioception"] = spaces.Box(-limit, limit, dtype=np.float32)
        space["steps_left"] = spaces.Box(0, protocol.views - 1, (1,), np.int32)
        return spaces.Dict(space)

    def start(self, mask: NDArray[np.bool_], generators: Sequence[Any], options: dict[str, Any] | None) -> None:
        """Begin new episodes where ``mask`` (N,) is set; ``options`` may fix "scene" and "viewpoint"."""
        options = dict(options or {})
        for name in options:
            if name not in ("scene", "viewpoint"):
                raise unknown("reset option", name, ["scene", "viewpoint"])
        # drawn even where options replace them, so that the stream does not depend on the options
        unit = np.stack([generators[index].random(3) for index in np.flatnonzero(mask).tolist()])
        scenes, viewpoints = (unit[:, 0] * len(self.entries)).astype(np.int64), self.viewpoints.place(unit[:, 1:])
        if options.get("scene") is not None:
            scenes = asked("scene", options["scene"], self.num_envs, (), whole=True)[mask]
            if np.any(scenes < 0) or np.any(scenes >= len(self.entries)):
                raise UserError(
                    f"scenes {scenes.min()} to {scenes.max()}: split {self.split!r} has 0 to {len(self.entries) - 1}."
                )
        if options.get("viewpoint") is not None:
            whole = isinstance(self.viewpoints, GridViewpoints)
            viewpoints = asked("viewpoint", options["viewpoint"], self.num_envs, (2,), whole)[mask]
            self.viewpoints.check(viewpoints)
        # nothing has changed up to here, so that an episode goes on after options that are refused
        self.scene[mask], self.viewpoint[mask] = scenes, viewpoints
        self._noise.begin(mask, unit[:, 1:])
        self._flow.begin(mask)
        self.taken[mask] = 1
        self._twist[mask] = 0
        self._egomotion[mask] = self._commanded[mask] = np.eye(4)
        self._collided[mask] = False
        self.path[mask, 0] = self.viewpoint[mask]

    def step(self, mask: NDArray[np.bool_], actions: Any, generators: Sequence[Any]) -> None:
        """Move the cameras where ``mask`` (N,) is set."""
        actions = np.asarray(actions)
        if actions.shape != (self.num_envs, *(self.action_space.shape or ())):
            raise UserError(f"motions of shape {actions.shape}: {self.num_envs} environments take {self.action_space}.")
        if isinstance(self.action_space, spaces.Discrete):
            check_discrete(actions, self.action_space)
        elif not np.isfinite(actions).all() or np.abs(actions).max() > 1:
            raise UserError(f"motion {actions.ravel()[np.abs(actions).argmax()]} is not in {self.action_space}.")
        self._flow.move(mask)
        target = self.viewpoints.move(self.viewpoint, actions)
        motion, twist = self.viewpoints.egomotions(self.viewpoint, target)
        commanded, collided = self.viewpoints.commanded(self.viewpoint, actions, motion)
        if mask.all():
            self.viewpoint, self._egomotion, self._twist = target, motion, twist
            self._commanded, self._collided = commanded, collided
            self.taken += 1
        else:
            self.viewpoint = np.where(mask[:, None], target, self.viewpoint)
            self._egomotion = np.where(mask[:, None, None], motion, self._egomotion)
            self._twist = np.where(mask[:, None], twist, self._twist)
            self._commanded = np.where(mask[:, None, None], commanded, self._commanded)
            self._collided = np.where(mask, collided, self._collided)
            self.taken = self.taken + mask
        self.path[mask, self.taken[mask] - 1] = self.viewpoint[mask]

    @property
    def terminated(self) -> NDArray[np.bool_]:
        return self.taken >= self.protocol.views

    def observation(self) -> dict[str, NDArray]:
        """Batched arrays (N, …), made anew at every call."""
        images = self.viewpoints.look(self.scene, self.viewpoint, self._rendered)
        observation = {sensor: images[sensor] for sensor in self.sensors if sensor in images}
        if self._flow.wanted:
            observation |= self._flow.look(images["depth"], self.viewpoints.poses(self.viewpoint))
        self._noise.apply(observation, self.taken)
        observation["egomotion"] = self._twist.copy()
        if self.protocol.proprioception:
            observation["proprioception"] = self.protocol.sensed(self.viewpoints.angles(self.viewpoint))
        observation["steps_left"] = (self.protocol.views - self.taken)[:, None].astype(np.int32)
        return observation

    def info(self) -> dict[str, NDArray]:
        """Batched arrays (N, …): what the agent is not told."""
        return {
            "pose": self.viewpoints.poses(self.viewpoint),
            "egomotion": self._egomotion.copy(),
            "commanded": self._commanded.copy(),
            "collided": self._collided.copy(),
            "viewpoint": self.viewpoint.copy(),
            "scene": self.scene.copy(),
            "scene_id": self._scene_ids[self.scene],
            "label": self._labels[self.scene],
        }

    def draw(self, index: int, belief: NDArray | None) -> NDArray[np.uint8]:
        place = self.scene[index : index + 1], self.viewpoint[index : index + 1]
        return draw_episode(
            frame=self.viewpoints.look(*place, ("rgb",))["rgb"][0],
            angles=self.viewpoints.angles(self.path[index, : self.taken[index]]),
            views=self.protocol.views,
            classes=self.classes,
            label=int(self._labels[self.scene[index]]),
            belief=belief,
            scene_id=str(self._scene_ids[self.scene[index]]),
        )


_PROPRIOCEPTION_LIMITS = {
    "elevation": np.array([np.pi / 2 * 1.0001], np.float32),
    "azimuth": np.array([1.0, 1.0], np.float32),
}
