"""Paired differences between agents: how large, how certain, and how large against their spread over objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from activevision.evaluation.intervals import DEFAULT, Array, Bootstrap, Cells
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.panel import Panel

RESAMPLES_A_COMPARISON = 200
"""p-values come from at least so many resamples for each comparison of the family, so that the least one that can come
out stays below 0.01 after Holm's correction."""
_ZERO = 1e-9  # differences of equal figures, computed in two ways


@dataclass(frozen=True)
class Differences:
    """Of P pairs of agents after each of T views; every field is (P, T).

    difference: mean over objects and seeds of the first agent's figure less the second's; of accuracies, the risk
    difference. low, high: ends of its interval. p: two-sided, that there is none. d_z: Cohen's d of the paired
    differences (*Statistical power analysis*, 1988): their mean over objects by their standard deviation over objects,
    an object's difference being its mean over seeds and starts; NaN where no two objects differ.
    """

    difference: Array
    low: Array
    high: Array
    p: Array
    d_z: Array


def differences(cells: Cells, samples: Array, pairs: Sequence[tuple[int, int]], bootstrap: Bootstrap) -> Differences:
    """Of figures (S, K, L, T) and their resamples (R, L, T), between the logs of every pair of indices.

    p = 2 min(P(d* ≤ 0), P(d* ≥ 0)) over resamples d*, which inverts the percentile interval: p < 0.05 where the 95 %
    interval excludes zero, but for what falls between two resamples.
    """
    a, b = np.array(pairs, np.intp).reshape(-1, 2).T
    interval = bootstrap.percentile(cells.total[a] - cells.total[b], samples[:, a] - samples[:, b])
    objects = cells.mean.mean(axis=0)
    each = objects[:, a] - objects[:, b]
    spread = each.std(axis=0, ddof=1)
    d_z = np.divide(interval.estimate, spread, out=np.full_like(spread, np.nan), where=spread > _ZERO)
    return Differences(interval.estimate, interval.low, interval.high, _p_values(cells, samples, a, b, bootstrap), d_z)


def paired_accuracy(a: TrajectoryLog, b: TrajectoryLog, bootstrap: Bootstrap = DEFAULT) -> Differences:
    """The accuracy of ``a`` less that of ``b``, episode by episode; P = 1.

    Raises UserError unless both hold the same (scene, seed, episode) keys.
    """
    cells = Panel.of([a, b]).accuracy()
    bootstrap.require(len(cells.objects))
    return differences(cells, bootstrap.samples(cells), [(0, 1)], bootstrap)


def p_resamples(comparisons: int, bootstrap: Bootstrap) -> int:
    """How many resamples the p-values of a family rest on."""
    return max(bootstrap.resamples, RESAMPLES_A_COMPARISON * comparisons)


def _p_values(cells: Cells, samples: Array, a: np.ndarray, b: np.ndarray, bootstrap: Bootstrap) -> Array:
    resamples = p_resamples(len(a) * samples.shape[-1], bootstrap)
    below, above = (np.zeros((len(a), samples.shape[-1])) for _ in range(2))
    enough = resamples <= len(samples)
    for block in [samples] if enough else bootstrap.blocks(cells, resamples):
        drawn = block[:, a] - block[:, b]
        below += (drawn <= _ZERO).sum(axis=0)
        above += (drawn >= -_ZERO).sum(axis=0)
    return np.minimum(1.0, 2 * (1 + np.minimum(below, above)) / (1 + resamples))
