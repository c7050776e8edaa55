"""Paired differences: pairing, p-values and effect sizes against references, shares of gaps, correction for many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic_logs import make_logs
from tiny_logs import answers

from activevision.errors import UserError
from activevision.evaluation.differences import differences, paired_accuracy
from activevision.evaluation.gaps import gap_closed
from activevision.evaluation.holm import holm
from activevision.evaluation.intervals import Bootstrap, Cells, accuracy_interval
from activevision.evaluation.panel import Panel


def test_pairing_narrows_the_interval_of_correlated_policies() -> None:
    a, b = make_logs(("ppo", "farthest"), objects=60, episodes=4)
    paired, alone = paired_accuracy(a, b), [accuracy_interval(log) for log in (a, b)]
    width = paired.high[0] - paired.low[0]
    np.testing.assert_allclose(paired.difference[0], alone[0].estimate - alone[1].estimate)
    assert (width < 0.8 * np.hypot(*(interval.high - interval.low for interval in alone))).all()
    assert width[0] == 0  # the same starts: the same first view
    assert paired.p[0, 0] == 1
    assert np.isnan(paired.d_z[0, 0])


def test_pairing_goes_by_key_and_not_by_order() -> None:
    a, b = make_logs(("ppo", "random"), objects=20, seeds=2)
    shuffled = b.take(np.random.default_rng(0).permutation(len(b)))
    first, second = paired_accuracy(a, b), paired_accuracy(a, shuffled)
    for name in ("difference", "low", "high", "p", "d_z"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    panel = Panel.of([a, shuffled])
    assert panel.logs[0].keys() == panel.logs[1].keys()


def test_policies_without_the_same_episodes_are_not_paired() -> None:
    a, b = make_logs(("ppo", "random"), objects=10)
    with pytest.raises(UserError, match=r"'ppo' with 'product' and 'random' with 'product' cannot be paired.*episode"):
        paired_accuracy(a, b.take(np.arange(1, len(b))))
    with pytest.raises(UserError, match="different labels"):
        paired_accuracy(a, replace(b, label=(b.label + 1) % 10))


@pytest.mark.parametrize(("left_out", "word"), [((), "viewpoint"), (("viewpoint",), "pose")])
def test_starts_that_are_numbered_otherwise_are_not_paired(left_out: tuple[str, ...], word: str) -> None:
    a, b, c = make_logs(("ppo", "random", "sweep"), objects=10, episodes=3)
    a, c = (replace(log, **dict.fromkeys(left_out)) for log in (a, c))
    other_order = replace(c, episode=(c.episode + 1) % 3)
    Panel.of([a, b, c])
    said = rf"'ppo' with 'product' and 'sweep' with 'product' cannot be paired: scene .* starts from another {word}"
    with pytest.raises(UserError, match=said):
        Panel.of([a, other_order])
    dumb = replace(b, viewpoint=None, pose=None)
    with pytest.raises(UserError, match=said):
        Panel.of([dumb, a, other_order])  # those that tell are compared, whichever stands first
    rounded = replace(c, pose=c.pose.round(5))  # type: ignore[union-attr]
    Panel.of([a, rounded, replace(other_order, viewpoint=None, pose=None)])


def test_the_p_value_against_a_plain_resampling_of_objects() -> None:
    rng = np.random.default_rng(0)
    gain = rng.normal(0.1, 0.3, 30)
    means = np.array([rng.choice(gain, 30).mean() for _ in range(20_000)])
    expected = 2 * min((means <= 0).mean(), (means >= 0).mean())
    cells = Cells(np.array([0]), np.arange(30).astype(str), np.stack([gain, 0 * gain], axis=1)[None, :, :, None])
    bootstrap = Bootstrap(resamples=20_000)
    found = differences(cells, bootstrap.samples(cells), [(0, 1), (1, 0)], bootstrap)
    assert 0.01 < expected < 0.2
    np.testing.assert_allclose(found.p[:, 0], expected, atol=0.01)
    assert found.d_z[0, 0] == pytest.approx(gain.mean() / gain.std(ddof=1))
    assert found.d_z[1, 0] == -found.d_z[0, 0]


def test_the_p_value_says_what_the_interval_says() -> None:
    rng = np.random.default_rng(1)
    gains = rng.normal(np.linspace(-0.25, 0.25, 41), 0.5, (30, 41))
    cells = Cells(
        np.array([0]), np.arange(30).astype(str), np.concatenate([gains, 0 * gains], axis=1)[None, :, :, None]
    )
    bootstrap = Bootstrap(resamples=4000)
    found = differences(cells, bootstrap.samples(cells), [(n, 41 + n) for n in range(41)], bootstrap)
    excluded = (found.low > 0) | (found.high < 0)
    clear = np.abs(found.p - 0.05) > 0.01  # more resamples are drawn for p than for intervals
    np.testing.assert_array_equal((found.p < 0.05)[clear], excluded[clear])
    assert 5 < excluded.sum() < 36


def test_under_no_difference_p_is_small_as_rarely_as_it_says() -> None:
    rng = np.random.default_rng(2)
    gains = rng.normal(0, 1, (40, 500))
    cells = Cells(
        np.array([0]), np.arange(40).astype(str), np.concatenate([gains, np.zeros((40, 1))], axis=1)[None, :, :, None]
    )
    bootstrap = Bootstrap(resamples=1000)
    pairs = [(n, 500) for n in range(500)]
    samples = np.concatenate(list(bootstrap.blocks(cells, 1000)))
    p = np.concatenate(  # in parts, so that no more resamples are drawn than these
        [differences(cells, samples, pairs[n : n + 5], bootstrap).p for n in range(0, 500, 5)]
    )
    assert 0.03 < (p < 0.05).mean() < 0.09  # a percentile bootstrap of 40 objects is a little too sure
    assert p.min() > 0


def test_effect_size_by_hand() -> None:
    # per object, a less b: 1, 0, 0.5 (two starts) and 0: mean 0.375, standard deviation √(Σ(d − 0.375)² / 3)
    scene = ["w", "x", "y", "y", "z"]
    a, b = answers([[1], [0], [1], [1], [1]], scene), answers([[0], [0], [1], [0], [1]], scene)
    found = paired_accuracy(a, b)
    assert found.difference[0, 0] == pytest.approx(0.375)
    spread = np.sqrt(np.sum((np.array([1, 0, 0.5, 0]) - 0.375) ** 2) / 3)
    assert found.d_z[0, 0] == pytest.approx(0.375 / spread)


def test_seeds_that_disagree_are_in_the_p_value() -> None:
    scene, seed = ["abcdefgh"[k] for k in range(8)] * 2, [0] * 8 + [1] * 8
    a = answers([[1]] * 8 + [[0]] * 4 + [[1]] * 4, scene, seed=seed)  # better under seed 0, level under seed 1
    b = answers([[0]] * 8 + [[0]] * 4 + [[1]] * 4, scene, seed=seed)
    over_both, fixed = paired_accuracy(a, b).p, paired_accuracy(a, b, Bootstrap(over_seeds=False)).p
    assert over_both == pytest.approx(2 * 0.25, abs=0.02)  # a quarter of resamples has seed 1 alone
    assert fixed < 0.001


def test_holm_against_a_worked_example() -> None:
    # 0.01 × 4, 0.013 × 3 (raised to 0.04), 0.03 × 2, 0.04 × 1 (raised to 0.06)
    np.testing.assert_allclose(holm([0.03, 0.01, 0.04, 0.013]), [0.06, 0.04, 0.06, 0.04])
    np.testing.assert_allclose(holm([0.6, 0.7]), [1, 1])
    np.testing.assert_allclose(holm([0.02]), [0.02])
    np.testing.assert_allclose(holm([[0.01, 0.5], [0.5, 0.04]]), [[0.04, 1], [1, 0.12]])


def test_holm_lies_between_no_correction_and_bonferronis_and_keeps_the_order() -> None:
    p = np.random.default_rng(0).random(50) ** 3
    adjusted = holm(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(1, 50 * p) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


def test_share_of_the_gap_by_hand_and_where_there_is_no_gap() -> None:
    a, low, high = make_logs(("ppo", "random", "all_views"), objects=60)
    share = gap_closed(a, low, high)
    mean = [log.correct.mean(axis=0) for log in (a, low, high)]
    np.testing.assert_allclose(share.estimate, (mean[0] - mean[1]) / (mean[2] - mean[1]))
    assert (share.low <= share.estimate).all()
    assert (share.estimate <= share.high).all()
    assert np.isnan(gap_closed(a, low, low).estimate).all()


def test_the_floor_closes_nothing_of_the_gap_and_the_ceiling_all_of_it() -> None:
    low, high = make_logs(("random", "all_views"), objects=60)
    for agent, share in ((low, 0.0), (high, 1.0)):
        found = gap_closed(agent, low, high)
        np.testing.assert_allclose([found.estimate, found.low, found.high], share, atol=1e-12)
