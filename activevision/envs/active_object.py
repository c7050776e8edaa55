"""``activevision/ActiveObject-v0``: a camera on a sphere round an object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from activevision.envs.object_task import Motion, ObjectTask, TaskFacts
from activevision.errors import UserError, unknown
from activevision.protocol import Protocol
from activevision.scenes import Catalogue
from activevision.simulators.view_grid import SimulatorFactory


class ActiveObjectEnv(TaskFacts, gymnasium.Env[dict[str, NDArray], Any]):
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
    - ``catalogue``: "procedural", "furniture", "furniture-all", a folder of meshes, or a Catalogue.
      ``catalogue_options``: its options.
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


class ActiveObjectVectorEnv(TaskFacts, VectorEnv[dict[str, NDArray], NDArray, NDArray]):
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
