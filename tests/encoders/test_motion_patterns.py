"""Claims of the motion patterns: they are the motions that there are."""

from __future__ import annotations

import numpy as np
import pytest

from activevision.encoders.motion_patterns import MotionPatterns


@pytest.fixture
def kinds() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(9, 6)) * [3.0, 3.0, 3.0, 0.1, 0.1, 0.1]


def noisy(kinds: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(2)
    truth = generator.integers(0, len(kinds), count)
    return kinds[truth] + kinds.std(0) * 0.02 * generator.normal(size=(count, 6)), truth


def test_separate_kinds_of_motion_are_found(kinds: np.ndarray) -> None:
    twists, truth = noisy(kinds, 900)
    found = MotionPatterns.fit(twists, 9, np.random.default_rng(0)).assign(twists)
    assert len({(a, b) for a, b in zip(truth, found, strict=True)}) == 9, "a one-to-one relation"


def test_discrete_motions_each_get_a_pattern_however_many_are_asked_for(kinds: np.ndarray) -> None:
    twists = kinds[np.random.default_rng(0).integers(0, 9, 200)].astype(np.float32)
    patterns = MotionPatterns.fit(twists, 50, np.random.default_rng(0))
    assert len(patterns) == 9
    assert sorted(patterns.assign(kinds)) == list(range(9))


def test_rotation_weighs_as_much_as_translation() -> None:
    generator = np.random.default_rng(0)
    twists = np.zeros((400, 6))
    twists[:, 0] = generator.uniform(-100, 100, 400)  # a wide but even spread in metres
    twists[:, 4] = np.where(np.arange(400) % 2, 0.01, -0.01)  # two kinds of turn
    found = MotionPatterns.fit(twists, 4, generator).assign(twists)
    for pattern in range(4):
        assert len(np.unique(twists[found == pattern, 4])) == 1, "no pattern mixes the turns"


def test_the_same_seed_gives_the_same_patterns_in_the_same_order(kinds: np.ndarray) -> None:
    twists, _ = noisy(kinds, 300)
    a, b = (MotionPatterns.fit(twists, 6, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(a.centres, b.centres)


def test_windows_of_twists_are_assigned_as_single_ones(kinds: np.ndarray) -> None:
    twists, _ = noisy(kinds, 300)
    patterns = MotionPatterns.fit(twists, 6, np.random.default_rng(4))
    windows = patterns.assign(twists.reshape(100, 3, 6))
    np.testing.assert_array_equal(windows, patterns.assign(twists).reshape(100, 3))
