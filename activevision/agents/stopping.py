"""The belief environment with stopping: an action that ends the episode, and a price for every view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.errors import UserError


class StoppingVectorEnv(VectorWrapper):
    """Lets the agent stop looking, so that when to decide is learnt as well.

    ## Action space
    Discrete(M + 1): a motion, or M = ``len(protocol.motions)``, which stops.

    ## Rewards
    For a motion the belief environment's, less ``view_price`` (nats) for the view that it brings; for stopping 0. An
    episode's rewards add up to the gain of its last belief over its first, less the price of the views in between.

    ## Episode end
    Terminated where it stops, with observation and info as they were, or after T views. Who resets begins the next.

    env: in autoreset mode DISABLED; UserError for another one, and for a price below 0.
    """

    def __init__(self, env: BeliefVectorEnv, view_price: float):
        super().__init__(env)
        if env.metadata.get("autoreset_mode") != AutoresetMode.DISABLED:
            raise UserError("episodes that stop are reset by who runs them: choose autoreset_mode DISABLED.")
        if not view_price >= 0:
            raise UserError(f"view_price={view_price}: a view costs 0 nats or more.")
        base: Any = env.unwrapped
        self._beliefs, self._view_price = env, view_price
        self._stop, self._stay = len(base.protocol.motions), base.protocol.stay
        self.single_action_space = spaces.Discrete(self._stop + 1)
        self.action_space = batch_space(self.single_action_space, env.num_envs)
        self._stopped = np.zeros(env.num_envs, bool)
        self._observation: Mapping[str, Any] = {}
        self._info: Mapping[str, Any] = {}

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[dict[str, NDArray], dict]:
        mask = (options or {}).get("reset_mask")
        observation, info = self.env.reset(seed=seed, options=options)
        self._stopped = np.zeros(self.num_envs, bool) if mask is None else self._stopped & ~mask
        return self._told(observation, info)

    def step(self, actions: NDArray) -> tuple[dict[str, NDArray], NDArray, NDArray, NDArray, dict[str, Any]]:
        if self._stopped.any():
            raise gymnasium.error.ResetNeeded("step() of stopped episodes: reset them with options['reset_mask'].")
        actions = np.asarray(actions)
        if not self.action_space.contains(actions):
            raise UserError(f"motions {actions} are not all in {self.single_action_space}: choose some that are.")
        self._stopped = actions == self._stop
        # the cameras of stopped episodes stay, and nobody is told what they then see
        observation, reward, terminated, truncated, info = self.env.step(np.where(self._stopped, self._stay, actions))
        reward = np.where(self._stopped, 0.0, reward - self._view_price)
        observation, info = self._told(observation, info)
        return observation, reward, terminated | self._stopped, truncated & ~self._stopped, info

    def prospects(self) -> NDArray[np.float64]:
        """(N, M + 1) the reward that each action would bring now; see ``BeliefVectorEnv.prospects``."""
        gains = self._beliefs.prospects() - self._view_price
        return np.concatenate([gains, np.zeros((self.num_envs, 1))], axis=1)

    def _told(self, observation: dict[str, NDArray], info: dict[str, Any]) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """Observation and info, those of stopped episodes as they were before."""
        self._observation, self._info = (
            _as_before(self._stopped, before, now)
            for before, now in ((self._observation, observation), (self._info, info))
        )
        return dict(self._observation), dict(self._info)


def _as_before(mask: NDArray[np.bool_], before: Mapping[str, Any], now: Mapping[str, Any]) -> Mapping[str, Any]:
    if not mask.any():
        return now
    kept = {name: np.array(value) for name, value in now.items()}
    for name, value in kept.items():
        value[mask] = before[name][mask]
    return kept
