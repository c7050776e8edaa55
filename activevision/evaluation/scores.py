"""The figures of one log that need no resampling, and which of them it does not have the columns for."""

from __future__ import annotations

from typing import Any

import numpy as np

from activevision.evaluation import metrics
from activevision.evaluation.ladder import kind
from activevision.evaluation.log import TrajectoryLog

COVERAGES = tuple(percent / 100 for percent in range(5, 101, 5))
_COLUMN_OF = {
    "views_taken": "taken",
    "rotation_deg": "pose",
    "distance_m": "pose",
    "moves": "pose",
    "collisions": "collided",
    "viewpoints": "viewpoint",
}
_OF_COLUMNS = {
    "views_taken": metrics.views_taken,
    "rotation_deg": metrics.rotation_deg,
    "distance_m": metrics.distance,
    "moves": metrics.moves,
    "collisions": metrics.collisions,
}


def scores(log: TrajectoryLog) -> dict[str, Any]:
    """Figures by name, as ``results`` describes them; None where ``missing`` says why."""
    flips = metrics.flips(log)
    curves = [metrics.risk_coverage_at(log, view) for view in range(1, log.views + 1)]
    stopping = metrics.stopping(log)
    bins = metrics.reliability_at(log, log.views)
    filled = bins.weight > 0
    missing = _missing(log)
    return {
        "policy": log.policy,
        "fusion": log.fusion,
        "recogniser": log.recogniser,
        "kind": kind(log.policy),
        "seeds": np.unique(log.seed),
        "episodes": len(log),
        "starts": list(metrics.starts(log)),
        "accuracy": metrics.accuracy(log),
        "area": metrics.area_under_accuracy(log),
        "adversarial": metrics.adversarial_accuracy(log),
        "adversarial_nll": metrics.adversarial_negative_log_likelihood(log),
        "flips": {"first": flips.first, "last": flips.last, "gained": flips.gained, "lost": flips.lost},
        "nll": metrics.negative_log_likelihood(log),
        "brier": metrics.brier(log),
        "ece": metrics.expected_calibration_error(log),
        "entropy": metrics.entropy(log),
        "aurc": [curve.area for curve in curves],
        "excess_aurc": [curve.excess for curve in curves],
        "selective": {"view": log.views, "coverage": COVERAGES, "risk": curves[-1].risk(COVERAGES)},
        "stopping": {
            "threshold": stopping.threshold,
            "views": stopping.views,
            "reached": stopping.reached,
            "accuracy": stopping.accuracy,
        },
        **{name: None if name in missing else figure(log) for name, figure in _OF_COLUMNS.items()},
        "viewpoints": None if "viewpoints" in missing else metrics.chosen_viewpoints(log).sum(axis=0),
        "reliability": {
            "view": log.views,
            "weight": bins.weight[filled],
            "confidence": bins.confidence[filled],
            "accuracy": bins.accuracy[filled],
        },
        "confusion": metrics.confusion(log),
        "missing": missing,
    }


def _missing(log: TrajectoryLog) -> dict[str, str]:
    """Why a figure cannot be had, by its name."""
    if log.policy == "all_views":
        return dict.fromkeys(_COLUMN_OF, "it takes no walk: the whole grid is fused")
    found = {
        name: f"its log has no column {column!r}" for name, column in _COLUMN_OF.items() if getattr(log, column) is None
    }
    if "viewpoints" not in found and "elevations_deg" not in log.protocol:
        found["viewpoints"] = "its protocol has no view grid"
    if log.views == 1 or (log.taken is not None and log.taken.max() == 1):
        found.setdefault("viewpoints", "its first view is its last")
    return found
