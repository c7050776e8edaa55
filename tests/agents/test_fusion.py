import itertools

import numpy as np
import pytest

from activevision.agents.calibration import fit_temperature
from activevision.agents.config import AgentConfig, RecurrentConfig
from activevision.agents.evidence import Evidence, EvidenceTable
from activevision.agents.fusion import MeanPosterior, ProductOfExperts
from activevision.agents.fusion.recurrent import Recurrent
from activevision.agents.lessons import GridLessons
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND

NO_MOTION = np.zeros((1, 6), np.float32)


def evidence(*log_likelihood):
    return Evidence(np.array([log_likelihood], np.float32), np.zeros((1, 1), np.float32))


def fuse(fusion, views):
    belief = fusion.init(1)
    for view in views:
        belief = fusion.update(belief, view, NO_MOTION)
    return np.exp(belief.log_probs[0])


def test_the_product_is_bayes_rule_by_hand():
    # P(view 1 | cat, dog, cow) = .6, .3, .1 and P(view 2 | …) = .2, .5, .3, equal priors:
    # posterior ∝ .12, .15, .03, that is .4, .5, .1
    views = [evidence(*np.log([0.6, 0.3, 0.1])), evidence(*np.log([0.2, 0.5, 0.3]))]
    np.testing.assert_allclose(fuse(ProductOfExperts(3), views), [0.4, 0.5, 0.1], atol=1e-6)


def test_the_product_ignores_a_constant_of_the_view():
    views = [evidence(-1.0, -2.0), evidence(0.5, 0.0)]
    shifted = [evidence(9.0, 8.0), evidence(-6.5, -7.0)]
    np.testing.assert_allclose(fuse(ProductOfExperts(2), views), fuse(ProductOfExperts(2), shifted), rtol=1e-5)


def test_the_temperature_flattens_by_hand():
    # τ = 2 takes the square root of the likelihoods: √.9 : √.1 = 3 : 1
    np.testing.assert_allclose(fuse(ProductOfExperts(2, 2.0), [evidence(*np.log([0.9, 0.1]))]), [0.75, 0.25], atol=1e-6)


def test_the_mean_by_hand():
    views = [evidence(*np.log([0.6, 0.3, 0.1])), evidence(*np.log([0.2, 0.5, 0.3]))]
    np.testing.assert_allclose(fuse(MeanPosterior(3), views), [0.4, 0.4, 0.2], atol=1e-6)


@pytest.mark.parametrize("fusion", [MeanPosterior(4), ProductOfExperts(4, 1.7)], ids=lambda fusion: fusion.name)
def test_the_order_of_views_does_not_matter(fusion):
    generator = np.random.default_rng(0)
    views = [evidence(*np.log(generator.dirichlet(np.ones(4)))) for _ in range(4)]
    results = [fuse(fusion, order) for order in itertools.permutations(views)]
    np.testing.assert_allclose(results, np.broadcast_to(results[0], (24, 4)), rtol=1e-4)


@pytest.mark.parametrize("fusion", [MeanPosterior(5), ProductOfExperts(5)], ids=lambda fusion: fusion.name)
def test_beliefs_start_uniform_and_stay_normalised_for_sure_evidence(fusion):
    np.testing.assert_allclose(np.exp(fusion.init(2).log_probs), 0.2, rtol=1e-6)
    sure = evidence(0.0, -1000.0, -1000.0, -1000.0, -1000.0)
    for views in ([sure], [sure] * 20):
        belief = fuse(fusion, views)
        assert np.isfinite(belief).all()
        np.testing.assert_allclose(belief, [1, 0, 0, 0, 0], atol=1e-6)


def test_the_temperature_is_found():
    """Labels drawn from softmax(scores) and scores given three times too sharp: τ must come out as three."""
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(20000, 5)) * 1.5
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    label = (generator.random((20000, 1)) > probabilities.cumsum(1)).sum(1)
    assert fit_temperature(3 * scores, label) == pytest.approx(3.0, rel=0.05)


def test_counting_a_view_twice_calls_for_twice_the_temperature():
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(20000, 4))
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    label = (generator.random((20000, 1)) > probabilities.cumsum(1)).sum(1)
    assert fit_temperature(scores + scores, label) == pytest.approx(2.0, rel=0.05)


@pytest.fixture(scope="module")
def misleading_table():
    """Two classes; the recogniser is right about even columns and, just as sure, wrong about odd ones."""
    generator = np.random.default_rng(0)
    label = generator.integers(2, size=40)
    right = np.where(np.arange(12) % 2 == 0, 1.0, -1.0)
    scores = np.zeros((40, 7, 12, 2), np.float32)
    scores[..., 1] = np.where(label[:, None, None] == 1, 1.0, -1.0) * np.where(np.arange(12) < 10, right, 3.0)
    return EvidenceTable(("a", "b"), scores, np.zeros((40, 7, 12, 3), np.float32), label)


def test_the_recurrent_aggregator_learns_and_is_the_same_for_a_seed(misleading_table, tmp_path):
    config = AgentConfig(recurrent=RecurrentConfig(hidden=16, steps=60, batch_size=128))
    lessons = GridLessons(LOOK_AROUND, misleading_table, misleading_table)
    first, second = (Recurrent.fit(lessons, config, 3) for _ in range(2))
    scores, twists, label = misleading_table.walk(LOOK_AROUND, 512, np.random.default_rng(9))

    def run(fusion):
        belief = fusion.init(512)
        for view in range(scores.shape[1]):
            belief = fusion.update(belief, Evidence(scores[:, view], scores[:, view]), twists[:, view])
        return belief.log_probs

    np.testing.assert_array_equal(run(first), run(second))
    nll = {
        name: -run(fusion)[np.arange(512), label].mean()
        for name, fusion in (("recurrent", first), ("product", ProductOfExperts(2)), ("mean", MeanPosterior(2)))
    }
    assert nll["recurrent"] < min(nll["product"], nll["mean"])
    first.save(tmp_path / "recurrent.pt")
    np.testing.assert_array_equal(run(Recurrent.load(tmp_path / "recurrent.pt")), run(first))
    (tmp_path / "recurrent.pt").write_bytes(b"damaged")
    with pytest.raises(UserError, match="damaged"):
        Recurrent.load(tmp_path / "recurrent.pt")


def test_a_table_survives_the_disk_and_damage_is_named(misleading_table, tmp_path):
    path = tmp_path / "table.npz"
    misleading_table.save(path)
    loaded = EvidenceTable.load(path)
    assert loaded.classes == ("a", "b")
    np.testing.assert_array_equal(loaded.log_likelihood, misleading_table.log_likelihood)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"table\.npz"):
        EvidenceTable.load(path)
