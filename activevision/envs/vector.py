"""The vector-environment face of a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from activevision.envs.single import check_render_mode
from activevision.envs.task import Task, TaskFacts
from activevision.errors import unknown


class TaskVectorEnv(TaskFacts, VectorEnv[dict[str, NDArray], Any, NDArray]):
    """N episodes of a task in one batch; each gives what the single environment gives for its seed.

    ``autoreset_mode`` as in Gymnasium: NEXT_STEP, SAME_STEP (final observations in ``info``) or DISABLED (the caller
    resets with ``options={"reset_mask": …}``).
    """

    metadata = {  # noqa: RUF012
        "render_modes": ["rgb_array"],
        "render_fps": 2,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(self, task: Task, render_mode: str | None, autoreset_mode: AutoresetMode | str):
        check_render_mode(render_mode)
        self.task = task
        num_envs = task.num_envs
        self.num_envs = num_envs
        self.render_mode = render_mode
        modes = {mode.value: mode for mode in AutoresetMode}
        if autoreset_mode not in (*modes, *AutoresetMode):
            raise unknown("autoreset_mode", str(autoreset_mode), modes)
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**type(self).metadata, "autoreset_mode": self.autoreset_mode}
        self.single_action_space = task.action_space
        self.single_observation_space = task.observation_space()
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

    def step(self, actions: Any) -> tuple[dict[str, NDArray], NDArray, NDArray, NDArray, dict[str, Any]]:
        if not self.task.taken.all():
            raise gymnasium.error.ResetNeeded("step() before reset(): call reset() first.")
        if self.autoreset_mode == AutoresetMode.DISABLED and self._done.any():
            raise gymnasium.error.ResetNeeded("step() of ended episodes: reset them first with options['reset_mask'].")
        ended = self._done
        self.task.step(~ended, actions, self._generators)
        reward = np.where(ended, 0.0, self.task.reward)
        if ended.any():
            self.task.start(ended, self._generators, None)
        terminated = self.task.terminated & ~ended
        observation, info = self.task.observation(), self.task.info()
        self._done = terminated
        infos = self._masked(info, self._all)
        if self.autoreset_mode == AutoresetMode.SAME_STEP and terminated.any():
            observation, infos = self._restart(terminated, observation, info)
        return observation, reward, terminated, np.zeros(self.num_envs, bool), infos

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

    def close_extras(self, **_: Any) -> None:
        """Release the scenes and what renders them; ``close`` calls it, once."""
        self.task.close()

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        if self.render_mode is None:
            return None
        beliefs = [None] * self.num_envs if self._belief is None else list(self._belief)
        return tuple(self.task.draw(index, belief) for index, belief in enumerate(beliefs))

    @staticmethod
    def _masked(info: dict[str, NDArray], mask: NDArray[np.bool_]) -> dict[str, Any]:
        """Gymnasium's form of vector infos: every key beside a mask of the environments that it speaks of."""
        return {**info, **{f"_{name}": mask.copy() for name in info}}
