"""The interface of evidence fusion."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from activevision.agents.config import AgentConfig
from activevision.agents.evidence import Evidence
from activevision.agents.lessons import Lessons


class Belief(NamedTuple):
    """The fused state over the classes of N episodes.

    log_probs: (N, C) float32, normalised. state: (N, S) float32, whatever the fusion needs to go on.
    """

    log_probs: NDArray[np.float32]
    state: NDArray[np.float32]

    def where(self, mask: NDArray[np.bool_], other: Belief) -> Belief:
        """This belief where ``mask`` (N,) is set, the other elsewhere."""
        return Belief(*(np.where(mask[:, None], a, b) for a, b in zip(self, other, strict=True)))

    def repeat(self, times: int) -> Belief:
        """Every row ``times`` times in a row: (N · times, …)."""
        return Belief(*(np.repeat(array, times, axis=0) for array in self))


class Fusion(Protocol):
    """Turns a stream of evidence into a belief. Stateless itself: all that changes is in the belief."""

    name: str

    def init(self, batch: int) -> Belief:
        """The belief before the first view: every class alike."""
        ...

    def update(self, belief: Belief, evidence: Evidence, egomotion: NDArray[np.float32]) -> Belief:
        """The belief after one more view of each episode; ``egomotion`` (N, 6) is the twist that led to the view."""
        ...


class FittedFusion(Fusion, Protocol):
    """A fusion that an agent's folder keeps. suffix: of its file."""

    suffix: ClassVar[str]

    @classmethod
    def fit(cls, lessons: Lessons, config: AgentConfig, seed: int) -> FittedFusion:
        """Fitted to ``lessons``; same seed, same fusion. UserError where it cannot learn from them."""
        ...

    def save(self, path: Path) -> None: ...

    @classmethod
    def load(cls, path: Path) -> FittedFusion:
        """What ``save`` wrote; UserError if it is missing or damaged."""
        ...


def uniform(batch: int, classes: int) -> NDArray[np.float32]:
    """(N, C) log-probabilities of equally likely classes."""
    return np.full((batch, classes), -np.log(classes), np.float32)


def normalise(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, C) log-probabilities of unnormalised ones."""
    return log_softmax(scores, axis=-1).astype(np.float32)
