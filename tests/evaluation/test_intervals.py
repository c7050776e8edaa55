"""Intervals: an independent reference, coverage of the truth, and what they are resampled over."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic_logs import make_logs

from activevision.errors import UserError
from activevision.evaluation.intervals import Bootstrap, Interval, accuracy_interval, cells


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


def test_a_seed_that_lacks_an_object_is_named() -> None:
    log = make_logs(("ppo",), objects=10, seeds=2)[0]
    lacking = log.take(np.flatnonzero((log.seed == 0) | (log.scene != log.scene[0])))
    with pytest.raises(UserError, match="'chair/000' has no episode under seed 1"):
        accuracy_interval(lacking)


def test_too_few_objects_are_refused_where_an_end_would_be_one_object_alone() -> None:
    assert Bootstrap(level=0.95).least_objects == 4  # 1 / 3³ is more than 2.5 %, 1 / 4⁴ is not
    assert Bootstrap(level=0.8).least_objects == 3
    with pytest.raises(UserError, match="3 objects are too few for 95 % intervals: evaluate on at least 4"):
        Bootstrap().interval([0, 1, 1], ["a", "b", "c"])
    assert Bootstrap().interval([0, 1, 1, 1], ["a", "b", "c", "d"]).low < 0.75


def test_the_worst_of_a_cell_can_be_taken_in_place_of_its_mean() -> None:
    values, objects, seeds = [[3.0], [1.0], [2.0], [5.0]], ["b", "a", "a", "b"], [0, 0, 0, 0]
    np.testing.assert_allclose(cells(values, objects, seeds).mean, [[[1.5], [4.0]]])
    np.testing.assert_allclose(cells(values, objects, seeds, np.minimum).mean, [[[1.0], [3.0]]])
    np.testing.assert_allclose(cells(values, objects, seeds, np.maximum).mean, [[[2.0], [5.0]]])
