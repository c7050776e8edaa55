"""A task of three motions that any learner must manage: the last of them has to be the one that a cue names."""

from types import SimpleNamespace

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv

_VIEWS = 4


class CueTask(VectorEnv):
    """Has the observations of a belief environment, of which the feature is the cue: at every view, or the first alone.

    The reward of the last motion is 1 where it is right, all others are 0.
    """

    metadata = {"autoreset_mode": AutoresetMode.DISABLED}  # noqa: RUF012

    def __init__(self, num_envs, first_view_only):
        self.num_envs, self._first_view_only = num_envs, first_view_only
        self.protocol = SimpleNamespace(name="cue", views=_VIEWS, motions=np.zeros((2, 2), int), stay=0)
        self.single_action_space = spaces.Discrete(2)
        self._generator = np.random.default_rng(0)
        self.cue, self._left = np.zeros(num_envs, int), np.zeros(num_envs, int)

    def reset(self, *, seed=None, options=None):
        if seed is not None:
            self._generator = np.random.default_rng(seed)
        begin = (options or {}).get("reset_mask", np.ones(self.num_envs, bool))
        self.cue[begin] = self._generator.integers(2, size=begin.sum())
        self._left[begin] = _VIEWS - 1
        return self._observation(), {}

    def step(self, actions):
        self._left -= 1
        done = self._left == 0
        reward = (done & (actions == self.cue)).astype(float)
        return self._observation(), reward, done, np.zeros(self.num_envs, bool), {}

    def prospects(self):
        return np.where(self._left[:, None] == 1, np.eye(2)[self.cue], 0.0)

    def _observation(self):
        told = (self._left == _VIEWS - 1) | (not self._first_view_only)
        nothing = np.zeros((self.num_envs, 2), np.float32)
        return {
            "belief": nothing, "evidence": nothing, "path": np.zeros((self.num_envs, _VIEWS - 1, 3), np.float32),
            "feature": np.where(told[:, None], np.eye(2, dtype=np.float32)[self.cue], 0),
            "steps_left": self._left[:, None].astype(np.int32),
        }  # fmt: skip


def share_right(policy, first_view_only):
    """Of 400 episodes whose cues the policy has not been trained with."""
    env = CueTask(400, first_view_only)
    observation, _ = env.reset(seed=12345)
    for _ in range(_VIEWS - 1):
        observation, reward, *_ = env.step(policy.act(observation, None))
    return reward.mean()
