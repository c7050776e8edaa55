"""A Gymnasium vector environment as stable-baselines3 expects it, without a Python loop over its copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

Rows: TypeAlias = NDArray | dict[str, NDArray]
"""Observations of N environments: an array (N, …), or several by name."""

Preprocess = Callable[[Mapping[str, Any]], Rows]


class SB3VecEnv(VecEnv):
    """Makes rows of observations by ``preprocess`` and begins a new episode in the step that ends the last, of whose
    return and length the algorithm is then told.

    env: in autoreset mode DISABLED. preprocess: batched observation → what the algorithm sees. observation_space: of
    one row.
    """

    def __init__(self, env: VectorEnv, preprocess: Preprocess, observation_space: spaces.Space):
        if env.metadata.get("autoreset_mode") != AutoresetMode.DISABLED:
            raise ValueError("SB3VecEnv resets by itself: make the environment with AutoresetMode.DISABLED")
        self._env, self._preprocess = env, preprocess
        self._actions: NDArray = np.zeros(0)
        self._return, self._length = np.zeros(env.num_envs), np.zeros(env.num_envs, np.int64)
        super().__init__(env.num_envs, observation_space, env.single_action_space)

    def reset(self) -> Rows:
        seeds = self._seeds if any(seed is not None for seed in self._seeds) else None
        observation, _ = self._env.reset(seed=seeds)  # type: ignore[arg-type]  # a list is allowed
        self._reset_seeds()
        self._return[:], self._length[:] = 0, 0
        return self._preprocess(observation)

    def step_async(self, actions: NDArray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[Rows, NDArray, NDArray, list[dict]]:
        observation, reward, terminated, truncated, _ = self._env.step(self._actions)
        rows = self._preprocess(observation)
        done = terminated | truncated
        infos: list[dict] = [{} for _ in range(self.num_envs)]
        self._return += reward
        self._length += 1
        if done.any():
            for index in np.flatnonzero(done).tolist():
                cut = bool(truncated[index])
                infos[index] = {
                    "terminal_observation": _row(rows, index), "TimeLimit.truncated": cut,
                    "episode": {"r": float(self._return[index]), "l": int(self._length[index])},
                }  # fmt: skip
            self._return[done], self._length[done] = 0, 0
            observation, _ = self._env.reset(options={"reset_mask": done})
            rows = self._preprocess(observation)  # of the other environments what they were
        return rows, reward.astype(np.float32), done, infos

    def close(self) -> None:
        self._env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self._env, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError("the copies of a native vector environment have no attributes of their own")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        raise NotImplementedError("the copies of a native vector environment have no methods of their own")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * len(list(self._get_indices(indices)))


def _row(rows: Rows, index: int) -> Rows:
    return {name: value[index] for name, value in rows.items()} if isinstance(rows, dict) else rows[index]
