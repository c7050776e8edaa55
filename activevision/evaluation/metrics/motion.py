"""What the views cost the camera: turns, distance, moves, collisions. Each adds up to every view; 0 at the first."""

from __future__ import annotations

import numpy as np

from activevision import geometry
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.metrics.weights import Array, weights


def rotation_deg(log: TrajectoryLog) -> Array:
    """(T,) degrees by which the camera has turned up to every view, summed over its moves."""
    return _cumulated(log, np.degrees(geometry.rotation_angle(_egomotion(log))))


def distance(log: TrajectoryLog) -> Array:
    """(T,) metres that the camera has moved up to every view: straight lines from view to view.

    Protocols put objects at a radius of one metre, so round an object this is in units of its radius.
    """
    return _cumulated(log, np.linalg.norm(_egomotion(log)[..., :3, 3], axis=-1))


def moves(log: TrajectoryLog) -> Array:
    """(T,) mean number of moves up to every view; staying, or being stopped at the end of the grid, is none."""
    return _cumulated(log, (np.abs(_egomotion(log) - np.eye(4)).max(axis=(-1, -2)) > 1e-6).astype(np.float64))


def collisions(log: TrajectoryLog) -> Array:
    """(T,) mean number of motions up to every view that something stopped, wholly or in part."""
    return _cumulated(log, log.column("collided").astype(np.float64))


def _egomotion(log: TrajectoryLog) -> Array:
    pose = log.column("pose")
    return geometry.egomotion(pose[:, :-1], pose[:, 1:])


def _cumulated(log: TrajectoryLog, cost: Array) -> Array:
    return weights(log) @ np.cumsum(np.pad(cost, ((0, 0), (1, 0))), axis=1)
