"""A policy learnt by proximal policy optimisation on the belief state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.utils import LinearSchedule

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.config import AgentConfig, PPOConfig
from activevision.agents.fusion import Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.policy_input import policy_input
from activevision.agents.policies.sb3_policy import (
    Progress,
    SB3Policy,
    Trained,
    belief_env,
    followed,
    rows,
    training,
)
from activevision.agents.policies.warm_up import Actor, warm_up
from activevision.agents.sb3 import Preprocess
from activevision.agents.stopping import StoppingVectorEnv
from activevision.agents.watch import Watch


class PPOPolicy(SB3Policy):
    """Proximal policy optimisation (Schulman et al. 2017) of the gain in log-probability of the true class.

    The actor begins with what every motion would bring at once (``warm_up``), from which PPO goes on.
    """

    name, algorithm = "ppo", PPO

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> PPOPolicy:
        return cls.train(belief_env(lessons, fusion), config.ppo, seed, lessons.watch)

    @classmethod
    def train(
        cls, env: BeliefVectorEnv | StoppingVectorEnv, config: PPOConfig, seed: int, watch: Watch | None = None
    ) -> PPOPolicy:
        """Train on an environment in autoreset mode DISABLED.

        UserError where the actor is to be warmed up and the recogniser of ``env`` is no table.
        """
        return learnt(cls, "MlpPolicy", env, policy_input, config, settings(config, seed), watch)


def _without_memory(policy: Any) -> Actor:
    return lambda inputs, memory, begins: (policy.get_distribution(inputs).distribution, None)


def learnt(
    kind: type[Trained],
    network: str,
    env: BeliefVectorEnv | StoppingVectorEnv,
    preprocess: Preprocess,
    config: PPOConfig,
    arguments: dict[str, Any],
    watch: Watch | None,
    actor: Callable[[Any], Actor] = _without_memory,
    window: int = 1,
) -> Trained:
    """The policy that the algorithm of ``kind``, a PPO, comes to after the warm-up.

    network: as stable-baselines3 calls it. preprocess: what the network sees of an observation. arguments: ``settings``
    of the same ``config``, to which more may have been added. actor: that of a network, for the warm-up and its
    ``window``.
    """
    seed, protocol = arguments["seed"], env.unwrapped.protocol  # type: ignore[attr-defined]
    vec_env, steps = rows(env, seed, preprocess), config.warm_up + config.steps
    with training(kind.name, seed, steps) as advance:
        model: Any = kind.algorithm(network, vec_env, **arguments)
        followed(model, watch, lambda: kind(model, protocol), steps)
        if config.warm_up:
            warm_up(model.policy, actor(model.policy), env, preprocess, config, advance, window, watch)
        model.learn(config.steps, callback=Progress(advance))
    return kind(model, protocol)


def settings(config: PPOConfig, seed: int) -> dict[str, Any]:
    """What PPO is made with, whatever its network."""
    return {
        "n_steps": config.rollout_steps,
        "batch_size": config.batch_size,
        "n_epochs": config.epochs,
        "learning_rate": LinearSchedule(config.learning_rate, 0.0, 1.0),
        "gamma": config.gamma,
        "gae_lambda": config.gae_lambda,
        "ent_coef": config.entropy,
        "policy_kwargs": {"net_arch": list(config.layers)},
        "seed": seed,
        "device": "cpu",
    }
