"""How often the most believed class is the true one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.metrics.weights import Array, weights


def accuracy(log: TrajectoryLog) -> Array:
    """(T,) share of objects whose most believed class is the true one, after every view."""
    return weights(log) @ log.correct


def area_under_accuracy(log: TrajectoryLog) -> float:
    """Area under accuracy against the budget of views, over its width: 1/T Σ_t accuracy after view t, t = 1 … T.

    What an agent gets on average that may be asked for its answer after any view; equal final accuracies differ in it
    by how soon they are reached.
    """
    return float(accuracy(log).mean())


@dataclass(frozen=True)
class Flips:
    """What further views made of the first answer, as shares: first + gained − lost = last.

    first, last: accuracies after the first and the last view. gained: wrong at first and right at last. lost: right at
    first and wrong at last.
    """

    first: float
    last: float
    gained: float
    lost: float


def flips(log: TrajectoryLog) -> Flips:
    first, last, weight = log.correct[:, 0], log.correct[:, -1], weights(log)
    return Flips(*(float(weight @ part) for part in (first, last, ~first & last, first & ~last)))


def confusion(log: TrajectoryLog) -> Array:
    """(T, C, C) share of episodes of each true class (row) in which each class (column) is the most believed one.

    After every view all entries sum to 1, a row to its class's share, and the diagonal to the accuracy.
    """
    classes, weight = len(log.classes), weights(log)
    answers = log.belief.argmax(axis=-1)
    cells = log.label[:, None] * classes + answers
    counts = [np.bincount(cells[:, t], weights=weight, minlength=classes**2) for t in range(log.views)]
    return np.reshape(counts, (log.views, classes, classes))
