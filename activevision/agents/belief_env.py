"""The belief environment: a vector environment whose observation holds the belief and whose reward is its gain."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from activevision.agents.evidence import Evidence, EvidenceTable, Recogniser
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.prospects import prospects
from activevision.errors import UserError
from activevision.geometry import invert

LEAST_LOG_PROBABILITY = -12.0
"""Beliefs are observed and rewarded no lower than this, so that no single mistake outweighs a whole batch."""


class BeliefVectorEnv(VectorWrapper):
    """Adds recogniser and fusion to a vector environment, so that choosing views is a task with a reward.

    ## Observation space
    The environment's own, and
    | key | space | meaning |
    |---|---|---|
    | belief | Box (C,) float32 | log-probabilities of the classes after all views so far |
    | evidence | Box (C,) float32 | log-posterior of the present view alone |
    | feature | Box (D,) float32 | the encoder's description of the present view |
    | path | Box (T − 1, 3) float32 | where the camera was, in its present frame, latest first; zeros for no view |

    ## Rewards
    The gain in log-probability of the true class that the new view brings. An episode's rewards add up to the
    log-probability at its end less that after its first view.

    Works with autoreset modes NEXT_STEP and DISABLED. ``belief`` and ``info`` hold the latest batch.
    """

    def __init__(self, env: VectorEnv, recogniser: Recogniser, fusion: Fusion):
        super().__init__(env)
        base: Any = env.unwrapped
        if env.metadata.get("autoreset_mode") == AutoresetMode.SAME_STEP:
            raise UserError("a belief environment needs every last view: choose autoreset_mode NEXT_STEP or DISABLED.")
        if tuple(base.classes) != tuple(recogniser.classes):
            raise UserError(
                f"the recogniser knows {len(recogniser.classes)} classes, the environment shows {len(base.classes)} "
                "others: train it on the same catalogue."
            )
        self._recogniser, self._fusion = recogniser, fusion
        classes, steps = len(recogniser.classes), base.protocol.views - 1
        everything = np.float32(np.finfo(np.float32).max)
        self.single_observation_space = spaces.Dict(
            {
                **env.single_observation_space.spaces,  # type: ignore[attr-defined]
                "belief": spaces.Box(LEAST_LOG_PROBABILITY, 0.0, (classes,), np.float32),
                "evidence": spaces.Box(LEAST_LOG_PROBABILITY, 0.0, (classes,), np.float32),
                "feature": spaces.Box(-everything, everything, (recogniser.feature_size,), np.float32),
                "path": spaces.Box(-everything, everything, (steps, 3), np.float32),
            }
        )
        self.observation_space = batch_space(self.single_observation_space, env.num_envs)
        self.belief: Belief = fusion.init(env.num_envs)
        self.evidence: Evidence | None = None
        self.info: dict[str, Any] = {}
        self._path = np.zeros((env.num_envs, steps, 3))
        self._done = np.zeros(env.num_envs, bool)

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[dict[str, NDArray], dict]:
        mask = (options or {}).get("reset_mask")
        observation, self.info = self.env.reset(seed=seed, options=options)
        fresh = np.ones(self.num_envs, bool) if mask is None else mask
        self.evidence = self._recogniser.evidence(observation, self.info)
        first = self._fusion.update(self._fusion.init(self.num_envs), self.evidence, observation["egomotion"])
        self.belief = first.where(fresh, self.belief)
        self._path[fresh] = 0
        self._done = self._done & ~fresh
        return self._observation(observation), self.info

    def step(self, actions: NDArray) -> tuple[dict[str, NDArray], NDArray, NDArray, NDArray, dict[str, Any]]:
        before = self._truth()
        observation, _, terminated, truncated, self.info = self.env.step(actions)
        restarted = self._done  # under NEXT_STEP these environments were reset instead of moved
        self.evidence = self._recogniser.evidence(observation, self.info)
        prior = self._fusion.init(self.num_envs).where(restarted, self.belief)
        self.belief = self._fusion.update(prior, self.evidence, observation["egomotion"])
        self._remember(observation["steps_left"][:, 0])
        self._path[restarted] = 0
        self._done = terminated | truncated
        reward = np.where(restarted, 0.0, self._truth() - before)
        return self._observation(observation), reward, terminated, truncated, self.info

    def prospects(self) -> NDArray[np.float64]:
        """(N, M) the reward that each motion would bring now, for who trains on all that the scenes can show.

        UserError where the recogniser is no table: nothing but a table tells of views that were not taken.
        """
        if not isinstance(self._recogniser, EvidenceTable):
            raise UserError("what every motion would bring is told by a table of evidence alone: train with one.")
        protocol = self.env.unwrapped.protocol  # type: ignore[attr-defined]
        after = prospects(self._recogniser, self._fusion, protocol, self.belief, self.info)
        return np.maximum(after, LEAST_LOG_PROBABILITY).astype(np.float64) - self._truth()[:, None]

    def _remember(self, steps_left: NDArray[np.integer]) -> None:
        """Carry the earlier positions into the frame of the camera after its motion, and add the one that it left."""
        now_from_before = invert(self.info["egomotion"])
        earlier = np.concatenate([np.zeros((self.num_envs, 1, 3)), self._path[:, :-1]], axis=1)
        moved = np.einsum("nij,nkj->nki", now_from_before[:, :3, :3], earlier) + now_from_before[:, None, :3, 3]
        taken = self._path.shape[1] - steps_left
        self._path = np.where(np.arange(self._path.shape[1])[:, None] < taken[:, None, None], moved, 0.0)

    def _truth(self) -> NDArray[np.float64]:
        log_probs = self.belief.log_probs[np.arange(self.num_envs), self.info["label"]]
        return np.maximum(log_probs, LEAST_LOG_PROBABILITY).astype(np.float64)

    def _observation(self, observation: dict[str, NDArray]) -> dict[str, NDArray]:
        assert self.evidence is not None
        return {
            **observation,
            "belief": self.belief.log_probs.clip(LEAST_LOG_PROBABILITY, 0.0),
            "evidence": self.evidence.log_likelihood.clip(LEAST_LOG_PROBABILITY, 0.0),
            "feature": self.evidence.feature,
            "path": self._path.astype(np.float32),
        }
