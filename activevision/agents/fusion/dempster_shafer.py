"""Evidence theory: views that may leave it open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from activevision.agents.config import AgentConfig
from activevision.agents.evidence import Evidence
from activevision.agents.fusion.facts import read_facts
from activevision.agents.fusion.fusion import Belief, normalise, uniform
from activevision.agents.lessons import CALIBRATION_WALKS, Lessons
from activevision.files import write_json

Array = NDArray[np.float64]
_LEAST = 1e-30


class DempsterShafer:
    """Dempster's rule over single classes and ignorance (Dempster 1967; Shafer, *A mathematical theory of
    evidence*, 1976).

    A view with posterior p is believed only as far as it is sure, and never wholly: with H its entropy,

        s = r (1 − H(p) / log C)        m({c}) = s p(c)        m(Θ) = 1 − s

    Two masses combine, with all that contradicts itself left out, to

        m({c}) ∝ m₁({c}) m₂({c}) + m₁({c}) m₂(Θ) + m₁(Θ) m₂({c})        m(Θ) ∝ m₁(Θ) m₂(Θ)

    and belief(c) = m({c}) + m(Θ) / C, the pignistic probability (Smets 1990). These masses are the opinions of
    evidential networks: a Dirichlet distribution with concentrations α = 1 + C m({c}) / m(Θ) (Jøsang; Sensoy et al.,
    NeurIPS 2018). An undecided view (H = log C) changes nothing. The reliability r in (0, 1) is what gives held-out
    episodes the least negative log-likelihood (Shafer's discounting). Does not depend on the order of views.
    """

    name, suffix = "dempster_shafer", ".json"

    def __init__(self, classes: int, reliability: float):
        if not 0 < reliability < 1:
            raise ValueError(f"reliability must be between 0 and 1, got {reliability}")
        self._classes = classes
        self.reliability = float(reliability)

    def init(self, batch: int) -> Belief:
        state = np.zeros((batch, self._classes + 1), np.float32)
        state[:, -1] = 1.0
        return Belief(uniform(batch, self._classes), state)

    def update(self, belief: Belief, evidence: Evidence, egomotion: NDArray[np.float32]) -> Belief:
        masses = combine(belief.state.astype(np.float64), masses_of(evidence.log_likelihood, self.reliability))
        return Belief(normalise(np.log(np.maximum(pignistic(masses), _LEAST))), masses.astype(np.float32))

    @classmethod
    def fit(cls, lessons: Lessons, config: AgentConfig, seed: int) -> DempsterShafer:
        scores, _, label = lessons.val_walk(CALIBRATION_WALKS, np.random.default_rng([seed, 5]))
        classes, rows = len(lessons.classes), np.arange(len(label))

        def loss(reliability: float) -> float:
            masses = np.zeros((len(label), classes + 1))
            masses[:, -1] = 1.0
            total = 0.0
            for view in range(scores.shape[1]):
                masses = combine(masses, masses_of(scores[:, view], reliability))
                total -= float(np.log(np.maximum(pignistic(masses)[rows, label], _LEAST)).mean())
            return total

        best = minimize_scalar(loss, bounds=(0.01, 0.999), method="bounded")
        return cls(classes, float(best.x))

    def save(self, path: Path) -> None:
        write_json(path, {"classes": self._classes, "reliability": self.reliability})

    @classmethod
    def load(cls, path: Path) -> DempsterShafer:
        facts = read_facts(path, "classes", "reliability")
        return cls(facts["classes"], facts["reliability"])


def masses_of(log_likelihood: NDArray[np.floating], reliability: float) -> Array:
    """(N, C + 1) masses of the classes and, last, of ignorance, from one view's scores (N, C)."""
    log_probs = normalise(log_likelihood).astype(np.float64)
    probs = np.exp(log_probs)
    entropy = -(probs * np.maximum(log_probs, np.log(_LEAST))).sum(axis=1, keepdims=True)
    sure = reliability * (1 - entropy / np.log(probs.shape[1])).clip(0, 1)
    return np.concatenate([sure * probs, 1 - sure], axis=1)


def combine(a: Array, b: Array) -> Array:
    """Dempster's rule for masses (N, C + 1), the last of ignorance."""
    single = a[:, :-1] * b[:, :-1] + a[:, :-1] * b[:, -1:] + a[:, -1:] * b[:, :-1]
    masses = np.concatenate([single, a[:, -1:] * b[:, -1:]], axis=1)
    return masses / masses.sum(axis=1, keepdims=True)


def pignistic(masses: Array) -> Array:
    """(N, C) probabilities to bet with: ignorance is shared out evenly."""
    return masses[:, :-1] + masses[:, -1:] / (masses.shape[1] - 1)
