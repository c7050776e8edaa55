"""The most confident view alone."""

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


class MaxConfidence:
    """belief_t = p(· | view_i) of the view i ≤ t whose likeliest class is likeliest: the max rule of Kittler et al.
    (PAMI 1998) over views instead of classifiers.

    It never counts evidence twice, and never adds any up. Does not depend on the order of views, but for ties, which
    the earlier view wins.
    """

    name, suffix = "max_confidence", ".json"

    def __init__(self, classes: int):
        self._classes = classes

    def init(self, batch: int) -> Belief:
        return Belief(uniform(batch, self._classes), np.zeros((batch, 0), np.float32))

    def update(self, belief: Belief, evidence: Evidence, egomotion: NDArray[np.float32]) -> Belief:
        view = normalise(evidence.log_likelihood)
        surer = view.max(axis=1) > belief.log_probs.max(axis=1)
        return Belief(view, belief.state).where(surer, belief)

    @classmethod
    def fit(cls, lessons: Lessons, config: AgentConfig, seed: int) -> MaxConfidence:
        return cls(len(lessons.classes))

    def save(self, path: Path) -> None:
        write_json(path, {"classes": self._classes})

    @classmethod
    def load(cls, path: Path) -> MaxConfidence:
        return cls(read_facts(path, "classes")["classes"])
