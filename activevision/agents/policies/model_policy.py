"""What policies on an observation model have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.config import AgentConfig
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.observation_model import ObservationModel
from activevision.agents.policies.viewpoint_memory import ViewpointMemory
from activevision.errors import UserError
from activevision.protocol import Protocol

if TYPE_CHECKING:
    from typing_extensions import Self

_BLOCK = 256
"""Episodes that are planned for together: what they need stays in the processor's cache."""
_EPISODES = 512
"""Validation episodes that an observation model is chosen by."""


class ModelPolicy(ABC):
    """Plans with an observation model and a Bayes filter of its own, so it goes with any fusion."""

    name: ClassVar[str]
    suffix: ClassVar[str] = ".npz"

    def __init__(self, model: ObservationModel, protocol: Protocol):
        """UserError where the model is of another view grid."""
        if not np.array_equal(model.protocol.twists, protocol.twists):
            raise UserError(
                f"policy {self.name!r} was trained on the view grid of protocol {model.protocol.name!r}, which that of "
                f"{protocol.name!r} is not: train it again."
            )
        self._model, self._protocol = model, protocol
        self._table = np.exp(model.table)
        self._memory = ViewpointMemory(model, protocol)

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        self._memory.observe(observation)
        joint, seen, left = self._memory.joint, self._memory.seen, observation["steps_left"][:, 0]
        blocks = [slice(start, start + _BLOCK) for start in range(0, len(left), _BLOCK)]
        return np.concatenate([self._choose(joint[block], seen[block], left[block]) for block in blocks])

    @abstractmethod
    def _choose(
        self, joint: NDArray[np.float32], seen: NDArray[np.bool_], left: NDArray[np.integer]
    ) -> NDArray[np.int64]:
        """Motions (N,) with p(class, viewpoint) (N, C, E, A), the views had (N, E, E, A; see ``ViewpointMemory``) and
        the number of motions left (N,)."""

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> Self:
        """With the observation model whose choices of views make ``fusion`` believe most in the true classes of
        validation scenes, over all views."""
        assert lessons.val_env is not None
        env = BeliefVectorEnv(lessons.val_env, lessons.val, fusion)

        def loss(model: ObservationModel) -> float:
            return -mean_truth(env, cls(model, lessons.protocol), seed)

        return cls(ObservationModel.fit(lessons, config.observation, seed, loss), lessons.protocol)

    def save(self, path: Path) -> None:
        self._model.save(path)

    @classmethod
    def load(cls, path: Path, protocol: Protocol, fusion: Fusion) -> Self:
        return cls(ObservationModel.load(path)[0], protocol)


def mean_truth(env: BeliefVectorEnv, policy: ModelPolicy, seed: int) -> float:
    """Mean log-probability of the true class over all views of some hundred episodes, whose starts follow from
    ``seed``."""
    total: list[float] = []
    for batch in range(-(-_EPISODES // env.num_envs)):
        observation, info = env.reset(seed=seed if batch == 0 else None)
        truth = np.arange(env.num_envs), info["label"]
        total.append(observation["belief"][truth].mean())
        for _ in range(int(observation["steps_left"].max())):
            observation, *_ = env.step(policy.act(observation, env.belief))
            total.append(observation["belief"][truth].mean())
    return float(np.mean(total))
