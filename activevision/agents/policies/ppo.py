"""A policy learnt by proximal policy optimisation on the belief state."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from activevision.agents.belief_env import LEAST_LOG_PROBABILITY, BeliefVectorEnv
from activevision.agents.config import AgentConfig, PPOConfig
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.sb3 import SB3VecEnv
from activevision.errors import UserError
from activevision.files import atomic_write
from activevision.progress import progress
from activevision.protocol import Protocol


def policy_input(observation: Mapping[str, Any]) -> NDArray[np.float32]:
    """The belief state (N, K) that the network sees, each part scaled to about unit range.

    Belief and evidence as probabilities and as log-probabilities, the feature at unit length, where the camera
    was, proprioception, steps left. No frame: what is in it, evidence and feature say.
    """
    feature = observation["feature"]
    steps_left = observation["steps_left"]
    parts = [
        np.exp(observation["belief"]),
        1 - observation["belief"] / LEAST_LOG_PROBABILITY,
        np.exp(observation["evidence"]),
        feature * (np.sqrt(feature.shape[1]) / (np.linalg.norm(feature, axis=1, keepdims=True) + 1e-6)),
        observation["path"].reshape(len(feature), -1),
        steps_left == np.arange(observation["path"].shape[1] + 1),
    ]
    if "proprioception" in observation:
        parts.append(observation["proprioception"])
    return np.concatenate(parts, axis=1).astype(np.float32)


class PPOPolicy:
    """Takes the likeliest motion of a trained actor."""

    name, suffix = "ppo", ".zip"

    def __init__(self, model: PPO):
        self._model = model

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        motion, _ = self._model.predict(policy_input(observation), deterministic=True)
        return np.asarray(motion, np.int64)

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> PPOPolicy:
        assert lessons.train_env is not None
        beliefs = BeliefVectorEnv(lessons.train_env, lessons.train, fusion)
        return train_ppo(beliefs, config.ppo, seed, lessons.logs)

    def save(self, path: Path) -> None:
        with atomic_write(path) as file:
            self._model.save(file)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path, protocol: Protocol, fusion: Fusion) -> PPOPolicy:
        try:
            with path.open("rb") as file:
                return cls(PPO.load(file, device="cpu"))
        except FileNotFoundError:
            raise UserError(f"no policy {path}: give a folder that `activevision train` wrote.") from None
        except (zipfile.BadZipFile, ValueError, KeyError, RuntimeError, EOFError) as error:
            raise UserError(f"policy {path} is damaged ({error}): delete it and train again.") from None


def train_ppo(env: BeliefVectorEnv, config: PPOConfig, seed: int, log_dir: Path | None = None) -> PPOPolicy:
    """Train on a belief environment in autoreset mode DISABLED; TensorBoard events go to ``log_dir``."""
    observation, _ = env.reset(seed=seed)
    size = policy_input(observation).shape[1]
    space = spaces.Box(-np.inf, np.inf, (size,), np.float32)
    # SB3 seeds torch for the whole process; what others draw must not depend on whether a policy was trained before
    with torch.random.fork_rng(), progress(f"Training PPO (seed {seed})", config.steps, "steps") as advance:
        model = PPO(
            "MlpPolicy",
            SB3VecEnv(env, policy_input, space),
            n_steps=config.rollout_steps,
            batch_size=config.batch_size,
            n_epochs=config.epochs,
            learning_rate=lambda left: config.learning_rate * left,
            gamma=config.gamma,
            gae_lambda=config.gae_lambda,
            ent_coef=config.entropy,
            policy_kwargs={"net_arch": list(config.layers)},
            tensorboard_log=None if log_dir is None else str(log_dir),
            seed=seed,
            device="cpu",
        )
        model.learn(config.steps, callback=_Advance(advance), tb_log_name="ppo")
    return PPOPolicy(model)


class _Advance(BaseCallback):
    def __init__(self, advance: Any):
        super().__init__()
        self._advance = advance

    def _on_step(self) -> bool:
        self._advance(self.training_env.num_envs)
        return True
