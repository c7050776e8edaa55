"""``activevision/ActiveObject-v0``: a camera on a sphere round an object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from activevision.camera import Camera
from activevision.envs.drawing import draw_episode
from activevision.envs.viewpoints import OrbitGrid, OrbitSphere, ViewpointSpace
from activevision.errors import UserError, unknown
from activevision.protocol import Protocol, get_protocol
from activevision.scenes import Catalogue, Entry, get_catalogue
from activevision.simulators.simulator import SENSORS, check_sensors
from activevision.simulators.view_grid import SimulatorFactory, ViewGrid, default_simulator

Motion = Literal["grid", "continuous"]


class ObjectTask:
    """The state of N episodes and what follows from it; the single and the vector environment are its two faces.

    Attributes that others may read: entries, classes, catalogue, split, protocol, sensors, viewpoints, scene (N,),
    viewpoint (N, d), taken (N,) views of each episode so far, path (N, T, d) their viewpoints.
    """

    def __init__(
        self,
        num_envs: int,
        catalogue: str | Catalogue,
        split: str,
        protocol: str | Protocol,
        motion: Motion,
        sensors: Sequence[str],
        simulator: SimulatorFactory | None,
        catalogue_options: dict[str, Any] | None,
    ):
        check_sensors(sensors)
        self.protocol = get_protocol(protocol)
        if self.protocol.views < 2:
            raise UserError(f"protocol {self.protocol.name!r} has T=1: an environment needs T of at least 2 to move.")
        self.catalogue = get_catalogue(catalogue, **(catalogue_options or {}))
        self.split = split
        self.classes = tuple(self.catalogue.classes)
        self.entries: tuple[Entry, ...] = tuple(self.catalogue.scenes(split))
        self.sensors = tuple(sensors)
        self.viewpoints: ViewpointSpace
        if motion == "grid":
            grid = ViewGrid(self.entries, self.protocol, sensors, simulator or default_simulator)
            self.viewpoints = OrbitGrid(grid)
        elif motion == "continuous":
            self.viewpoints = OrbitSphere(self.entries, self.protocol, simulator or default_simulator)
        else:
            raise unknown("motion", motion, ["grid", "continuous"])
        self.num_envs = num_envs
        self._labels = np.array([self.classes.index(entry.label) for entry in self.entries])
        self._scene_ids = np.array([entry.id for entry in self.entries])
        self.scene = np.zeros(num_envs, np.int64)
        self.viewpoint = self.viewpoints.place(np.zeros((num_envs, 2)))
        self.taken = np.zeros(num_envs, np.int64)
        self.path = np.repeat(self.viewpoint[:, None], self.protocol.views, axis=1)
        self._twist = np.zeros((num_envs, 6), np.float32)
        self._egomotion = np.broadcast_to(np.eye(4), (num_envs, 4, 4)).copy()

    def observation_space(self) -> spaces.Dict:
        protocol = self.protocol
        height, width = protocol.height, protocol.width
        limits = {"rgb": (0, 255), "depth": (0.0, protocol.distance + 1.0)}
        space: dict[str, spaces.Space] = {}
        for sensor in self.sensors:
            tail, kind = SENSORS[sensor]
            low, high = limits.get(sensor, (0, np.iinfo(np.int32).max))
            space[sensor] = spaces.Box(low, high, (height, width, *tail), kind)
        # a twist's translation is at most π/2 times the chord, which is at most the diameter of the orbit
        reach = np.array([np.pi * protocol.distance] * 3 + [np.pi] * 3, np.float32) * np.float32(1.0001)
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
        self.scene[mask] = (unit[:, 0] * len(self.entries)).astype(np.int64)
        self.viewpoint[mask] = self.viewpoints.place(unit[:, 1:])
        if options.get("scene") is not None:
            scenes = np.broadcast_to(np.asarray(options["scene"], np.int64), self.num_envs)
            if np.any(scenes < 0) or np.any(scenes >= len(self.entries)):
                raise UserError(
                    f"scenes {scenes.min()} to {scenes.max()}: split {self.split!r} has 0 to {len(self.entries) - 1}."
                )
            self.scene[mask] = scenes[mask]
        if options.get("viewpoint") is not None:
            viewpoints = self.viewpoints.check(options["viewpoint"])
            self.viewpoint[mask] = np.broadcast_to(viewpoints, self.viewpoint.shape)[mask]
        self.taken[mask] = 1
        self._twist[mask] = 0
        self._egomotion[mask] = np.eye(4)
        self.path[mask, 0] = self.viewpoint[mask]

    def step(self, mask: NDArray[np.bool_], actions: NDArray) -> None:
        """Move the cameras where ``mask`` (N,) is set."""
        target = self.viewpoints.move(self.viewpoint, actions)
        motion, twist = self.viewpoints.egomotions(self.viewpoint, target)
        if mask.all():
            self.viewpoint, self._egomotion, self._twist = target, motion, twist
            self.taken += 1
        else:
            self.viewpoint = np.where(mask[:, None], target, self.viewpoint)
            self._egomotion = np.where(mask[:, None, None], motion, self._egomotion)
            self._twist = np.where(mask[:, None], twist, self._twist)
            self.taken = self.taken + mask
        self.path[mask, self.taken[mask] - 1] = self.viewpoint[mask]

    @property
    def terminated(self) -> NDArray[np.bool_]:
        return self.taken >= self.protocol.views

    def observation(self) -> dict[str, NDArray]:
        """Batched arrays (N, …), made anew at every call."""
        observation = {sensor: self.viewpoints.look(self.scene, self.viewpoint, sensor) for sensor in self.sensors}
        observation["egomotion"] = self._twist.copy()
        if self.protocol.proprioception:
            angles = self.viewpoints.angles(self.viewpoint)
            parts = [_PROPRIOCEPTION[word](angles) for word in self.protocol.proprioception]
            observation["proprioception"] = np.concatenate(parts, axis=1).astype(np.float32)
        observation["steps_left"] = (self.protocol.views - self.taken)[:, None].astype(np.int32)
        return observation

    def info(self) -> dict[str, NDArray]:
        """Batched arrays (N, …): what the agent is not told."""
        return {
            "pose": self.viewpoints.poses(self.viewpoint),
            "egomotion": self._egomotion.copy(),
            "viewpoint": self.viewpoint.copy(),
            "scene": self.scene.copy(),
            "scene_id": self._scene_ids[self.scene],
            "label": self._labels[self.scene],
        }

    def draw(self, index: int, belief: NDArray | None) -> NDArray[np.uint8]:
        return draw_episode(
            frame=self.viewpoints.look(self.scene[index : index + 1], self.viewpoint[index : index + 1], "rgb")[0],
            angles=self.viewpoints.angles(self.path[index, : self.taken[index]]),
            views=self.protocol.views,
            classes=self.classes,
            label=int(self._labels[self.scene[index]]),
            belief=belief,
            scene_id=str(self._scene_ids[self.scene[index]]),
        )


_PROPRIOCEPTION = {
    "elevation": lambda angles: angles[:, :1],
    "azimuth": lambda angles: np.stack([np.sin(angles[:, 1]), np.cos(angles[:, 1])], axis=1),
}
_PROPRIOCEPTION_LIMITS = {
    "elevation": np.array([np.pi / 2 * 1.0001], np.float32),
    "azimuth": np.array([1.0, 1.0], np.float32),
}


class ActiveObjectEnv(gymnasium.Env[dict[str, NDArray], Any]):
    """A camera on a sphere round an object: see it from a few viewpoints, and choose which.

    ## Description
    An object, scaled to unit radius, is at the centre of a sphere. The camera is on the sphere, looks at the centre,
    and starts at a random viewpoint. A step moves it to a neighbouring viewpoint. The episode ends after T views. What
    the object is, is for the agent to tell; the label is in ``info`` and nowhere in the observation.

    ## Action space
    ``motion="grid"``: Discrete(size of the protocol's neighbourhood), an index into ``protocol.motions`` (steps
    in elevation and azimuth, raster order, staying in the middle). ``motion="continuous"``: Box(−1, 1, (2,), float32),
    elevation and azimuth, where ±1 is the farthest motion of the neighbourhood.

    ## Observation space
    | key | space | meaning |
    |---|---|---|
    | rgb, or each of ``sensors`` | Box (H, W, 3) uint8 | the view; depth in metres (unit: object radius), ids int32 |
    | egomotion | Box (6,) float32 | twist [v, ω] of the last step, in the frame before it; zeros at the start |
    | proprioception | Box (P,) float32 | as the protocol allows: elevation in rad; azimuth as (sin, cos) |
    | steps_left | Box (1,) int32 | motions left |

    ## Rewards
    Always 0: what a view is worth depends on the recogniser. ``activevision.agents.belief_env`` pays for belief.

    ## Starting state
    Scene and viewpoint uniform. ``reset(options={"scene": index, "viewpoint": (row, column)})`` fixes either.

    ## Episode end
    Terminated after ``protocol.views`` views; never truncated.

    ## Info
    pose (4, 4) ``world_from_camera`` and egomotion (4, 4) ``camera_t_from_camera_t1`` float64; viewpoint; scene (index
    into the split), scene_id, label (index into ``classes``).

    ## Arguments
    - ``catalogue``: "procedural", "furniture", a folder of meshes, or a Catalogue. ``catalogue_options``: its options.
    - ``split``: "train", "val" or "test".
    - ``protocol``: name of a preset or a Protocol.
    - ``motion``: "grid" (views rendered once and cached) or "continuous" (rendered as they are seen).
    - ``sensors``: of rgb, depth, instance, category.
    - ``simulator``: callable from scenes to a Simulator; Embree unless given.
    - ``render_mode``: "rgb_array" draws view, path and belief (``show_belief``) together.

    ## Version history
    - v0: first version.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 2}  # noqa: RUF012  (Gymnasium's own convention)

    def __init__(
        self,
        catalogue: str | Catalogue = "procedural",
        split: str = "train",
        protocol: str | Protocol = "look-around",
        motion: Motion = "grid",
        sensors: Sequence[str] = ("rgb",),
        simulator: SimulatorFactory | None = None,
        catalogue_options: dict[str, Any] | None = None,
        render_mode: str | None = None,
    ):
        _check_render_mode(render_mode)
        self.task = ObjectTask(1, catalogue, split, protocol, motion, sensors, simulator, catalogue_options)
        self.render_mode = render_mode
        self.action_space = self.task.viewpoints.action_space
        self.observation_space: spaces.Space = self.task.observation_space()
        self._belief: NDArray | None = None
        self._all = np.ones(1, bool)

    @property
    def protocol(self) -> Protocol:
        return self.task.protocol

    @property
    def camera(self) -> Camera:
        return self.task.protocol.camera

    @property
    def classes(self) -> tuple[str, ...]:
        return self.task.classes

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.task.entries

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray], dict[str, Any]]:
        super().reset(seed=seed)
        self._belief = None
        self.task.start(self._all, [self.np_random], options)
        return self._first(self.task.observation()), self._first(self.task.info())

    def step(self, action: Any) -> tuple[dict[str, NDArray], float, bool, bool, dict[str, Any]]:
        if self.task.taken[0] == 0:
            raise gymnasium.error.ResetNeeded("step() before reset(): call reset() first.")
        if not self.action_space.contains(action):
            raise UserError(f"motion {action!r} is not in {self.action_space}: choose one that is.")
        self.task.step(self._all, np.asarray(action)[None])
        observation, info = self._first(self.task.observation()), self._first(self.task.info())
        return observation, 0.0, bool(self.task.terminated[0]), False, info

    def show_belief(self, belief: ArrayLike | None) -> None:
        """Probabilities (C,) for ``render`` to draw beside the view, from whoever does the recognising."""
        self._belief = None if belief is None else np.asarray(belief, np.float64)

    def render(self) -> NDArray[np.uint8] | None:
        if self.render_mode is None:
            gymnasium.logger.warn("render() without a render_mode: make the environment with render_mode='rgb_array'.")
            return None
        return self.task.draw(0, self._belief)

    @staticmethod
    def _first(batch: dict[str, NDArray]) -> dict[str, Any]:
        return {name: value[0] for name, value in batch.items()}


class ActiveObjectVectorEnv(VectorEnv[dict[str, NDArray], NDArray, NDArray]):
    """N copies of ``ActiveObjectEnv`` in one batch; a copy gives what the single environment gives for its seed.

    ``autoreset_mode`` as in Gymnasium: NEXT_STEP, SAME_STEP (final observations in ``info``) or DISABLED (the caller
    resets with ``options={"reset_mask": …}``). The other arguments are those of ``ActiveObjectEnv``.
    """

    metadata = {  # noqa: RUF012
        "render_modes": ["rgb_array"],
        "render_fps": 2,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        catalogue: str | Catalogue = "procedural",
        split: str = "train",
        protocol: str | Protocol = "look-around",
        motion: Motion = "grid",
        sensors: Sequence[str] = ("rgb",),
        simulator: SimulatorFactory | None = None,
        catalogue_options: dict[str, Any] | None = None,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    ):
        _check_render_mode(render_mode)
        if num_envs < 1:
            raise UserError(f"vector environment with num_envs={num_envs}: it needs at least 1.")
        self.task = ObjectTask(num_envs, catalogue, split, protocol, motion, sensors, simulator, catalogue_options)
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**type(self).metadata, "autoreset_mode": self.autoreset_mode}
        self.single_action_space = self.task.viewpoints.action_space
        self.single_observation_space = self.task.observation_space()
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._generators = [seeding.np_random()[0] for _ in range(num_envs)]
        self._done = np.zeros(num_envs, bool)
        self._belief: NDArray | None = None
        self._all = np.ones(num_envs, bool)

    @property
    def protocol(self) -> Protocol:
        return self.task.protocol

    @property
    def camera(self) -> Camera:
        return self.task.protocol.camera

    @property
    def classes(self) -> tuple[str, ...]:
        return self.task.classes

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.task.entries

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray], dict[str, Any]]:
        options = dict(options or {})
        mask = options.pop("reset_mask", None)
        mask = self._all if mask is None else np.asarray(mask, bool)
        if mask.shape != (self.num_envs,) or not mask.any():
            raise ValueError(f"reset_mask must be ({self.num_envs},) with at least one True, got shape {mask.shape}")
        if isinstance(seed, int | np.integer):
            seed = [int(seed) + i for i in range(self.num_envs)]
        if seed is not None:
            if len(seed) != self.num_envs:
                raise ValueError(f"{len(seed)} seeds for {self.num_envs} environments: give as many as there are.")
            for index in np.flatnonzero(mask).tolist():
                if seed[index] is not None:
                    self._generators[index] = seeding.np_random(seed[index])[0]
        self.task.start(mask, self._generators, options)
        self._belief = None
        self._done = np.where(mask, False, self._done)
        return self.task.observation(), self._masked(self.task.info(), mask)

    def step(self, actions: NDArray) -> tuple[dict[str, NDArray], NDArray, NDArray, NDArray, dict[str, Any]]:
        if not self.task.taken.all():
            raise gymnasium.error.ResetNeeded("step() before reset(): call reset() first.")
        actions = np.asarray(actions)
        if actions.shape != self.action_space.shape:
            raise UserError(f"motions of shape {actions.shape}: {self.num_envs} environments take {self.action_space}.")
        if isinstance(self.single_action_space, spaces.Discrete) and (
            actions.min() < 0 or actions.max() >= self.single_action_space.n
        ):
            raise UserError(f"motion {actions.max()} is not in {self.single_action_space}: choose one that is.")
        if self.autoreset_mode == AutoresetMode.DISABLED and self._done.any():
            raise gymnasium.error.ResetNeeded("step() of ended episodes: reset them first with options['reset_mask'].")
        ended = self._done
        self.task.step(~ended, actions)
        if ended.any():
            self.task.start(ended, self._generators, None)
        terminated = self.task.terminated & ~ended
        observation, info = self.task.observation(), self.task.info()
        self._done = terminated
        infos = self._masked(info, self._all)
        if self.autoreset_mode == AutoresetMode.SAME_STEP and terminated.any():
            observation, infos = self._restart(terminated, observation, info)
        zeros = np.zeros(self.num_envs)
        return observation, zeros, terminated, np.zeros(self.num_envs, bool), infos

    def _restart(
        self, terminated: NDArray[np.bool_], observation: dict[str, NDArray], info: dict[str, NDArray]
    ) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """Begin the next episodes at once; the last observations of the ended ones go into ``info``."""
        final_observations = np.full(self.num_envs, None, dtype=object)
        for index in np.flatnonzero(terminated):
            final_observations[index] = {name: value[index] for name, value in observation.items()}
        self.task.start(terminated, self._generators, None)
        self._done = np.zeros(self.num_envs, bool)
        infos = self._masked(self.task.info(), self._all)
        infos["final_obs"], infos["_final_obs"] = final_observations, terminated.copy()
        infos["final_info"], infos["_final_info"] = self._masked(info, terminated), terminated.copy()
        return self.task.observation(), infos

    def show_belief(self, belief: ArrayLike | None) -> None:
        """Probabilities (N, C) for ``render`` to draw beside the views."""
        self._belief = None if belief is None else np.asarray(belief, np.float64)

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        if self.render_mode is None:
            return None
        beliefs = [None] * self.num_envs if self._belief is None else list(self._belief)
        return tuple(self.task.draw(index, belief) for index, belief in enumerate(beliefs))

    @staticmethod
    def _masked(info: dict[str, NDArray], mask: NDArray[np.bool_]) -> dict[str, Any]:
        """Gymnasium's form of vector infos: every key beside a mask of the environments that it speaks of."""
        return {**info, **{f"_{name}": mask.copy() for name in info}}


def _check_render_mode(render_mode: str | None) -> None:
    if render_mode not in (None, "rgb_array"):
        raise unknown("render_mode", str(render_mode), ["rgb_array"])
