"""PPO whose actor and critic remember the episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib import RecurrentPPO

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.config import AgentConfig, RecurrentPPOConfig
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.policy import begins
from activevision.agents.policies.policy_input import policy_input
from activevision.agents.policies.ppo import learnt, settings
from activevision.agents.policies.sb3_policy import SB3Policy, belief_env
from activevision.agents.policies.warm_up import Actor
from activevision.agents.watch import Watch
from activevision.protocol import Protocol


class RecurrentPPOPolicy(SB3Policy):
    """PPO with an LSTM in actor and critic, whose state is kept from view to view of an episode.

    What the views before looked like it may remember; the belief state holds only what they said of the classes.
    """

    name, algorithm = "recurrent_ppo", RecurrentPPO

    def __init__(self, model: RecurrentPPO, protocol: Protocol):
        super().__init__(model, protocol)
        self._state: tuple[NDArray[np.float32], ...] | None = None

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        start = begins(observation, self._protocol)
        if self._state is not None and self._state[0].shape[1] != len(start):
            self._state = None
        motion, self._state = self._model.predict(policy_input(observation), self._state, start, deterministic=True)
        return np.asarray(motion, np.int64)

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> RecurrentPPOPolicy:
        return cls.train(belief_env(lessons, fusion), config.recurrent_ppo, seed, lessons.watch)

    @classmethod
    def train(
        cls, env: BeliefVectorEnv, config: RecurrentPPOConfig, seed: int, watch: Watch | None = None
    ) -> RecurrentPPOPolicy:
        """As ``PPOPolicy.train``."""
        protocol: Protocol = env.unwrapped.protocol  # type: ignore[attr-defined]
        arguments = settings(config, seed)
        arguments["policy_kwargs"] |= {"lstm_hidden_size": config.hidden}
        nothing = torch.zeros(1, env.num_envs, config.hidden)

        def remembering(policy: Any) -> Actor:
            def actor(inputs: Any, memory: Any, begins: torch.Tensor) -> tuple[Any, Any]:
                choice, memory = policy.get_distribution(inputs, memory or (nothing, nothing), begins)
                return choice.distribution, memory

            return actor

        return learnt(
            cls, "MlpLstmPolicy", env, policy_input, config, arguments, watch, remembering, protocol.views - 1
        )
