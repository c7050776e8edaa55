"""Mean of the views' posteriors: the sum rule of Kittler et al. (PAMI 1998), robust to single confident mistakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activevision.agents.config import AgentConfig
from activevision.agents.evidence import Evidence
from activevision.agents.fusion.facts import read_facts
from activevision.agents.fusion.fusion import Belief, normalise, uniform
from activevision.agents.lessons import Lessons
from activevision.files import write_json


class MeanPosterior:
    """belief_t(c) = 1/t Σ_i p(c | view_i), for equally likely classes. Does not depend on the order of views."""

    name, suffix = "mean", ".json"

    def __init__(self, classes: int):
        self._classes = classes

    def init(self, batch: int) -> Belief:
        return Belief(uniform(batch, self._classes), np.zeros((batch, self._classes), np.float32))

    def update(self, belief: Belief, evidence: Evidence, egomotion: NDArray[np.float32]) -> Belief:
        total = belief.state + np.exp(normalise(evidence.log_likelihood))
        return Belief(normalise(np.log(np.maximum(total, 1e-30))), total)

    @classmethod
    def fit(cls, lessons: Lessons, config: AgentConfig, seed: int) -> MeanPosterior:
        return cls(len(lessons.classes))

    def save(self, path: Path) -> None:
        write_json(path, {"classes": self._classes})

    @classmethod
    def load(cls, path: Path) -> MeanPosterior:
        return cls(read_facts(path, "classes")["classes"])
