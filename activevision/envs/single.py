"""The single-environment face of a task."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike, NDArray

from activevision.envs.task import Task, TaskFacts
from activevision.errors import unknown


class TaskEnv(TaskFacts, gymnasium.Env[dict[str, NDArray], Any]):
    """One episode of a task at a time. ``render_mode``: "rgb_array" draws the episode so far, or None."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 2}  # noqa: RUF012  (Gymnasium's own convention)

    def __init__(self, task: Task, render_mode: str | None):
        check_render_mode(render_mode)
        self.task = task
        self.render_mode = render_mode
        self.action_space = task.action_space
        self.observation_space: spaces.Space = task.observation_space()
        self._belief: NDArray | None = None
        self._ended = False
        self._all = np.ones(1, bool)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray], dict[str, Any]]:
        super().reset(seed=seed)
        self.task.start(self._all, [self.np_random], options)
        self._belief, self._ended = None, False
        return first(self.task.observation()), first(self.task.info())

    def step(self, action: Any) -> tuple[dict[str, NDArray], float, bool, bool, dict[str, Any]]:
        if self.task.taken[0] == 0:
            raise gymnasium.error.ResetNeeded("step() before reset(): call reset() first.")
        if self._ended:
            raise gymnasium.error.ResetNeeded("step() of an ended episode: call reset() first.")
        self.task.step(self._all, _batch(action), [self.np_random])
        self._ended = bool(self.task.terminated[0])
        observation, info = first(self.task.observation()), first(self.task.info())
        return observation, float(self.task.reward[0]), self._ended, False, info

    def show_belief(self, belief: ArrayLike | None) -> None:
        """Probabilities (C,) for ``render`` to draw beside the view, from whoever does the recognising."""
        self._belief = None if belief is None else np.asarray(belief, np.float64)

    def close(self) -> None:
        """Release the scenes and what renders them."""
        self.task.close()

    def render(self) -> NDArray[np.uint8] | None:
        if self.render_mode is None:
            gymnasium.logger.warn("render() without a render_mode: make the environment with render_mode='rgb_array'.")
            return None
        return self.task.draw(0, self._belief)


def first(batch: dict[str, NDArray]) -> dict[str, Any]:
    return {name: value[0] for name, value in batch.items()}


def _batch(action: Any) -> Any:
    """The action as a batch of one, as vector environments take it."""
    if isinstance(action, dict):
        return {name: _batch(part) for name, part in action.items()}
    return np.asarray(action)[None]


def check_render_mode(render_mode: str | None) -> None:
    if render_mode not in (None, "rgb_array"):
        raise unknown("render_mode", str(render_mode), ["rgb_array"])
