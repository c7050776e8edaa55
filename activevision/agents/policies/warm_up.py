"""How actors begin that then learn by trial: from what every motion would bring at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from stable_baselines3.common.policies import BasePolicy

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.config import PPOConfig
from activevision.agents.sb3 import Preprocess
from activevision.agents.stopping import StoppingVectorEnv
from activevision.agents.watch import Watch

Actor = Callable[[Any, Any, torch.Tensor], tuple[torch.distributions.Categorical, Any]]
"""From observations, the memory of the episodes and where (N,) they begin to distributions over actions, and the memory
after that."""


def warm_up(
    policy: BasePolicy,
    actor: Actor,
    env: BeliefVectorEnv | StoppingVectorEnv,
    preprocess: Preprocess,
    config: PPOConfig,
    advance: Callable[[int], None],
    window: int = 1,
    watch: Watch | None = None,
) -> None:
    """Train the weights of ``policy`` that ``actor`` depends on.

    On the training scenes it is known what every motion brings, whichever is taken. So the gradient of the expected
    reward of one step, Σ_a π(a | s) r(s, a), takes no sampling of actions (Allen et al., *Mean actor-critic*, 2017; an
    all-action policy gradient), only of states, which are those that the policy itself comes to. What it cannot learn
    from one step's reward is to plan; that is left to the algorithm which goes on from here.

    config: of it the number of states, learning rate and entropy. window: steps between two updates, through which the
    gradient goes back by way of the memory. watch: is told of the reward to be expected of a step, and of the entropy
    of the choice.
    """
    updates = max(config.warm_up // (env.num_envs * window), 1)
    optimiser = torch.optim.Adam(policy.parameters(), lr=config.learning_rate)
    policy.set_training_mode(True)
    observation, _ = env.reset()
    begins, memory = torch.ones(env.num_envs), None
    for update in range(updates):
        loss = torch.zeros(())
        for _ in range(window):
            reward = torch.from_numpy(env.prospects()).float()
            inputs, _ = policy.obs_to_tensor(preprocess(observation))
            distribution, memory = actor(inputs, memory, begins)
            expected, entropy = (distribution.probs * reward).sum(dim=1).mean(), distribution.entropy().mean()
            loss = loss - (expected + config.entropy * entropy) / window
            observation, _, terminated, truncated, _ = env.step(distribution.sample().numpy())
            done = terminated | truncated
            if done.any():
                observation, _ = env.reset(options={"reset_mask": done})
            begins = torch.from_numpy(done).float()
        optimiser.param_groups[0]["lr"] = config.learning_rate * (1 - update / updates)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimiser.step()
        memory = None if memory is None else tuple(part.detach() for part in memory)
        if watch is not None:
            figures = {"expected_reward": expected, "entropy": entropy}
            watch.note({f"warm_up/{name}": float(value.detach()) for name, value in figures.items()})
        advance(env.num_envs * window)
