"""Claims of the rank correlations: SciPy's values, what a partial one is, exact p, and intervals that cover."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from activevision.evaluation.study.ranks import interval, partial_spearman, permutation_p, spearman


@pytest.mark.parametrize("ties", [False, True])
def test_spearman_is_scipys(ties: bool) -> None:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 30, 13))
    if ties:
        x, y = np.round(x), np.round(y)
    expected = [stats.spearmanr(a, b).statistic for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(spearman(x, y), expected, atol=1e-12)
    assert np.isnan(spearman(np.ones((1, 5)), np.arange(5.0)[None]))[0]


def test_a_partial_correlation_is_that_of_what_is_left_of_the_ranks() -> None:
    generator = np.random.default_rng(1)
    z = generator.normal(size=(20, 15))
    x, y = z + generator.normal(size=(2, 20, 15))
    for row, found in enumerate(partial_spearman(x, y, z)):
        of_z = np.stack([np.ones(15), stats.rankdata(z[row])], axis=1)
        left = [
            ranks - of_z @ np.linalg.lstsq(of_z, ranks, rcond=None)[0]
            for ranks in (stats.rankdata(x[row]), stats.rankdata(y[row]))
        ]
        assert found == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-9)
    assert np.isnan(partial_spearman(x, y, x)).all(), "nothing is left of what is held fixed"


def test_p_is_exact_for_few_and_near_it_for_many() -> None:
    generator = np.random.default_rng(2)
    x, y = generator.normal(size=(2, 6))
    found = abs(stats.spearmanr(x, y).statistic)
    every = [abs(stats.spearmanr(x, y[list(order)]).statistic) for order in itertools.permutations(range(6))]
    assert permutation_p(x, y) == pytest.approx(np.mean(np.array(every) >= found - 1e-9))
    x, y = generator.normal(size=(2, 14))
    y += 0.5 * x
    assert permutation_p(x, y) == pytest.approx(stats.spearmanr(x, y).pvalue, rel=0.1)  # by Student's t
    assert permutation_p(x, np.arange(14.0)) == permutation_p(x, np.arange(14.0)), "the same again"
    assert permutation_p(np.arange(14.0), np.arange(14.0)) == pytest.approx(1e-5), "never 0"


def test_without_values_there_is_no_interval() -> None:
    assert np.isnan(interval(0.3, np.array([np.nan, np.nan, 0.1]))).all()
    assert np.isnan(interval(float("nan"), np.linspace(-1, 1, 50))).all()
    low, high = interval(0.3, np.array([0.2, 0.3, 0.4, np.nan]))
    assert low < 0.3 < high


@pytest.mark.parametrize(("rho", "noise"), [(0.0, 0.3), (0.0, 5.0), (0.7, 0.1)])
def test_intervals_cover_also_where_objects_are_drawn_anew(rho: float, noise: float) -> None:
    """Of 14 encoders two figures that are correlated, measured on 60 objects with noise; both are drawn."""
    generator = np.random.default_rng(3)
    encoders, objects, resamples, repeats = 14, 60, 200, 150
    many = generator.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 100_000)
    target = stats.spearmanr(*(many + np.sqrt(noise) * generator.normal(size=many.shape)).T).statistic
    covered = found = 0
    for _ in range(repeats):
        true = generator.multivariate_normal([0, 0], [[1, rho], [rho, 1]], encoders)
        seen = true.T[..., None] + np.sqrt(noise * objects) * generator.normal(size=(2, encoders, objects))
        drawn = generator.integers(encoders, size=(resamples, encoders))
        shares = generator.multinomial(objects, np.full(objects, 1 / objects), size=resamples) / objects
        x, y = (np.take_along_axis(shares @ of.T, drawn, 1) for of in seen)
        estimate = spearman(*(of.mean(-1)[None] for of in seen))[0]
        low, high = interval(float(estimate), spearman(x, y))
        covered += low <= target <= high
        found += low > 0 or high < 0
    assert covered / repeats > 0.92
    if rho == 0:
        assert found / repeats < 0.06, "a link is seldom seen where there is none"
    else:
        assert found / repeats > 0.4, "and often where there is one"
