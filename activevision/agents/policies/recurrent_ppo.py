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
from activevision.agents.policies.ppo import settings
from activevision.agents.policies.sb3_policy import Progress, SB3Policy, followed, rows, training
from activevision.agents.policies.warm_up import warm_up
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
        assert lessons.train_env is not None
        beliefs = BeliefVectorEnv(lessons.train_env, lessons.train, fusion)
        return cls.train(beliefs, config.recurrent_ppo, seed, lessons.watch)

    @classmethod
    def train(
        cls, env: BeliefVectorEnv, config: RecurrentPPOConfig, seed: int, watch: Watch | None = None
    ) -> RecurrentPPOPolicy:
        """As ``PPOPolicy.train``."""
        protocol: Protocol = env.unwrapped.protocol  # type: ignore[attr-defined]
        vec_env, steps = rows(env, seed), config.warm_up + config.steps
        with training(cls.name, seed, steps) as advance:
            arguments = settings(config, seed)
            arguments["policy_kwargs"] |= {"lstm_hidden_size": config.hidden}
            model = RecurrentPPO("MlpLstmPolicy", vec_env, **arguments)
            followed(model, watch, lambda: cls(model, protocol), steps)
            if config.warm_up:
                nothing = torch.zeros(1, env.num_envs, config.hidden)

                policy: Any = model.policy  # typed as if it had no memory

                def actor(inputs: Any, memory: Any, begins: torch.Tensor) -> tuple[Any, Any]:
                    choice, memory = policy.get_distribution(inputs, memory or (nothing, nothing), begins)
                    return choice.distribution, memory

                warm_up(policy, actor, env, policy_input, config, advance, window=protocol.views - 1, watch=watch)
            model.learn(config.steps, callback=Progress(advance))
        return cls(model, protocol)
