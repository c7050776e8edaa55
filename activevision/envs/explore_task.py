"""The task behind Explore-v0: N episodes of a camera that moves about in rooms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from activevision.envs.actuation import ActuationNoise, get_actuation
from activevision.envs.explore_aim import Aim, Views
from activevision.envs.explore_drawing import TopViews, draw_exploration
from activevision.envs.explore_motion import ContinuousMotions, DiscreteMotions, Limits, Stance, realised
from activevision.envs.explore_places import Places
from activevision.envs.flow_sensor import FlowSensor
from activevision.envs.sensor_noise import NoiseChoice, SensorNoise
from activevision.envs.sensor_spaces import rendered, sensor_spaces
from activevision.envs.task import Task, asked, noted
from activevision.errors import UserError, unknown
from activevision.explore_protocol import TASKS, ExploreProtocol, get_explore_protocol
from activevision.geometry import egomotion, log_se3
from activevision.machine import give_memory_back, spread
from activevision.progress import progress
from activevision.scenes import Catalogue, get_catalogue
from activevision.simulators.registry import SimulatorFactory, get_simulator

_FARTHEST = 1000.0  # metres: what a depth image may hold
_OPTIONS = ("scene", "viewpoint", "goal")
_MANY = 4  # new scenes at once that are worth a progress bar


class ExploreTask(Task):
    """A camera that moves about in a scene, for one of the aims in ``explore_aim``.

    The arguments are those of the environment. Attributes that others may read beside those of ``Task``: sensors, aim,
    places, scene (N,), stance (N rows), path (N, T, 4) the viewpoints of each episode so far.
    """

    protocol: ExploreProtocol

    def __init__(
        self,
        num_envs: int,
        *,
        catalogue: str | Catalogue = "rooms-procedural",
        split: str = "train",
        task: str | None = None,
        protocol: str | ExploreProtocol | None = None,
        sensors: Sequence[str] = ("rgb",),
        simulator: str | SimulatorFactory | None = None,
        noise: str | ActuationNoise | None = None,
        sensor_noise: NoiseChoice | None = None,
        catalogue_options: dict[str, Any] | None = None,
        **changes: Any,
    ):
        self._rendered = rendered(sensors)
        if num_envs < 1:
            raise UserError(f"vector environment with num_envs={num_envs}: it needs at least 1.")
        self._noise = None if noise is None else get_actuation(noise)
        self._sensor_noise = SensorNoise(num_envs, sensor_noise, sensors)
        self.protocol = noted(
            _protocol(task, protocol, changes), "noise", "none" if noise is None else repr(self._noise)
        )
        self.protocol = noted(self.protocol, "sensor_noise", self._sensor_noise.name)
        self.catalogue = get_catalogue(catalogue, **(catalogue_options or {}))
        self.split = split
        self.classes = tuple(self.catalogue.classes)
        self.entries = tuple(self.catalogue.scenes(split))
        self.sensors = tuple(sensors)
        self.places = Places(self.entries, self.protocol, get_simulator(simulator, self.catalogue))
        self._top_views = TopViews(self.places)
        self.aim = self._make_aim(num_envs)
        kind = DiscreteMotions if self.protocol.action == "discrete" else ContinuousMotions
        self._motions: DiscreteMotions | ContinuousMotions = kind(self.protocol)
        self._limits = Limits(self.protocol)
        self.action_space = self._motions.action_space
        self.num_envs = num_envs
        self._labels = np.array([self.classes.index(entry.label) for entry in self.entries])
        self._scene_ids = np.array([entry.id for entry in self.entries])
        self._known = np.zeros(len(self.entries), bool)
        self.scene = np.zeros(num_envs, np.int64)
        self.stance = Stance(np.zeros((num_envs, 3)), np.zeros(num_envs), np.zeros((num_envs, 3)))
        self.taken = np.zeros(num_envs, np.int64)
        self.reward = np.zeros(num_envs)
        self.path = np.zeros((num_envs, self.protocol.views, 4))
        self._images: dict[str, NDArray] = {}
        self._flow = FlowSensor(num_envs, self.protocol.camera, self.sensors)
        self._collided = np.zeros(num_envs, bool)
        self._commanded = np.broadcast_to(np.eye(4), (num_envs, 4, 4)).copy()
        self._egomotion = self._commanded.copy()

    def _make_aim(self, num_envs: int) -> Aim:
        if self.protocol.task == "find":
            from activevision.envs.explore_find import Find

            return Find(num_envs, self.protocol, self.places, self.catalogue)
        if self.protocol.task == "cover":
            from activevision.envs.explore_cover import Cover

            return Cover(num_envs, self.protocol, self.places)
        return Aim(num_envs)

    @property
    def simulator_settings(self) -> dict[str, Any]:
        return self.places.simulator.settings

    def observation_space(self) -> spaces.Dict:
        protocol = self.protocol
        # what noise adds to a motion has no bound, but is far below this
        reach = np.array([max(10 * protocol.locomotion.step, 1.0)] * 3 + [np.pi] * 3, np.float32) * np.float32(1.0001)
        space: dict[str, spaces.Space] = sensor_spaces(self.sensors, protocol.height, protocol.width, _FARTHEST)
        space["egomotion"] = spaces.Box(-reach, reach, dtype=np.float32)
        space["proprioception"] = spaces.Box(*self._limits.proprioception, dtype=np.float32)
        space["collided"] = spaces.Box(0, 1, (1,), np.int8)
        space["steps_left"] = spaces.Box(0, protocol.views - 1, (1,), np.int32)
        return spaces.Dict({**space, **self.aim.spaces()})

    def start(self, mask: NDArray[np.bool_], generators: Sequence[Any], options: dict[str, Any] | None) -> None:
        """Begin new episodes where ``mask`` (N,) is set; ``options`` may fix "scene", "viewpoint" and "goal"."""
        options = {name: value for name, value in (options or {}).items() if value is not None}
        for name in options:
            if name not in _OPTIONS:
                raise unknown("reset option", name, _OPTIONS)
        rows = np.flatnonzero(mask)
        # each start has a stream of its own, so that the environment's does not depend on scene and options
        streams = [np.random.default_rng(generators[row].integers(2**63)) for row in rows.tolist()]
        scenes = np.array([int(stream.random() * len(self.entries)) for stream in streams])
        if "scene" in options:
            scenes = asked("scene", options["scene"], self.num_envs, (), whole=True)[rows]
            if np.any(scenes < 0) or np.any(scenes >= len(self.entries)):
                raise UserError(
                    f"scenes {scenes.min()} to {scenes.max()}: split {self.split!r} has 0 to {len(self.entries) - 1}."
                )
        self._prepare(scenes)
        luck = np.array([stream.random(2) for stream in streams])
        feet = np.stack([self.places.area(i).sample(s, 1)[0] for i, s in zip(scenes.tolist(), streams, strict=True)])
        angles = np.stack([luck[:, 0] * 2 * np.pi - np.pi, np.zeros(len(rows)), np.zeros(len(rows))], axis=1)
        if "viewpoint" in options:
            viewpoints = asked("viewpoint", options["viewpoint"], self.num_envs, (4,), whole=False)[rows]
            feet, angles[:, :2] = self._check_viewpoints(scenes, viewpoints), viewpoints[:, 2:]
        goals = None
        if "goal" in options:
            goals = asked("goal", options["goal"], self.num_envs, (), whole=True)[rows]
            self.aim.check(scenes, goals)
        # nothing has changed up to here, so that an episode goes on after options that are refused
        self._sensor_noise.begin(mask, luck)
        self._flow.begin(mask)
        self.scene[rows] = scenes
        self.stance[rows] = Stance(feet, np.full(len(rows), self.protocol.eye_height), angles)
        self.taken[rows] = 1
        self._commanded[rows] = self._egomotion[rows] = np.eye(4)
        self._collided[rows] = False
        self.path[rows, 0] = self.stance[rows].viewpoints
        self.aim.begin(self._look(rows), luck[:, 1], goals)

    def step(self, mask: NDArray[np.bool_], actions: Any, generators: Sequence[Any]) -> None:
        """Move the cameras where ``mask`` (N,) is set."""
        actions = np.asarray(actions)
        if actions.shape != (self.num_envs, *(self.action_space.shape or ())):
            raise UserError(f"motions of shape {actions.shape}: {self.num_envs} environments take {self.action_space}.")
        self._motions.check(actions)
        rows = np.flatnonzero(mask)
        if not len(rows):
            return
        self._flow.move(mask)
        stance = self.stance[rows]
        poses = stance.poses
        commanded = self._motions.commanded(stance, actions[rows])
        motion = commanded
        if self._noise is not None:
            motion = realised(stance, commanded, self._noise, [generators[row] for row in rows.tolist()])
        reached, collided = self._limits.reach(stance, poses @ motion, self.scene[rows], self.places.area)
        self.stance[rows] = reached
        self._commanded[rows], self._collided[rows] = commanded, collided
        self._egomotion[rows] = egomotion(poses, reached.poses)
        self.path[rows, self.taken[rows]] = reached.viewpoints
        self.taken[rows] += 1
        self.reward[rows] = self.aim.judge(self._look(rows))

    @property
    def terminated(self) -> NDArray[np.bool_]:
        return (self.taken >= self.protocol.views) | self.aim.done

    def observation(self) -> dict[str, NDArray]:
        """Batched arrays (N, …), made anew at every call."""
        motion = self._egomotion if self.protocol.odometry == "realised" else self._commanded
        images = {sensor: self._images[sensor].copy() for sensor in self.sensors if sensor in self._images}
        if self._flow.wanted:
            images |= self._flow.look(self._images["depth"], self.stance.poses)
        self._sensor_noise.apply(images, self.taken)
        return {
            **images,
            "egomotion": log_se3(motion).astype(np.float32),
            "proprioception": self._limits.sensed(self.stance),
            "collided": self._collided[:, None].astype(np.int8),
            "steps_left": (self.protocol.views - self.taken)[:, None].astype(np.int32),
            **self.aim.observation(),
        }

    def info(self) -> dict[str, NDArray]:
        """Batched arrays (N, …): what the agent is not told."""
        return {
            "pose": self.stance.poses,
            "egomotion": self._egomotion.copy(),
            "commanded": self._commanded.copy(),
            "collided": self._collided.copy(),
            "viewpoint": self.stance.viewpoints,
            "scene": self.scene.copy(),
            "scene_id": self._scene_ids[self.scene],
            "label": self._labels[self.scene],
            **self.aim.info(),
        }

    def prepare(self) -> None:
        self._prepare(np.arange(len(self.entries)))

    def close(self) -> None:
        self.places.simulator.close()
        give_memory_back()  # of rooms that several threads have made ready

    def _prepare(self, scenes: NDArray[np.int64]) -> None:
        """Load the scenes that are not known yet, and find out what they offer."""
        new = np.unique(scenes[~self._known[scenes]]).tolist()
        if len(new) < _MANY:
            for scene in new:
                self._learn(scene)
            return
        # loading is Python, but trees and light are built without its lock
        threads = 1 if getattr(self.places.simulator, "one_thread", False) else None
        with progress("Preparing scenes", len(new), "scenes") as advance:
            for _ in spread(self._learn, new, threads):
                advance(1)

    def _learn(self, scene: int) -> None:
        self.places.prepare(scene)
        self.aim.prepare(scene)
        self._known[scene] = True

    def _look(self, rows: NDArray[np.int64]) -> Views:
        """Render what the cameras of these rows see, all in one call."""
        sensors = tuple(dict.fromkeys((*self._rendered, *self.aim.sensors)))
        poses = self.stance[rows].poses
        images = self.places.simulator.render(self.scene[rows], poses, self.protocol.camera, sensors)
        if len(rows) == self.num_envs:
            self._images = images
        else:
            for sensor, image in images.items():
                if sensor not in self._images:
                    self._images[sensor] = np.zeros((self.num_envs, *image.shape[1:]), image.dtype)
                self._images[sensor][rows] = image
        return Views(rows, self.scene[rows], poses, images)

    def _check_viewpoints(self, scenes: NDArray[np.int64], viewpoints: NDArray[np.float64]) -> NDArray[np.float64]:
        """Floor points (n, 3) of viewpoints (n, 4); UserError for one that a camera cannot take."""
        limit = self._limits.angle[1]
        tilts = viewpoints[:, 3]
        if not np.isfinite(viewpoints).all() or np.abs(tilts).max() > limit + 1e-9:
            raise UserError(
                f"viewpoint {viewpoints[np.abs(tilts).argmax()].tolist()}: give (x, z, heading, tilt) in metres and "
                f"radians, with the tilt within ±{limit:.3f}."
            )
        places = zip(scenes.tolist(), viewpoints[:, :2].tolist(), strict=True)
        return np.stack([self.places.stand(scene, x, z) for scene, (x, z) in places])

    def draw(self, index: int, belief: NDArray | None) -> NDArray[np.uint8]:
        scene = int(self.scene[index])
        return draw_exploration(
            self.places,
            self._top_views(scene, float(self.stance.feet[index, 1])),
            scene,
            self.stance[np.array([index])],
            path=self.path[index, : self.taken[index]],
            protocol=self.protocol,
            marks=self.aim.marks(index, scene),
            collided=bool(self._collided[index]),
            title=str(self._scene_ids[scene]),
            classes=self.classes,
            label=int(self._labels[scene]),
            belief=belief,
        )


def _protocol(task: str | None, protocol: str | ExploreProtocol | None, changes: dict[str, Any]) -> ExploreProtocol:
    """The preset of a task, or the protocol given, with single settings changed."""
    if protocol is None:
        task = task or "room"
        if task not in TASKS:
            raise unknown("task", task, TASKS)
        protocol = f"explore-{task}"
    elif task is not None:
        changes = {**changes, "task": task}
    return get_explore_protocol(protocol, **changes)
