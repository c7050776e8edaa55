"""Risk against coverage: closed forms that are known, ties, and an independent reference."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_logs import tiny

from activevision.evaluation.metrics import risk_coverage, risk_coverage_at


def even(items: int) -> np.ndarray:
    return np.full(items, 1 / items)


def test_a_perfect_ranker_has_the_area_that_is_known_for_it() -> None:
    right = np.arange(20) < 15  # a quarter wrong, all of them least confident
    curve = risk_coverage(np.linspace(1, 0.5, 20), right, even(20))
    assert curve.area == pytest.approx(0.25 + 0.75 * np.log(0.75))
    assert curve.excess == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(curve.risk([0.5, 0.75, 1.0]), [0, 0, 0.25], atol=1e-12)


def test_a_confidence_that_never_varies_is_worth_the_share_of_errors() -> None:
    curve = risk_coverage(np.full(8, 0.7), np.arange(8) < 6, even(8))
    assert curve.area == pytest.approx(0.25)
    np.testing.assert_allclose(curve.risk([0.1, 0.5, 1.0]), 0.25)


def test_by_hand() -> None:
    # most to least confident: wrong, right, {right, wrong} level; ends at 1/4, 1/2, 1 with errors 1/4, 1/4, 1/2
    curve = risk_coverage([0.9, 0.8, 0.6, 0.6], [False, True, True, False], even(4))
    np.testing.assert_allclose(curve.risk([0.25, 0.5, 0.75, 1.0]), [1, 0.5, (1 / 4 + 1 / 8) / (3 / 4), 0.5])
    # ∫ 1 dc to 1/4, then (1/4)/c to 1/2, then (1/4 + (c − 1/2)/2)/c = 1/2 to 1
    assert curve.area == pytest.approx(0.25 + 0.25 * np.log(2) + 0.25)


def test_against_a_fine_sum_and_the_usual_mean_over_answers() -> None:
    rng = np.random.default_rng(0)
    confidence, weight = rng.random(400), rng.random(400)
    right, weight = rng.random(400) < confidence, weight / weight.sum()
    curve = risk_coverage(confidence, right, weight)
    fine = (np.arange(200_000) + 0.5) / 200_000
    assert curve.area == pytest.approx(curve.risk(fine).mean(), abs=1e-4)

    curve = risk_coverage(confidence, right, even(400))
    risks = np.cumsum(~right[np.argsort(-confidence)]) / np.arange(1, 401)
    assert curve.area == pytest.approx(risks.mean(), abs=0.01)
    assert curve.risk(1.0) == pytest.approx((~right).mean())


def test_the_best_ranker_is_best_and_the_worst_is_worst() -> None:
    rng = np.random.default_rng(1)
    right = rng.random(60) < 0.7
    areas = {
        name: risk_coverage(score, right, even(60))
        for name, score in {"best": right + rng.random(60) / 2, "random": rng.random(60), "worst": ~right}.items()
    }
    assert areas["best"].area < areas["random"].area < areas["worst"].area
    assert areas["best"].excess == pytest.approx(0, abs=1e-12)


def test_all_right_and_all_wrong_are_finite() -> None:
    assert risk_coverage([0.9, 0.8], [True, True], even(2)).area == 0
    all_wrong = risk_coverage([0.9, 0.8], [False, False], even(2))
    assert (all_wrong.area, all_wrong.excess) == pytest.approx((1, 0))


def test_of_a_log_objects_count_the_same() -> None:
    # x (two episodes, sure and right) weighs as much as y (one, unsure and wrong)
    log = tiny([[[0.9, 0.1]], [[0.9, 0.1]], [[0.6, 0.4]]], ["x", "x", "y"], [0, 0, 1])
    curve = risk_coverage_at(log, 1)
    np.testing.assert_allclose(curve.coverage, [0.5, 1])
    np.testing.assert_allclose(curve.risk([0.5, 1.0]), [0, 0.5])
