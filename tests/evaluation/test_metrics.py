"""Metrics against hand-computed figures and few-line references."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic_logs import make_logs
from tiny_logs import answers, tiny

from activevision import geometry
from activevision.errors import UserError
from activevision.evaluation import metrics
from activevision.evaluation.log import TrajectoryLog, concatenate


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
    straight = [2 * np.sqrt(2), 4 * np.sin(np.radians(15))]  # chords of a circle of radius 2
    np.testing.assert_allclose(metrics.distance(walk), [0, straight[0], straight[0], sum(straight)])
    np.testing.assert_allclose(metrics.moves(walk), [0, 1, 1, 2])


# Three objects; x is started from twice. After view 1: x right and wrong, y wrong, z right. After view 2: x right
# twice, y wrong, z wrong.
PAPER = tiny(
    [
        [[0.6, 0.4], [0.9, 0.1]],
        [[0.2, 0.8], [0.7, 0.3]],
        [[0.7, 0.3], [0.8, 0.2]],
        [[0.4, 0.6], [0.5 + 1e-6, 0.5 - 1e-6]],
    ],
    ["x", "x", "y", "z"],
    [0, 0, 1, 1],
    taken=[2, 2, 2, 2],
)


def test_accuracy_and_its_area_by_hand() -> None:
    np.testing.assert_allclose(metrics.accuracy(PAPER), [(0.5 + 0 + 1) / 3, (1 + 0 + 0) / 3])
    assert metrics.area_under_accuracy(PAPER) == pytest.approx((1.5 / 3 + 1 / 3) / 2)


def test_flips_by_hand() -> None:
    flips = metrics.flips(PAPER)  # half of x is gained, z is lost
    assert (flips.first, flips.last) == pytest.approx((0.5, 1 / 3))
    assert (flips.gained, flips.lost) == pytest.approx((0.5 / 3, 1 / 3))


def test_flips_are_what_accuracy_gains_and_loses(log: TrajectoryLog) -> None:
    flips, accuracy = metrics.flips(log), metrics.accuracy(log)
    assert (flips.first, flips.last) == pytest.approx((accuracy[0], accuracy[-1]))
    assert flips.gained - flips.lost == pytest.approx(accuracy[-1] - accuracy[0])
    assert min(flips.gained, flips.lost) > 0


def test_likelihood_brier_and_entropy_by_hand() -> None:
    nll = [((-np.log(0.6) - np.log(0.2)) / 2 - np.log(0.3) - np.log(0.6)) / 3]
    nll += [((-np.log(0.9) - np.log(0.7)) / 2 - np.log(0.2) - np.log(0.5)) / 3]
    np.testing.assert_allclose(metrics.negative_log_likelihood(PAPER), nll, rtol=1e-5)
    brier = [((2 * 0.4**2 + 2 * 0.8**2) / 2 + 2 * 0.7**2 + 2 * 0.4**2) / 3]
    brier += [((2 * 0.1**2 + 2 * 0.3**2) / 2 + 2 * 0.8**2 + 2 * 0.5**2) / 3]
    np.testing.assert_allclose(metrics.brier(PAPER), brier, rtol=1e-5)

    def h(p: float) -> float:
        return -p * np.log(p) - (1 - p) * np.log(1 - p)

    entropy = [((h(0.6) + h(0.2)) / 2 + h(0.7) + h(0.4)) / 3, ((h(0.9) + h(0.7)) / 2 + h(0.8) + h(0.5)) / 3]
    np.testing.assert_allclose(metrics.entropy(PAPER), entropy, rtol=1e-5)


def test_entropy_of_certainty_is_nothing_and_of_no_idea_the_logarithm_of_the_classes() -> None:
    extremes = tiny([[[1, 0, 0, 0], [0.25] * 4]], ["x"], [0])
    np.testing.assert_allclose(metrics.entropy(extremes), [0, np.log(4)], rtol=1e-6)


def test_confusion_by_hand_and_its_diagonal_is_accuracy(log: TrajectoryLog) -> None:
    # rows: a is x alone; b are y and z
    np.testing.assert_allclose(metrics.confusion(PAPER)[0], np.array([[0.5, 0.5], [1, 1]]) / 3)
    np.testing.assert_allclose(metrics.confusion(PAPER)[1], np.array([[1, 0], [2, 0]]) / 3)
    confusion = metrics.confusion(log)
    np.testing.assert_allclose(np.trace(confusion, axis1=1, axis2=2), metrics.accuracy(log))
    np.testing.assert_allclose(confusion.sum(axis=(1, 2)), 1)
    np.testing.assert_allclose(confusion.sum(axis=2), np.broadcast_to(confusion[0].sum(axis=1), (4, 10)))


def test_the_adversarial_start_by_hand() -> None:
    np.testing.assert_allclose(metrics.adversarial_accuracy(PAPER), [1 / 3, 1 / 3])  # x needs both: only z, then only x
    worst = [(-np.log(0.2) - np.log(0.3) - np.log(0.6)) / 3, (-np.log(0.7) - np.log(0.2) - np.log(0.5)) / 3]
    np.testing.assert_allclose(metrics.adversarial_negative_log_likelihood(PAPER), worst, rtol=1e-5)
    assert metrics.starts(PAPER) == (1, 2)


def test_the_adversarial_start_is_no_better_than_the_average_and_the_same_where_there_is_one(
    log: TrajectoryLog,
) -> None:
    assert (metrics.adversarial_accuracy(log) < metrics.accuracy(log)).all()
    assert (metrics.adversarial_negative_log_likelihood(log) > metrics.negative_log_likelihood(log)).all()
    once = log.take(np.flatnonzero(log.episode == 0))
    np.testing.assert_allclose(metrics.adversarial_accuracy(once), metrics.accuracy(once))


def test_the_worst_start_is_taken_under_every_seed_anew() -> None:
    two = answers([[1], [0], [1], [1]], ["x"] * 4, seed=[0, 0, 1, 1])  # recognised from everywhere under seed 1 alone
    np.testing.assert_allclose(metrics.adversarial_accuracy(two), [0.5])


def test_views_taken_and_views_to_a_confidence_by_hand() -> None:
    confident = tiny(
        [
            [[0.6, 0.4], [0.9, 0.1], [0.2, 0.8]],  # at view 2, right; later it doubts, which comes too late
            [[0.3, 0.7], [0.3, 0.7], [0.3, 0.7]],  # never; wrong at the end
            [[0.95, 0.05], [0.5, 0.5], [0.6, 0.4]],  # at once, right
        ],
        ["x", "y", "z"],
        [0, 0, 0],
    )
    stopping = metrics.stopping(confident, (0.9, 0.5, 0.99))
    np.testing.assert_allclose(stopping.views, [(2 + 3 + 1) / 3, 1, 3])
    np.testing.assert_allclose(stopping.reached, [2 / 3, 1, 0])
    np.testing.assert_allclose(stopping.accuracy, [2 / 3, 2 / 3, 1 / 3])  # x is lost if it goes on to the end
    with pytest.raises(UserError, match="no column 'taken'"):
        metrics.views_taken(confident)
    stopped = answers([[0, 1, 1], [1, 1, 1], [0, 0, 1]], ["x", "x", "y"], taken=[2, 1, 3])
    assert metrics.views_taken(stopped) == pytest.approx(((2 + 1) / 2 + 3) / 2)


def test_collisions_add_up() -> None:
    bumped = answers([[1, 1, 1]] * 3, ["x", "x", "y"], collided=np.array([[1, 0], [1, 1], [0, 1]], bool))
    np.testing.assert_allclose(metrics.collisions(bumped), [0, (1 + 0) / 2, (1.5 + 1) / 2])


def shuffled(log: TrajectoryLog) -> TrajectoryLog:
    return log.take(np.random.default_rng(0).permutation(len(log)))


def repeated(log: TrajectoryLog) -> TrajectoryLog:
    """One object's episodes three times over."""
    extra = log.take(np.flatnonzero(log.scene == log.scene[0]))
    return concatenate([log, *(replace(extra, episode=extra.episode + 100 * n) for n in (1, 2))])


FIGURES = [
    metrics.accuracy, metrics.adversarial_accuracy, metrics.adversarial_negative_log_likelihood,
    metrics.area_under_accuracy, metrics.brier, metrics.collisions, metrics.confusion, metrics.distance,
    metrics.entropy, metrics.expected_calibration_error, metrics.moves, metrics.negative_log_likelihood,
    metrics.rotation_deg, metrics.views_taken, lambda log: metrics.stopping(log).views,
    lambda log: metrics.flips(log).gained,
    lambda log: [metrics.risk_coverage_at(log, view).area for view in (1, 4)],
]  # fmt: skip


@pytest.mark.parametrize("figure", FIGURES)
def test_no_figure_depends_on_the_order_of_rows_or_on_how_often_an_object_was_looked_at(
    log: TrajectoryLog, figure
) -> None:  # type: ignore[no-untyped-def]
    np.testing.assert_allclose(figure(shuffled(log)), figure(log), atol=1e-12)
    np.testing.assert_allclose(figure(repeated(log)), figure(log), atol=1e-12)
