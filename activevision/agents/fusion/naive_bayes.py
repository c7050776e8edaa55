"""Naive Bayes over class and viewpoint, with a learned likelihood of what is seen of each class from where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activevision.agents.config import AgentConfig
from activevision.agents.evidence import Evidence
from activevision.agents.fusion.fusion import Belief, normalise, uniform
from activevision.agents.lessons import CALIBRATION_WALKS, GridLessons, Lessons
from activevision.agents.observation_model import ObservationModel, ValidationWalks
from activevision.agents.viewpoint_filter import ViewpointFilter, class_marginal
from activevision.errors import UserError

_BLOCK = 2048
"""Episodes that are filtered together."""
_CHOOSING_WALKS = 1024
"""Validation walks that an observation model is chosen by."""


class NaiveBayes:
    """p(c, v | views) ∝ p(c, v | views but the last, moved) p(last view | c, v); belief ∝ (Σ_v p(c, v | views))^(1/τ).

    An exact Bayes filter over class c and viewpoint v of an ``ObservationModel``, from equally likely classes and
    viewpoints, for views that are independent given both: what one view says of the place helps to read the next.
    Egomotion moves the viewpoints, and rules those out that cannot have moved so. A viewpoint that is visited again is
    counted again. The temperature τ takes back the confidence that views of one object, which are not independent,
    would give. Does not depend on the order in which a set of viewpoints is visited. On a view grid only.
    """

    name, suffix = "naive_bayes", ".npz"

    def __init__(self, model: ObservationModel, temperature: float = 1.0):
        if not temperature > 0:
            raise ValueError(f"temperature must be positive, got {temperature}")
        self._model = model
        self._filter = ViewpointFilter(model.protocol, len(model.classes))
        self.temperature = float(temperature)

    def init(self, batch: int) -> Belief:
        """The state (N, C · E · A) is log p(class, viewpoint)."""
        return Belief(uniform(batch, len(self._model.classes)), self._filter.start(batch).reshape(batch, -1))

    def update(self, belief: Belief, evidence: Evidence, egomotion: NDArray[np.float32]) -> Belief:
        log_probs, state = np.empty_like(belief.log_probs), np.empty_like(belief.state)
        for start in range(0, len(egomotion), _BLOCK):
            block = slice(start, start + _BLOCK)
            joint = belief.state[block].reshape(-1, len(self._model.classes), self._model.protocol.grid_size)
            joint = self._filter.moved(joint, egomotion[block])
            joint = self._filter.seen(joint, self._model.log_likelihood(Evidence(*(part[block] for part in evidence))))
            log_probs[block] = normalise(class_marginal(joint) / self.temperature)
            state[block] = joint.reshape(len(joint), -1)
        return Belief(log_probs, state)

    @classmethod
    def fit(cls, lessons: Lessons, config: AgentConfig, seed: int) -> NaiveBayes:
        """With the observation model whose beliefs are best along random walks through validation scenes. UserError
        where there is no view grid."""
        if not isinstance(lessons, GridLessons):
            raise UserError(
                f"fusion 'naive_bayes' needs a view grid; protocol {lessons.protocol.name!r} has none: leave it out."
            )
        generator = np.random.default_rng([seed, 5])
        walks = ValidationWalks.draw(lessons, _CHOOSING_WALKS, generator)
        model = ObservationModel.fit(lessons, config.observation, seed, lambda model: walks.calibrated(model)[1])
        return cls(model, ValidationWalks.draw(lessons, CALIBRATION_WALKS, generator).calibrated(model)[0])

    def save(self, path: Path) -> None:
        self._model.save(path, temperature=self.temperature)

    @classmethod
    def load(cls, path: Path) -> NaiveBayes:
        model, numbers = ObservationModel.load(path, "temperature")
        return cls(model, numbers["temperature"])
