"""Intervals: an independent reference, coverage of the truth, and what they are resampled over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic_logs import make_logs

from activevision.errors import UserError
from activevision.evaluation.intervals import (
    Bootstrap,
    Interval,
    accuracy_interval,
    aligned,
    gap_closed,
    paired_accuracy_interval,
)


def width(interval: Interval) -> np.ndarray:
    return interval.high - interval.low


def test_against_a_few_line_reference() -> None:
    rng = np.random.default_rng(0)
    objects = np.repeat(np.arange(40), 3)
    values = rng.random(120) + objects / 40
    means = values.reshape(40, 3).mean(axis=1)
    draws = [rng.choice(means, 40).mean() for _ in range(20_000)]
    interval = Bootstrap().interval(values, objects)
    assert interval.estimate == pytest.approx(means.mean())
    np.testing.assert_allclose([interval.low, interval.high], np.quantile(draws, [0.025, 0.975]), atol=0.006)


def test_two_levels_against_a_few_line_reference() -> None:
    rng = np.random.default_rng(1)
    cells = rng.random((5, 30)) + rng.normal(0, 0.3, (5, 1)) + rng.normal(0, 0.2, (1, 30))
    draws = [cells[rng.integers(5, size=5)][:, rng.integers(30, size=30)].mean() for _ in range(20_000)]
    seeds, objects = (index.ravel() for index in np.indices(cells.shape))
    interval = Bootstrap().interval(cells.ravel(), objects, seeds)
    np.testing.assert_allclose([interval.low, interval.high], np.quantile(draws, [0.025, 0.975]), atol=0.012)


def test_covers_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(2)
    bootstrap, covered = Bootstrap(resamples=1000), 0
    for _ in range(400):
        rate = rng.beta(2, 1, 60)  # every object has its own rate of success; the truth is 2 / 3
        interval = bootstrap.interval(rng.random((60, 4)).ravel() < np.repeat(rate, 4), np.repeat(np.arange(60), 4))
        covered += bool(interval.low <= 2 / 3 <= interval.high)
    assert (
        0.915 <= covered / 400 <= 0.98
    )  # 95 % less what a percentile interval of 60 objects lacks, ± 3 binomial errors


def test_copies_of_an_episode_add_no_certainty() -> None:
    rng = np.random.default_rng(3)
    once = rng.random(50) < 0.6
    alone = Bootstrap().interval(once, np.arange(50))
    copied = Bootstrap().interval(np.repeat(once, 10), np.repeat(np.arange(50), 10))
    naive = Bootstrap().interval(np.repeat(once, 10), np.arange(500))
    np.testing.assert_allclose([copied.low, copied.high], [alone.low, alone.high])
    assert width(copied) > 2.5 * width(naive)  # √10 in expectation


def test_seeds_that_differ_widen_the_interval_and_can_be_held_fixed() -> None:
    rng = np.random.default_rng(4)
    seeds, objects = (index.ravel() for index in np.indices((5, 50)))
    values = rng.random(250) + np.array([-0.4, -0.2, 0.0, 0.2, 0.4])[seeds]
    over_both = Bootstrap().interval(values, objects, seeds)
    fixed = Bootstrap(over_seeds=False).interval(values, objects, seeds)
    assert over_both.estimate == pytest.approx(fixed.estimate)
    assert width(over_both) > 3 * width(fixed)


def test_same_seed_same_interval() -> None:
    log = make_logs(("ppo",), objects=20)[0]
    np.testing.assert_array_equal(accuracy_interval(log).low, accuracy_interval(log).low)
    other = accuracy_interval(log, Bootstrap(seed=1, resamples=500))
    assert not np.array_equal(accuracy_interval(log, Bootstrap(resamples=500)).low, other.low)


def test_pairing_narrows_the_interval_of_correlated_policies() -> None:
    a, b = make_logs(("ppo", "farthest"), objects=60, episodes=4)
    paired = paired_accuracy_interval(a, b)
    independent = np.hypot(width(accuracy_interval(a)), width(accuracy_interval(b)))
    np.testing.assert_allclose(paired.estimate, accuracy_interval(a).estimate - accuracy_interval(b).estimate)
    assert (width(paired) < 0.8 * independent).all()
    assert width(paired)[0] == 0  # the same starts: the same first view


def test_pairing_goes_by_key_and_not_by_order() -> None:
    a, b = make_logs(("ppo", "random"), objects=20, seeds=2)
    shuffled = b.take(np.random.default_rng(0).permutation(len(b)))
    first, second = paired_accuracy_interval(a, b), paired_accuracy_interval(a, shuffled)
    np.testing.assert_array_equal(first.low, second.low)
    np.testing.assert_array_equal(aligned(a, shuffled)[1].belief, b.belief)


def test_policies_without_the_same_episodes_are_not_paired() -> None:
    a, b = make_logs(("ppo", "random"), objects=10)
    with pytest.raises(UserError, match=r"'ppo' and 'random' cannot be paired.*episode"):
        paired_accuracy_interval(a, b.take(np.arange(1, len(b))))
    with pytest.raises(UserError, match="different labels"):
        paired_accuracy_interval(a, replace(b, label=(b.label + 1) % 10))


def test_a_seed_that_lacks_an_object_is_named() -> None:
    log = make_logs(("ppo",), objects=10, seeds=2)[0]
    lacking = log.take(np.flatnonzero((log.seed == 0) | (log.scene != log.scene[0])))
    with pytest.raises(UserError, match="'chair/000' has no episode under seed 1"):
        accuracy_interval(lacking)


def test_share_of_the_gap_by_hand_and_where_there_is_no_gap() -> None:
    a, low, high = make_logs(("ppo", "random", "all_views"), objects=60)
    share = gap_closed(a, low, high)
    mean = [log.correct.mean(axis=0) for log in (a, low, high)]
    np.testing.assert_allclose(share.estimate, (mean[0] - mean[1]) / (mean[2] - mean[1]))
    assert (share.low <= share.estimate).all()
    assert (share.estimate <= share.high).all()
    assert np.isnan(gap_closed(a, low, low).estimate).all()
