"""``AnsweringTask``: a task in which the agent says something after every view, the last one included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from activevision.envs.sensor_spaces import FLOWS
from activevision.envs.task import Task

_MOVED = {"egomotion", "commanded", "collided"} | {
    f"{flow}{part}" for flow in FLOWS for part in ("", "_valid", "_covisible")
}
"""What tasks say of the last motion."""


class AnsweringTask(Task):
    """Another task with one action more: an episode of T views has T actions, and the last one moves nothing.

    For agents that answer with every action (a class, a completed view grid), so that what the last view told them
    counts. The observation after the last action is the last view again: no egomotion, no steps left.

    task: what is looked at. answers: (N,) actions of each episode so far.
    """

    def __init__(self, task: Task):
        self.task = task
        self.num_envs, self.protocol = task.num_envs, task.protocol
        self.catalogue, self.split, self.classes, self.entries = task.catalogue, task.split, task.classes, task.entries
        self.action_space = task.action_space
        self.taken, self.reward = task.taken, np.zeros(task.num_envs)
        self.answers = np.zeros(task.num_envs, np.int64)
        self._ended = np.zeros(task.num_envs, bool)

    def prepare(self) -> None:
        self.task.prepare()

    def close(self) -> None:
        self.task.close()

    @property
    def simulator_settings(self) -> dict[str, Any]:
        return self.task.simulator_settings

    def observation_space(self) -> spaces.Dict:
        space = dict(self.task.observation_space().spaces)
        left = space["steps_left"]
        assert isinstance(left, spaces.Box)
        space["steps_left"] = spaces.Box(left.low, left.high + 1, dtype=np.int32)
        return spaces.Dict(space)

    def start(self, mask: NDArray[np.bool_], generators: Sequence[Any], options: dict[str, Any] | None) -> None:
        self.task.start(mask, generators, options)
        self.taken = self.task.taken
        self.answers[mask] = 0
        self._ended = self._ended & ~mask

    def step(self, mask: NDArray[np.bool_], actions: Any, generators: Sequence[Any]) -> None:
        last = mask & self.task.terminated
        self.task.step(mask & ~last, actions, generators)
        self.taken = self.task.taken
        self.reward = np.where(last, 0.0, self.task.reward)
        self.answers += mask
        self._ended = self._ended | last

    @property
    def terminated(self) -> NDArray[np.bool_]:
        return self._ended

    def observation(self) -> dict[str, NDArray]:
        observation = self.task.observation()
        for name in _MOVED & observation.keys():
            observation[name][self._ended] = 0
        observation["steps_left"] += ~self._ended[:, None]
        return observation

    def info(self) -> dict[str, NDArray]:
        info = self.task.info()
        for name in _MOVED & info.keys():
            info[name][self._ended] = 0 if info[name].ndim == 1 else np.eye(4)
        return info

    def draw(self, index: int, belief: NDArray | None) -> NDArray[np.uint8]:
        return self.task.draw(index, belief)
