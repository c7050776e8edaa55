"""A policy learnt end to end from pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3 import PPO

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.config import AgentConfig, PixelPPOConfig
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.album import Album
from activevision.agents.policies.album_extractor import AlbumExtractor
from activevision.agents.policies.ppo import learnt, settings
from activevision.agents.policies.sb3_policy import SB3Policy, belief_env
from activevision.agents.watch import Watch
from activevision.protocol import Protocol


class PPOPixelsPolicy(SB3Policy):
    """PPO, rewarded as ``PPOPolicy`` is, of a convolutional network that nothing but this reward trains.

    It sees the frames of its episode, how it came to each, proprioception and the views that are left. Neither belief
    nor evidence nor the encoder's features are told to it: what it makes of the frames is its own. It begins with a
    warm-up, too, because of the same reward its gradient then says most.
    """

    name, algorithm = "ppo_pixels", PPO

    def __init__(self, model: PPO, protocol: Protocol):
        super().__init__(model, protocol)
        self._album = Album(protocol)

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        motion, _ = self._model.predict(self._album(observation), deterministic=True)
        return np.asarray(motion, np.int64)

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> PPOPixelsPolicy:
        return cls.train(belief_env(lessons, fusion), config.ppo_pixels, seed, lessons.watch)

    @classmethod
    def train(
        cls, env: BeliefVectorEnv, config: PixelPPOConfig, seed: int, watch: Watch | None = None
    ) -> PPOPixelsPolicy:
        """As ``PPOPolicy.train``."""
        protocol: Protocol = env.unwrapped.protocol  # type: ignore[attr-defined]
        arguments = settings(config, seed)
        arguments["policy_kwargs"] |= {
            "features_extractor_class": AlbumExtractor,
            "features_extractor_kwargs": {"channels": config.channels, "view_size": config.view_size},
        }
        return learnt(cls, "MultiInputPolicy", env, Album(protocol), config, arguments, watch)
