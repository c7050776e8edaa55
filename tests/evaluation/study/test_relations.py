"""Claims of the study's figures: what a draw is, what counts as noise, and that known relations are found."""

from __future__ import annotations

import numpy as np
import pytest

from activevision.evaluation.probing.tally import quotient
from activevision.evaluation.study.relations import Figure, relation, sampled
from activevision.evaluation.study.scores import ENCODERS, OBJECTS, SEEDS, Draws, Scores

E, P, S, K = 6, 2, 3, 20


def sums(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.uniform(0, 1, (E, P, S, K)), generator.uniform(1, 2, (E, P, S, K))


def test_a_draw_of_nothing_is_the_figure_itself() -> None:
    above, below = sums(0)
    scores = Scores(above, below, complement=True)
    expected = np.array([
        np.mean([1 - above[e, p, s].sum() / below[e, p, s].sum() for p in range(P) for s in range(S)]) for e in range(E)
    ])  # fmt: skip
    np.testing.assert_allclose(scores.values, expected)
    np.testing.assert_allclose(scores.drawn(Draws.of((E, P, K), 5, 0, ())), np.tile(expected, (5, 1)))


def test_a_draw_by_hand() -> None:
    scores = Scores(*sums(1))
    draws = Draws.of((E, P, K), 40, 3, (ENCODERS, OBJECTS, SEEDS))
    seeds = draws.seeds(S)
    found = scores.drawn(draws)
    for r in (0, 17, 39):
        counts = draws.objects[r]
        assert counts.sum() == K
        for place, e in enumerate(draws.encoders[r]):
            runs = []
            for position, p in enumerate(draws.runs[r, place]):
                figures = [
                    float(quotient(scores.above[e, p, s] @ counts, scores.below[e, p, s] @ counts))
                    for s in seeds[r, place, position]
                ]
                runs.append(np.mean(figures))
            assert found[r, place] == pytest.approx(np.mean(runs))


def test_only_what_is_asked_for_is_drawn() -> None:
    shape = (E, P, K)
    alone = Draws.of(shape, 30, 0, (ENCODERS,))
    assert (alone.objects == 1).all()
    assert (alone.runs == np.arange(P)).all()
    assert (alone.seeds(S) == np.arange(S)).all()
    others = Draws.of(shape, 30, 0, (OBJECTS, SEEDS))
    assert (others.encoders == np.arange(E)).all()
    assert (others.objects != 1).any()
    assert (others.seeds(S) != np.arange(S)).any()
    every = Draws.of(shape, 30, 0, (ENCODERS, OBJECTS, SEEDS))
    np.testing.assert_array_equal(every.encoders, alone.encoders)
    np.testing.assert_array_equal(every.objects, others.objects)


def means(values: np.ndarray, noise: float, seed: int, shared: float = 0.0) -> Scores:
    """Of encoders with these values (E,) on K objects: with noise of their own, and some that all encoders share."""
    generator = np.random.default_rng(seed)
    own = noise * generator.normal(size=(len(values), 1, 1, K))
    return Scores.of_means(values[:, None, None, None] + own + shared * generator.normal(size=K))


def test_what_moves_all_encoders_alike_is_no_noise() -> None:
    values = np.linspace(0, 1, 12)
    figures = {
        "clean": Figure(means(values, 0.01, 0, shared=5.0)),
        "noisy": Figure(means(np.zeros(12), 1.0, 1, shared=5.0)),
    }
    found = sampled(figures, 500, 0)
    assert found["clean"].reliability > 0.99
    assert found["noisy"].reliability < 0.5
    width, apart = (np.ptp(ends, axis=1).mean() for ends in (found["clean"].intervals, found["clean"].intervals_apart))
    assert apart < 0.05 * width
    assert (found["clean"].intervals_apart[:, 0] <= found["clean"].values).all()


def test_known_relations_are_found() -> None:
    generator = np.random.default_rng(5)
    base = np.linspace(0, 1, 14)
    other = generator.permutation(base)
    figures = {
        "x": Figure(means(base, 0.05, 0)),
        "error": Figure(means(-base, 0.05, 1), higher=False),
        "y": Figure(means(base**3, 0.02, 2)),
        "other": Figure(means(other, 0.05, 3)),
        **{name: Figure(means(base + 0.2 * generator.normal(size=14), 0.02, 4)) for name in ("one", "two")},
    }
    found = sampled(figures, 1000, 0)
    straight, turned = (relation(found[name], found["y"], found["other"]) for name in ("x", "error"))
    for row in (straight, turned):  # less error is better, so it goes together with more
        assert row["rho"] > 0.9
        assert row["ci95"][0] > 0.6
        assert row["p"] < 0.001
        assert row["without_one"][0] > 0.85
        assert row["partial"]["rho"] > 0.9
    unrelated = relation(found["other"], found["y"], None)
    assert unrelated["partial"] is None
    assert unrelated["ci95"][0] < 0 < unrelated["ci95"][1]
    explained = relation(found["one"], found["two"], found["x"])
    assert explained["ci95"][0] > 0.3
    assert explained["partial"]["ci95"][0] < 0 < explained["partial"]["ci95"][1], "nothing is left beyond x"


def test_more_noise_widens_the_interval_and_alone_nothing_but_what_was_drawn() -> None:
    base = np.linspace(0, 1, 12)
    widths = []
    for noise in (0.05, 1.0):
        found = sampled({"x": Figure(means(base, noise, 0)), "y": Figure(means(base, noise, 1))}, 2000, 0)
        row = relation(found["x"], found["y"], None)
        widths.append(row["ci95"][1] - row["ci95"][0])
        assert row["ci95_of"].keys() == {"encoders", "objects_and_seeds"}
    assert widths[0] < widths[1]


def test_a_figure_that_is_the_same_for_all_has_no_relation() -> None:
    found = sampled({"x": Figure(means(np.zeros(8), 0, 0)), "y": Figure(means(np.arange(8.0), 0.1, 1))}, 100, 0)
    row = relation(found["x"], found["y"], found["y"])
    assert row["rho"] is None
    assert row["ci95"] == [None, None]
    assert row["partial"]["rho"] is None
    assert found["x"].reliability == 0
