"""Product of the views' likelihoods with a calibrated temperature."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activevision.agents.calibration import fit_temperature
from activevision.agents.config import AgentConfig
from activevision.agents.evidence import Evidence
from activevision.agents.fusion.facts import read_facts
from activevision.agents.fusion.fusion import Belief, normalise, uniform
from activevision.agents.lessons import CALIBRATION_WALKS, Lessons
from activevision.files import write_json


class ProductOfExperts:
    """belief_t(c) ∝ exp(1/τ Σ_i log p(view_i | c)), for equally likely classes.

    With τ = 1 this is Bayes' rule for views that are independent given the class. Views of one object are not: τ > 1
    takes back the confidence that counting the same evidence twice would give (Hinton 2002; Guo et al. 2017 for the
    temperature). Does not depend on the order of views.
    """

    name, suffix = "product", ".json"

    def __init__(self, classes: int, temperature: float = 1.0):
        if not temperature > 0:
            raise ValueError(f"temperature must be positive, got {temperature}")
        self._classes = classes
        self.temperature = float(temperature)

    def init(self, batch: int) -> Belief:
        return Belief(uniform(batch, self._classes), np.zeros((batch, self._classes), np.float32))

    def update(self, belief: Belief, evidence: Evidence, egomotion: NDArray[np.float32]) -> Belief:
        total = belief.state + evidence.log_likelihood
        return Belief(normalise(total / self.temperature), total)

    @classmethod
    def calibrated(cls, log_likelihood: NDArray[np.floating], label: NDArray[np.integer]) -> ProductOfExperts:
        """With the τ that gives held-out episodes the least negative log-likelihood over all their views.

        log_likelihood: (N, T, C) of the views in order. label: (N,).
        """
        labels = np.repeat(label[:, None], log_likelihood.shape[1], axis=1)
        return cls(log_likelihood.shape[2], fit_temperature(np.cumsum(log_likelihood, axis=1), labels))

    @classmethod
    def fit(cls, lessons: Lessons, config: AgentConfig, seed: int) -> ProductOfExperts:
        walks, _, label = lessons.val_walk(CALIBRATION_WALKS, np.random.default_rng([seed, 5]))
        return cls.calibrated(walks, label)

    def save(self, path: Path) -> None:
        write_json(path, {"classes": self._classes, "temperature": self.temperature})

    @classmethod
    def load(cls, path: Path) -> ProductOfExperts:
        facts = read_facts(path, "classes", "temperature")
        return cls(facts["classes"], facts["temperature"])
