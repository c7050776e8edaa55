"""PPO that also learns when to stop looking."""

from __future__ import annotations

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.config import AgentConfig
from activevision.agents.fusion import Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.ppo import PPOPolicy
from activevision.agents.stopping import StoppingVectorEnv


class PPOStopPolicy(PPOPolicy):
    """``PPOPolicy`` where a view costs ``config.view_price`` nats and an episode may be stopped at any view."""

    name, stops = "ppo_stop", True

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> PPOPolicy:
        assert lessons.train_env is not None
        beliefs = BeliefVectorEnv(lessons.train_env, lessons.train, fusion)
        return cls.train(StoppingVectorEnv(beliefs, config.view_price), config.ppo, seed, lessons.watch)
