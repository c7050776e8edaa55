"""A policy learnt by deep Q-learning on the belief state."""

from __future__ import annotations

from stable_baselines3 import DQN
from stable_baselines3.common.utils import LinearSchedule

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.config import AgentConfig, DQNConfig
from activevision.agents.fusion import Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.sb3_policy import Progress, SB3Policy, belief_env, followed, rows, training
from activevision.agents.watch import Watch

_LOG_EVERY = 100  # episodes


class DQNPolicy(SB3Policy):
    """Deep Q-learning (Mnih et al. 2015) of the gain in log-probability of the true class."""

    name, algorithm = "dqn", DQN

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> DQNPolicy:
        return cls.train(belief_env(lessons, fusion), config.dqn, seed, lessons.watch)

    @classmethod
    def train(cls, env: BeliefVectorEnv, config: DQNConfig, seed: int, watch: Watch | None = None) -> DQNPolicy:
        """Train on an environment in autoreset mode DISABLED."""
        protocol = env.unwrapped.protocol  # type: ignore[attr-defined]
        vec_env = rows(env, seed)
        with training(cls.name, seed, config.steps) as advance:
            model = DQN(
                "MlpPolicy",
                vec_env,
                learning_rate=LinearSchedule(config.learning_rate, 0.0, 1.0),
                buffer_size=config.buffer,
                learning_starts=config.batch_size,
                batch_size=config.batch_size,
                gamma=config.gamma,
                train_freq=1,  # a step of all environments
                gradient_steps=config.updates,
                target_update_interval=config.target_every,
                exploration_fraction=config.exploration,
                policy_kwargs={"net_arch": list(config.layers)},
                seed=seed,
                device="cpu",
            )
            followed(model, watch, lambda: cls(model, protocol), config.steps)
            model.learn(config.steps, callback=Progress(advance), log_interval=_LOG_EVERY)
        return cls(model, protocol)
