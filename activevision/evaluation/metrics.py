"""Scores of a trajectory log after every view.

Every object counts the same under every seed, however many episodes it has, as in ``intervals``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision import geometry
from activevision.evaluation.log import TrajectoryLog

Array = NDArray[np.float64]
BINS = 15
_FLOOR = 1e-12  # a class that was ruled out and is the true one costs 27.6 nats, not infinity


def weights(log: TrajectoryLog) -> Array:
    """(N,) of the episodes, summing to 1, such that every pair of an object and a seed weighs the same."""
    _, scene = np.unique(log.scene, return_inverse=True)
    pair = np.stack([scene, log.seed])
    _, index, episodes = np.unique(pair, axis=1, return_inverse=True, return_counts=True)
    return 1.0 / (len(episodes) * episodes[index])


def accuracy(log: TrajectoryLog) -> Array:
    """(T,) share of objects whose most believed class is the true one, after every view."""
    return weights(log) @ log.correct


def negative_log_likelihood(log: TrajectoryLog) -> Array:
    """(T,) mean −log belief in the true class, in nats; probabilities are floored at 1e-12."""
    true = np.take_along_axis(log.belief.astype(np.float64), log.label[:, None, None], axis=-1)[..., 0]
    return weights(log) @ -np.maximum(true, np.log(_FLOOR))


def brier(log: TrajectoryLog) -> Array:
    """(T,) mean squared distance of the belief from the one-hot truth, in [0, 2] (Brier 1950)."""
    truth = np.eye(len(log.classes))[log.label][:, None, :]
    return weights(log) @ ((np.exp(log.belief.astype(np.float64)) - truth) ** 2).sum(axis=-1)


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
    confidence = np.exp(log.belief[:, view - 1].astype(np.float64)).max(axis=-1)
    return reliability(confidence, log.correct[:, view - 1], weights(log))


def expected_calibration_error(log: TrajectoryLog) -> Array:
    """(T,) after every view, over 15 equal-width bins of the confidence in the most believed class."""
    return np.array([reliability_at(log, view).error for view in range(1, log.views + 1)])


def rotation_deg(log: TrajectoryLog) -> Array:
    """(T,) degrees by which the camera has turned up to every view, summed over its moves; 0 at the first."""
    return _cumulated(log, np.degrees(geometry.rotation_angle(_egomotion(log))))


def moves(log: TrajectoryLog) -> Array:
    """(T,) mean number of moves up to every view; staying, or being stopped at the end of the grid, is none."""
    return _cumulated(log, (np.abs(_egomotion(log) - np.eye(4)).max(axis=(-1, -2)) > 1e-6).astype(np.float64))


def _egomotion(log: TrajectoryLog) -> Array:
    return geometry.egomotion(log.pose[:, :-1], log.pose[:, 1:])


def _cumulated(log: TrajectoryLog, cost: Array) -> Array:
    return weights(log) @ np.cumsum(np.pad(cost, ((0, 0), (1, 0))), axis=1)
