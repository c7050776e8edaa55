"""Claims of the whole benchmark on representations whose values are known."""

from __future__ import annotations

import numpy as np
import pytest
from known_features import CLASSES, anew, equivariant, invariant

from activevision.evaluation.probing.measure import Measured, Task, measure
from activevision.evaluation.probing.measures import MEASURES
from activevision.evaluation.probing.posed_features import PosedFeatures
from activevision.evaluation.probing.protocol import ProbeProtocol

VIEWS = 8
PROTOCOL = ProbeProtocol("hand", "By hand", "", "", VIEWS, 1.0, 0, 0, 60.0, None, True)
CHANCE = float(np.mean(1 / np.arange(1, VIEWS + 1)))


def measured(train: PosedFeatures, test: PosedFeatures, seeds: int = 1) -> Measured:
    return measure(train, test, Task.of(train, test, PROTOCOL), seeds)


def values(found: Measured) -> dict[str, np.ndarray]:
    means = {name: np.mean([tally.value for tally in of_seeds], axis=0) for name, of_seeds in found.tallies.items()}
    return {name: 1 - value if MEASURES[name].complement else value for name, value in means.items()}


@pytest.fixture(scope="module")
def of_equivariant() -> dict[str, np.ndarray]:
    return values(measured(equivariant(0, 300), equivariant(1, 100)))


@pytest.fixture(scope="module")
def of_invariant() -> dict[str, np.ndarray]:
    return values(measured(invariant(0, 300), invariant(1, 100)))


@pytest.fixture(scope="module")
def of_anew() -> dict[str, np.ndarray]:
    return values(measured(anew(0, 300), anew(1, 100)))


def test_every_measure_is_there(of_equivariant: dict[str, np.ndarray]) -> None:
    assert set(of_equivariant) == set(MEASURES)


def test_a_perfectly_equivariant_representation_is_led_by_the_predictor(of_equivariant: dict[str, np.ndarray]) -> None:
    assert of_equivariant["error_in_range"] < 0.1
    assert of_equivariant["error_composite"] < of_equivariant["error_blind"] - 0.1
    assert of_equivariant["mrr"] > 0.95
    assert of_equivariant["hits_at_1"] > 0.9
    assert of_equivariant["pre"] < 0.05
    assert of_equivariant["path_features"][-1] < 0.3
    assert of_equivariant["error_out_of_range"] < 0.35  # the action is linear, so what was learnt holds further out


def test_a_perfectly_equivariant_representation_tells_rotations(of_equivariant: dict[str, np.ndarray]) -> None:
    assert of_equivariant["r2_absolute_rotation"] > 0.97
    assert of_equivariant["r2_relative_rotation"] > 0.85
    assert of_equivariant["path_rotation"][-1] < 0.5
    assert of_equivariant["r2_relative_translation"] < 0.05  # which these features know nothing of
    assert abs(of_equivariant["linear_probe"] - 1 / CLASSES) < 0.1


def test_an_invariant_representation_tells_the_class_and_no_motion(of_invariant: dict[str, np.ndarray]) -> None:
    assert of_invariant["linear_probe"] > 0.99
    assert of_invariant["nearest_neighbours"] > 0.99
    for name in ("r2_relative_rotation", "r2_relative_translation", "r2_absolute_rotation"):
        assert abs(of_invariant[name]) < 0.05
    assert of_invariant["mrr"] == pytest.approx(CHANCE)
    for k in (1, 2, 5):
        assert of_invariant[f"hits_at_{k}"] == pytest.approx(k / VIEWS)
    for name in ("error_atomic", "error_composite", "error_blind", "error_in_range", "error_out_of_range"):
        assert of_invariant[name] == 1  # nothing changes, and by definition nothing is gained
    assert of_invariant["path_features"] == pytest.approx(np.ones(VIEWS - 1))


def test_a_random_representation_has_the_values_of_chance(of_anew: dict[str, np.ndarray]) -> None:
    assert abs(of_anew["linear_probe"] - 1 / CLASSES) < 0.06
    for name in ("r2_relative_rotation", "r2_relative_translation", "r2_absolute_rotation"):
        assert abs(of_anew[name]) < 0.05
    assert of_anew["mrr"] < CHANCE + 0.03
    for name in ("error_atomic", "error_composite", "error_blind", "error_in_range", "error_out_of_range"):
        assert of_anew[name] == pytest.approx(np.sqrt(0.5), abs=0.05)
    assert of_anew["path_features"] == pytest.approx(np.full(VIEWS - 1, np.sqrt(0.5)), abs=0.05)


def test_measuring_twice_gives_the_same_and_seeds_differ() -> None:
    train, test = equivariant(0, 40), equivariant(1, 20)
    once, again = measured(train, test, 2), measured(train, test, 2)
    for name, tallies in once.tallies.items():
        for a, b in zip(tallies, again.tallies[name], strict=True):
            assert np.array_equal(a.above, b.above), name
    assert once.tallies["mrr"][0].value != once.tallies["mrr"][1].value


def test_what_the_data_has_nothing_for_is_left_out() -> None:
    train, test = (
        PosedFeatures(v.features, v.poses, v.episodes, v.scenes, np.full(len(v), -1))
        for v in (anew(0, 40, 2), anew(1, 20, 2))
    )
    left_out = set(MEASURES) - set(measured(train, test).tallies)
    composite = {"error_composite", "error_blind"}
    assert left_out == {"linear_probe", "nearest_neighbours", "error_out_of_range", *composite}
