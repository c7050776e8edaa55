"""Claims of the probes, on features whose answers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import special_ortho_group
from wanderings import wander, write

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.collapse import rank_me, spread
from activevision.encoders.config import PretrainConfig
from activevision.evaluation.probes import normalised_equivariance_error, probe_encoder
from activevision.evaluation.probing.linear_probe import linear_probe
from activevision.evaluation.probing.motion_maps import MotionFeatures, MotionMaps
from activevision.evaluation.probing.nearest_neighbours import nearest_neighbours
from activevision.rollouts.dataset import WindowDataset

EPISODES, VIEWS, DIMENSIONS, PATTERNS = 600, 4, 6, 5


def walk(generator: np.random.Generator, maps: np.ndarray, noise: float = 0.0) -> MotionFeatures:
    """Episodes in which pattern g acts as maps[g], up to noise."""
    patterns = generator.integers(0, len(maps), (EPISODES, VIEWS - 1))
    z = [generator.normal(size=(EPISODES, DIMENSIONS))]
    for t in range(VIEWS - 1):
        z.append(np.einsum("eij,ej->ei", maps[patterns[:, t]], z[-1]))
    features = np.stack(z, axis=1) + noise * generator.normal(size=(EPISODES, VIEWS, DIMENSIONS))
    return MotionFeatures(features.astype(np.float32), patterns, np.array([f"s{i // 3}" for i in range(EPISODES)]))


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfectly_equivariant_features_have_no_error(generator: np.random.Generator) -> None:
    maps = special_ortho_group.rvs(DIMENSIONS, size=PATTERNS, random_state=1)
    error = normalised_equivariance_error(walk(generator, maps), walk(generator, maps))
    assert error.atomic < 0.01
    assert error.composite < 0.01
    assert set(error.by_pattern) == set(range(PATTERNS))


def test_features_that_are_drawn_anew_have_the_error_of_predicting_their_mean(generator: np.random.Generator) -> None:
    data = []
    for _ in range(2):
        features = generator.normal(size=(20_000, 3, DIMENSIONS)).astype(np.float32)
        scenes = np.arange(20_000).astype(str)
        data.append(MotionFeatures(features, generator.integers(0, 2, (20_000, 2)), scenes))
    error = normalised_equivariance_error(*data)
    assert error.atomic == pytest.approx(np.sqrt(0.5), abs=0.005)
    assert error.composite == pytest.approx(np.sqrt(0.5), abs=0.005)


def test_invariant_features_gain_nothing_from_the_maps(generator: np.random.Generator) -> None:
    invariant = np.repeat(np.eye(DIMENSIONS)[None], PATTERNS, axis=0)
    noisy = normalised_equivariance_error(walk(generator, invariant, 0.05), walk(generator, invariant, 0.05))
    assert noisy.atomic == pytest.approx(1.0, abs=0.03)
    assert noisy.composite == pytest.approx(1.0, abs=0.05)
    exact = normalised_equivariance_error(walk(generator, invariant), walk(generator, invariant))
    assert (exact.atomic, exact.composite) == (1.0, 1.0)


def test_the_error_is_of_features_not_of_their_scale(generator: np.random.Generator) -> None:
    maps = special_ortho_group.rvs(DIMENSIONS, size=PATTERNS, random_state=1)
    train, test = walk(generator, maps, 0.3), walk(generator, maps, 0.3)
    large = [MotionFeatures(1000 * d.features, d.patterns, d.scenes) for d in (train, test)]
    error, same = normalised_equivariance_error(train, test), normalised_equivariance_error(*large)
    assert 0.1 < error.atomic < 0.9
    assert same.atomic == pytest.approx(error.atomic, rel=1e-3)
    assert same.composite == pytest.approx(error.composite, rel=1e-3)


def test_maps_are_of_the_pattern_not_of_motion_at_large(generator: np.random.Generator) -> None:
    maps = special_ortho_group.rvs(DIMENSIONS, size=PATTERNS, random_state=1)
    train, test = walk(generator, maps), walk(generator, maps)
    shuffled = MotionFeatures(test.features, generator.permutation(test.patterns.ravel()).reshape(-1, 3), test.scenes)
    assert normalised_equivariance_error(train, shuffled).atomic > 0.6


def test_a_pattern_that_training_lacks_has_the_map_that_ignores_the_motion(generator: np.random.Generator) -> None:
    train = walk(generator, special_ortho_group.rvs(DIMENSIONS, size=PATTERNS, random_state=1))
    train = MotionFeatures(train.features, np.minimum(train.patterns, 3), train.scenes)
    maps, blind = MotionMaps.fit(train, PATTERNS, 0)
    assert np.array_equal(maps.maps[4], blind.maps[4])
    assert not np.allclose(maps.maps[3], blind.maps[3], atol=0.1)
    assert np.array_equal(blind.maps, np.repeat(blind.maps[:1], PATTERNS, axis=0))


def test_motions_that_say_nothing_cost_nothing_however_few_data_a_pattern_has(generator: np.random.Generator) -> None:
    """Features of 48 dimensions that forget a half of what they were at every step, and 60 steps to fit a map to."""
    data = []
    for _ in range(2):
        z = [generator.normal(size=(200, 48))]
        for _ in range(7):
            z.append(0.5 * z[-1] + np.sqrt(0.75) * generator.normal(size=(200, 48)))
        patterns = generator.integers(0, 24, (200, 7))
        data.append(MotionFeatures(np.stack(z, 1).astype(np.float32), patterns, np.arange(200).astype(str)))
    error = normalised_equivariance_error(*data)
    assert error.blind == pytest.approx(np.sqrt((1 - 0.25**2) / (2 * (1 - 0.25))), abs=0.015)
    assert error.composite == pytest.approx(error.blind, abs=0.003)


def test_what_motions_tell_is_the_difference_to_ignoring_them(generator: np.random.Generator) -> None:
    maps = special_ortho_group.rvs(DIMENSIONS, size=PATTERNS, random_state=1)
    error = normalised_equivariance_error(walk(generator, maps), walk(generator, maps))
    assert error.composite < 0.01
    assert error.blind > 0.6
    same = np.repeat(maps[:1], PATTERNS, axis=0)  # all motions do the same: nothing is gained by knowing which
    error = normalised_equivariance_error(walk(generator, same, 0.1), walk(generator, same, 0.1))
    assert error.composite == pytest.approx(error.blind, abs=0.003)


def test_two_views_have_no_composite_motion(generator: np.random.Generator) -> None:
    maps = special_ortho_group.rvs(DIMENSIONS, size=PATTERNS, random_state=1)
    data = walk(generator, maps)
    short = MotionFeatures(data.features[:, :2], data.patterns[:, :1], data.scenes)
    assert np.isnan(normalised_equivariance_error(short, short).composite)


def blobs(generator: np.random.Generator, count: int, distance: float) -> tuple[np.ndarray, np.ndarray]:
    labels = generator.integers(0, 4, count)
    features = generator.normal(size=(count, 20))
    features[np.arange(count), labels] += distance
    return features.astype(np.float32), labels


@pytest.mark.parametrize("probe", [linear_probe, nearest_neighbours])
def test_classifiers_find_separate_classes_and_nothing_in_noise(probe, generator: np.random.Generator) -> None:
    for distance, least, most in ((8.0, 0.99, 1.0), (0.0, 0.2, 0.3)):
        features, labels = blobs(generator, 2000, distance)
        assert least <= (probe(*blobs(generator, 800, distance), features) == labels).mean() <= most


def test_the_linear_probe_reaches_the_best_possible_accuracy(generator: np.random.Generator) -> None:
    test_features, test_labels = blobs(generator, 5000, 2.0)
    best = (test_features[:, :4].argmax(1) == test_labels).mean()  # Bayes' rule for these classes
    accuracy = (linear_probe(*blobs(generator, 4000, 2.0), test_features) == test_labels).mean()
    assert accuracy == pytest.approx(best, abs=0.015)


def test_the_linear_probe_does_not_depend_on_scale_or_offset(generator: np.random.Generator) -> None:
    (a, labels), (b, _) = blobs(generator, 500, 2.0), blobs(generator, 500, 2.0)
    assert (linear_probe(a, labels, b) == linear_probe(100 * a + 7, labels, 100 * b + 7)).mean() > 0.98


def test_rank_counts_the_directions_that_are_used(generator: np.random.Generator) -> None:
    orthonormal = np.linalg.qr(generator.normal(size=(100, 8)))[0].astype(np.float32)
    assert rank_me(orthonormal) == pytest.approx(8.0, rel=1e-4)
    assert rank_me(orthonormal[:, :3] @ generator.normal(size=(3, 8)).astype(np.float32)) < 3.01
    assert rank_me(np.ones((100, 8), np.float32)) == pytest.approx(1.0, rel=1e-4)


def test_spread_is_one_for_even_directions_and_zero_for_one(generator: np.random.Generator) -> None:
    assert spread(generator.normal(size=(5000, 64)).astype(np.float32)) == pytest.approx(1.0, abs=0.01)
    assert spread(np.ones((100, 8), np.float32)) == pytest.approx(0.0, abs=1e-6)


def test_an_encoder_is_measured_on_video_of_any_lengths_without_labels(tmp_path: Path) -> None:
    for split in ("train", "test"):
        first = 10 * (split == "test")
        walks = [wander(first + i, views, label="", size=16) for i, views in enumerate((9, 30, 5, 12, 7))]
        write(tmp_path / split, walks, classes=())
    train, test = (WindowDataset.load(tmp_path / split) for split in ("train", "test"))
    torch.manual_seed(0)
    figures = probe_encoder(SmallCNN(8).eval(), train, test, PretrainConfig(patterns=2))
    errors = {f"equivariance_error_{name}" for name in ("atomic", "composite", "blind")}
    assert set(figures) == {*errors, "rank_me", "spread"}
    assert all(np.isfinite(value) for value in figures.values())
