"""PPO that also learns when to stop looking."""

from __future__ import annotations

from activevision.agents.config import AgentConfig
from activevision.agents.fusion import Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.ppo import PPOPolicy
from activevision.agents.policies.sb3_policy import belief_env
from activevision.agents.stopping import StoppingVectorEnv


class PPOStopPolicy(PPOPolicy):
    """``PPOPolicy`` where a view costs ``config.view_price`` nats and an episode may be stopped at any view."""

    name, stops = "ppo_stop", True

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> PPOPolicy:
        beliefs = belief_env(lessons, fusion)
        return cls.train(StoppingVectorEnv(beliefs, config.view_price), config.ppo, seed, lessons.watch)
