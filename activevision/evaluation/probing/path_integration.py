"""Path integration: how predictions of single motions, one after the other, go astray over T steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.equivariance_error import normalised_error
from activevision.evaluation.probing.posed_features import Features, Poses, Rows
from activevision.evaluation.probing.tally import Tally
from activevision.geometry import invert, rotation_angle


def stretches(episodes: Rows, steps: int, stride: int) -> Rows:
    """(P, steps + 1) rows of views that follow on each other, from every ``stride``-th view of episodes (N,) that has
    so many behind it."""
    starts = np.flatnonzero(np.diff(episodes, prepend=episodes[0] - 1))
    ends = np.append(starts[1:], len(episodes))
    begins = [np.arange(start, end - steps, stride) for start, end in zip(starts, ends, strict=True)]
    return np.concatenate(begins)[:, None] + np.arange(steps + 1)


def composed(features: Features, step: Callable[[Features, int], Features], steps: int) -> Features:
    """(P, T, D) features after 1 … T steps from features (P, D); step: gives those after step t from those before."""
    found = []
    for t in range(steps):
        features = step(features, t)
        found.append(features)
    return np.stack(found, axis=1)


def feature_drift(predicted: Features, true: Features, scenes: NDArray[np.str_]) -> Tally:
    """Tally (K, T) of the normalised error after 1 … T steps: of predictions (P, T, D) for true features (P, T + 1, D).

    Relative to how far the features have gone from the first view by then.
    """
    return normalised_error(predicted, true[:, :1], true[:, 1:], scenes)


def pose_drift(motions: Poses, true: Poses, scenes: NDArray[np.str_]) -> tuple[Tally, Tally]:
    """Tallies (K, T) of how far poses that are integrated from predicted motions are off after 1 … T steps.

    motions: (P, T, 4, 4) predicted egomotions. true: (P, T + 1, 4, 4) poses.
    The first is the distance from the true position, as a share of the length of the path so far, where 1 is no better
    than staying put on a straight path; the second the angle from the true rotation, as a share of the turns so far.
    """
    pose = np.broadcast_to(np.eye(4), (len(true), 4, 4))
    start = invert(true[:, 0])
    off, turned_off = [], []
    for t in range(motions.shape[1]):
        pose = pose @ motions[:, t]
        wanted = start @ true[:, t + 1]
        off.append(np.linalg.norm(pose[:, :3, 3] - wanted[:, :3, 3], axis=1))
        turned_off.append(rotation_angle(invert(pose) @ wanted))
    moved = np.linalg.norm(np.diff(true[:, :, :3, 3], axis=1), axis=-1).cumsum(1)
    turned = rotation_angle(invert(true[:, :-1]) @ true[:, 1:]).cumsum(1)
    return Tally.of(scenes, np.stack(off, 1), moved), Tally.of(scenes, np.stack(turned_off, 1), turned)
