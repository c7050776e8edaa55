"""Metrics against hand-computed figures and few-line references."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic_logs import make_logs

from activevision import geometry
from activevision.evaluation import metrics
from activevision.evaluation.log import TrajectoryLog


@pytest.fixture(scope="module")
def log() -> TrajectoryLog:
    return make_logs(("random",), objects=20, seeds=2, episodes=3)[0]


def test_calibration_error_by_hand() -> None:
    # (0, 0.5] holds 0.5 and 0.3 (mean 0.4, half right), (0.5, 1] holds 0.9 and 0.7 (mean 0.8, all right)
    bins = metrics.reliability([0.5, 0.3, 0.9, 0.7], [True, False, True, True], [0.25] * 4, bins=2)
    np.testing.assert_allclose(bins.confidence, [0.4, 0.8])
    np.testing.assert_allclose(bins.accuracy, [0.5, 1.0])
    assert bins.error == pytest.approx(0.5 * 0.1 + 0.5 * 0.2)


def test_calibration_error_against_a_plain_loop(log: TrajectoryLog) -> None:
    confidence = np.exp(log.belief[:, 2].astype(float)).max(axis=1)
    correct = log.belief[:, 2].argmax(axis=1) == log.label
    expected = 0.0
    for k in range(15):
        inside = (confidence > k / 15) & (confidence <= (k + 1) / 15)
        if inside.any():
            expected += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert metrics.expected_calibration_error(log)[2] == pytest.approx(expected)
    assert expected > 0.01


def test_likelihood_brier_and_accuracy_against_plain_means(log: TrajectoryLog) -> None:
    probability = np.exp(log.belief.astype(float))
    true = probability[np.arange(len(log)), :, log.label]
    np.testing.assert_allclose(metrics.negative_log_likelihood(log), -np.log(true).mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(
        metrics.brier(log), ((probability**2).sum(axis=-1) - 2 * true + 1).mean(axis=0), rtol=1e-6
    )
    np.testing.assert_allclose(metrics.accuracy(log), log.correct.mean(axis=0))


def test_a_certain_mistake_costs_a_finite_amount(log: TrajectoryLog) -> None:
    wrong = np.where(np.eye(10)[(log.label + 1) % 10][:, None, :] > 0, 0.0, -np.inf)
    sure = replace(log, belief=np.broadcast_to(wrong, log.belief.shape))
    np.testing.assert_allclose(metrics.negative_log_likelihood(sure), -np.log(1e-12))
    np.testing.assert_allclose(metrics.brier(sure), 2.0)
    np.testing.assert_allclose(metrics.expected_calibration_error(sure), 1.0)


def test_an_object_with_more_episodes_does_not_count_more(log: TrajectoryLog) -> None:
    keep = np.flatnonzero((log.episode == 0) | (log.scene == log.scene[0]))
    uneven = log.take(keep)
    per_object = [uneven.correct[(uneven.scene == name)].mean(axis=0) for name in np.unique(uneven.scene)]
    np.testing.assert_allclose(metrics.accuracy(uneven), np.mean(per_object, axis=0))
    assert not np.allclose(metrics.accuracy(uneven), uneven.correct.mean(axis=0))


def test_motion_cost_of_a_known_walk(log: TrajectoryLog) -> None:
    # a quarter turn, no motion, then 30 degrees up: 90, 90, 120 degrees in two moves
    pose = geometry.orbit_pose(np.radians([0, 0, 0, 30]), np.radians([10, 100, 100, 100]), 2.0)
    walk = replace(log, pose=np.broadcast_to(pose, log.pose.shape))
    np.testing.assert_allclose(metrics.rotation_deg(walk), [0, 90, 90, 120], atol=1e-9)
    np.testing.assert_allclose(metrics.moves(walk), [0, 1, 1, 2])
