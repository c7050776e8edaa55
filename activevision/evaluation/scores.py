"""The figures of one log that need no resampling, and which of them it does not have the columns for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
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
        "viewpoints": None if "viewpoints" in missing else viewpoint_shares(log),
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
    if log.views == 1:
        found.setdefault("viewpoints", "its first view is its last")
    return found


def viewpoint_shares(log: TrajectoryLog) -> NDArray[np.float64]:
    """(E, A) shares of the views from the second on."""
    shape = len(log.protocol["elevations_deg"]), int(log.protocol["azimuths"])
    viewpoint = np.moveaxis(log.column("viewpoint")[:, 1:], -1, 0)
    size = np.reshape(shape, (-1, 1, 1))
    if len(viewpoint) != 2 or (viewpoint < 0).any() or (viewpoint >= size).any():
        raise UserError(
            f"trajectory log of {log.policy!r} with {log.fusion!r}: a viewpoint is outside the {shape[0]} × {shape[1]} "
            "view grid of its protocol; record it again."
        )
    index = np.ravel_multi_index(tuple(viewpoint), shape)
    weight = np.broadcast_to(metrics.weights(log)[:, None] / (log.views - 1), index.shape)
    shares = np.bincount(index.ravel(), weights=weight.ravel(), minlength=math.prod(shape))
    return shares.astype(np.float64).reshape(shape)
