"""The adversarial start: the worst that can happen to an agent that is put down somewhere.

Jayaraman & Grauman (*Learning to look around*, CVPR 2018) report the average over starts and the worst start of each
test object. The worst is taken here for every seed and anew after every view. It gets worse with the number of starts,
which must be told beside it.
"""

from __future__ import annotations

import numpy as np

from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.metrics.probability import surprise
from activevision.evaluation.metrics.weights import Array, pairs


def starts(log: TrajectoryLog) -> tuple[int, int]:
    """The least and the greatest number of episodes that an object has under a seed."""
    episodes = pairs(log)[1]
    return int(episodes.min()), int(episodes.max())


def adversarial_accuracy(log: TrajectoryLog) -> Array:
    """(T,) share of objects that are recognised from every start: accuracy from the worst one."""
    return _mean_of_worst(log, log.correct.astype(np.float64), np.minimum)


def adversarial_negative_log_likelihood(log: TrajectoryLog) -> Array:
    """(T,) mean over objects of the greatest −log belief in the true class over their starts, in nats."""
    return _mean_of_worst(log, surprise(log), np.maximum)


def _mean_of_worst(log: TrajectoryLog, values: Array, worse: np.ufunc) -> Array:
    index, episodes = pairs(log)
    order = np.argsort(index, kind="stable")
    first = np.cumsum(episodes) - episodes
    return worse.reduceat(values[order], first, axis=0).mean(axis=0)
