"""Stopping: how many views an agent takes, or would have needed to be confident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.metrics.probability import confidence
from activevision.evaluation.metrics.weights import Array, weights

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_ROUNDING = 1e-6  # beliefs are kept in single precision


def views_taken(log: TrajectoryLog) -> float:
    """Mean number of views taken before the policy stopped; UserError if the log does not tell."""
    return float(weights(log) @ log.column("taken"))


@dataclass(frozen=True)
class Stopping:
    """What stopping as soon as the most believed class has at least a belief of ``threshold`` (H,) would give.

    views: (H,) mean number of views until then; all T where it never happens. reached: (H,) share in which it happens.
    accuracy: (H,) of the answer given then.
    """

    threshold: Array
    views: Array
    reached: Array
    accuracy: Array


def stopping(log: TrajectoryLog, thresholds: Sequence[float] = THRESHOLDS) -> Stopping:
    sure, right, weight = confidence(log), log.correct, weights(log)
    views, reached, accuracy = [], [], []
    for threshold in thresholds:
        enough = sure >= threshold - _ROUNDING
        ever = enough.any(axis=1)
        view = np.where(ever, enough.argmax(axis=1), log.views - 1)
        views.append(weight @ (view + 1))
        reached.append(weight @ ever)
        accuracy.append(weight @ right[np.arange(len(log)), view])
    return Stopping(np.asarray(thresholds, np.float64), *(np.array(part) for part in (views, reached, accuracy)))
