"""Abstaining: how often an agent is wrong that answers only where it is confident enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.metrics.probability import confidence
from activevision.evaluation.metrics.weights import Array, weights


@dataclass(frozen=True)
class RiskCoverage:
    """Risk against coverage: of the share c of episodes with the highest confidence, how many are answered wrongly.

    coverage: (G,) rising to 1, ends of the groups of equal confidence. errors: (G,) share of all episodes that are
    wrong and within the coverage. Equally confident episodes have no order, so within a group errors rise evenly.
    """

    coverage: Array
    errors: Array

    def risk(self, coverage: ArrayLike) -> Array:
        """Share of wrong answers at coverages in (0, 1]; 1 less it is the selective accuracy."""
        coverage = np.asarray(coverage, np.float64)
        return np.interp(coverage, np.append(0.0, self.coverage), np.append(0.0, self.errors)) / coverage

    @property
    def area(self) -> float:
        """AURC = ∫ risk(c) dc over c from 0 to 1 (Geifman & El-Yaniv, *Selective classification for deep neural
        networks*, NIPS 2017), exactly; constant confidence gives the plain share of errors."""
        before, c0 = np.append(0.0, self.errors[:-1]), np.append(0.0, self.coverage[:-1])
        width = self.coverage - c0
        rate = (self.errors - before) / width
        rest = (before - rate * c0)[1:] * np.log(self.coverage[1:] / c0[1:])
        return float((rate * width).sum() + rest.sum())

    @property
    def excess(self) -> float:
        """AURC less that of the best order of the same answers, which has all errors last: ε + (1 − ε) log(1 − ε) for a
        share ε of errors (Geifman, Uziel & El-Yaniv, *Bias-reduced uncertainty estimation for deep neural classifiers*,
        ICLR 2019). 0 for a confidence that ranks perfectly."""
        wrong, right = self.errors[-1], 1 - self.errors[-1]
        return self.area - float(wrong + (right * np.log(right) if right > 0 else 0.0))


def risk_coverage(confidence: ArrayLike, correct: ArrayLike, weight: ArrayLike) -> RiskCoverage:
    """Of answers (N,) with confidences; ``weight`` (N,) sums to 1."""
    levels, group = np.unique(-np.asarray(confidence, np.float64), return_inverse=True)
    weight = np.asarray(weight, np.float64)
    wrong = weight * ~np.asarray(correct, bool)
    sums = [np.cumsum(np.bincount(group, weights=part, minlength=len(levels))) for part in (weight, wrong)]
    return RiskCoverage(*(part / sums[0][-1] for part in sums))


def risk_coverage_at(log: TrajectoryLog, view: int) -> RiskCoverage:
    """After ``view`` views, counted from 1; the confidence is the belief in the most believed class."""
    return risk_coverage(confidence(log)[:, view - 1], log.correct[:, view - 1], weights(log))
