"""Scores of a trajectory log, one file a question.

Every object counts the same under every seed, however many episodes it has, as in ``intervals``. Views count from 1; an
array (T,) has one figure for each. After an episode stopped its belief repeats, so a figure at view t is one for a
budget of t views.
"""

from activevision.evaluation.metrics.correctness import Flips, accuracy, area_under_accuracy, confusion, flips
from activevision.evaluation.metrics.motion import collisions, distance, moves, rotation_deg
from activevision.evaluation.metrics.probability import (
    BINS,
    Reliability,
    brier,
    confidence,
    entropy,
    expected_calibration_error,
    negative_log_likelihood,
    reliability,
    reliability_at,
    squared_distance,
    surprise,
)
from activevision.evaluation.metrics.selective import RiskCoverage, risk_coverage, risk_coverage_at
from activevision.evaluation.metrics.starts import (
    adversarial_accuracy,
    adversarial_negative_log_likelihood,
    starts,
)
from activevision.evaluation.metrics.stopping import THRESHOLDS, Stopping, stopping, views_taken
from activevision.evaluation.metrics.viewpoints import by_class, chosen_viewpoints
from activevision.evaluation.metrics.weights import weights

__all__ = [
    "BINS",
    "THRESHOLDS",
    "Flips",
    "Reliability",
    "RiskCoverage",
    "Stopping",
    "accuracy",
    "adversarial_accuracy",
    "adversarial_negative_log_likelihood",
    "area_under_accuracy",
    "brier",
    "by_class",
    "chosen_viewpoints",
    "collisions",
    "confidence",
    "confusion",
    "distance",
    "entropy",
    "expected_calibration_error",
    "flips",
    "moves",
    "negative_log_likelihood",
    "reliability",
    "reliability_at",
    "risk_coverage",
    "risk_coverage_at",
    "rotation_deg",
    "squared_distance",
    "starts",
    "stopping",
    "surprise",
    "views_taken",
    "weights",
]
