"""What the whole belief is worth, not only its most believed class: likelihood, Brier score, entropy, calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.metrics.weights import Array, weights

BINS = 15
_FLOOR = 1e-12  # a class that was ruled out and is the true one costs 27.6 nats, not infinity


def surprise(log: TrajectoryLog) -> Array:
    """(N, T) −log belief in the true class, in nats; probabilities are floored at 1e-12."""
    true = np.take_along_axis(log.belief, log.label[:, None, None], axis=-1)[..., 0].astype(np.float64)
    return -np.maximum(true, np.log(_FLOOR))


def squared_distance(log: TrajectoryLog) -> Array:
    """(N, T) squared distance of the belief from the one-hot truth, in [0, 2]."""
    truth = np.eye(len(log.classes))[log.label][:, None, :]
    return ((np.exp(log.belief.astype(np.float64)) - truth) ** 2).sum(axis=-1)


def negative_log_likelihood(log: TrajectoryLog) -> Array:
    """(T,) mean −log belief in the true class, in nats."""
    return weights(log) @ surprise(log)


def brier(log: TrajectoryLog) -> Array:
    """(T,) mean squared distance of the belief from the one-hot truth, in [0, 2] (Brier 1950)."""
    return weights(log) @ squared_distance(log)


def entropy(log: TrajectoryLog) -> Array:
    """(T,) mean −Σ_c b(c) log b(c) of the belief, in nats: from 0 (no doubt) to log C (no idea)."""
    probability = np.exp(log.belief.astype(np.float64))
    terms = probability * np.where(probability > 0, log.belief, 0.0)
    return weights(log) @ -terms.sum(axis=-1)


def confidence(log: TrajectoryLog) -> Array:
    """(N, T) belief in the most believed class."""
    return np.exp(log.belief.max(axis=-1).astype(np.float64))


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy in equal-width bins of the confidence; empty bins have NaN means.

    weight: (B,) share of the episodes. confidence, accuracy: (B,) means within the bin.
    """

    weight: Array
    confidence: Array
    accuracy: Array

    @property
    def error(self) -> float:
        """Expected calibration error: the mean gap between confidence and accuracy, weighted by the bins' shares."""
        return float(np.nansum(self.weight * np.abs(self.confidence - self.accuracy)))


def reliability(confidence: ArrayLike, correct: ArrayLike, weight: ArrayLike, bins: int = BINS) -> Reliability:
    """Bin confidences (N,) in [0, 1] of which ``correct`` (N,) were right; ``weight`` (N,) sums to 1.

    Bins are (lower, upper], as in Guo et al., *On calibration of modern neural networks* (ICML 2017).
    """
    confidence, weight = np.asarray(confidence, np.float64), np.asarray(weight, np.float64)
    index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    total = np.bincount(index, weights=weight, minlength=bins).astype(np.float64)
    with np.errstate(invalid="ignore"):
        return Reliability(
            weight=total,
            confidence=np.bincount(index, weights=weight * confidence, minlength=bins) / total,
            accuracy=np.bincount(index, weights=weight * np.asarray(correct, np.float64), minlength=bins) / total,
        )


def reliability_at(log: TrajectoryLog, view: int) -> Reliability:
    """Reliability of the most believed class after ``view`` views, counted from 1."""
    return reliability(confidence(log)[:, view - 1], log.correct[:, view - 1], weights(log))


def expected_calibration_error(log: TrajectoryLog) -> Array:
    """(T,) after every view, over 15 equal-width bins of the confidence in the most believed class."""
    sure, right, weight = confidence(log), log.correct, weights(log)
    return np.array([reliability(sure[:, t], right[:, t], weight).error for t in range(log.views)])
