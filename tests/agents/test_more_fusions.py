"""Evidence theory by hand, the most confident view, and a transformer that knows where its views were taken."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from activevision.agents.config import AgentConfig, RecurrentConfig, TransformerConfig
from activevision.agents.evidence import Evidence, EvidenceTable
from activevision.agents.fusion import ProductOfExperts
from activevision.agents.fusion.dempster_shafer import DempsterShafer, combine, masses_of, pignistic
from activevision.agents.fusion.max_confidence import MaxConfidence
from activevision.agents.fusion.recurrent import Recurrent
from activevision.agents.fusion.transformer import Transformer, _poses_after_every_view
from activevision.agents.lessons import GridLessons
from activevision.errors import UserError
from activevision.geometry import exp_se3
from activevision.protocol import LOOK_AROUND

STILL = np.zeros((1, 6), np.float32)


def view(*probabilities):
    return Evidence(np.log(np.array([probabilities], np.float32)), np.zeros((1, 1), np.float32))


def fuse(fusion, views, motion=STILL):
    belief = fusion.init(1)
    for one in views:
        belief = fusion.update(belief, one, motion)
    return np.exp(belief.log_probs[0])


def test_dempsters_rule_by_hand():
    # {a} .6, {b} .1, Θ .3 and {a} .2, {b} .5, Θ .3:
    # {a}: .12 + .18 + .06 = .36; {b}: .05 + .03 + .15 = .23; Θ: .09; together .68, the conflict .32 left out
    a, b = np.array([[0.6, 0.1, 0.3]]), np.array([[0.2, 0.5, 0.3]])
    np.testing.assert_allclose(combine(a, b), np.array([[0.36, 0.23, 0.09]]) / 0.68)
    np.testing.assert_allclose(pignistic(np.array([[0.6, 0.1, 0.3]])), [[0.75, 0.25]])


def test_masses_of_a_view_by_hand():
    # p = (.9, .1): H = .3251 nats, log 2 = .6931, so 1 − H / log 2 = .5310, of which r = .8 leaves .4248
    np.testing.assert_allclose(masses_of(view(0.9, 0.1).log_likelihood, 0.8), [[0.3823, 0.0425, 0.5752]], atol=1e-4)


def test_an_undecided_view_changes_nothing_and_a_sure_one_leaves_ignorance():
    fusion = DempsterShafer(3, 0.9)
    told = view(0.7, 0.2, 0.1)
    np.testing.assert_allclose(fuse(fusion, [told, view(1 / 3, 1 / 3, 1 / 3)]), fuse(fusion, [told]), atol=1e-6)
    sure = fuse(fusion, [view(1.0, 1e-12, 1e-12)])
    np.testing.assert_allclose(sure, [0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3], atol=1e-6)


def test_views_that_flatly_contradict_each_other_leave_it_open():
    fusion = DempsterShafer(2, 0.999)
    np.testing.assert_allclose(fuse(fusion, [view(1.0, 1e-20), view(1e-20, 1.0)]), 0.5, atol=1e-4)


@pytest.mark.parametrize("fusion", [DempsterShafer(4, 0.8), MaxConfidence(4)], ids=lambda fusion: fusion.name)
def test_the_order_of_views_does_not_matter(fusion):
    generator = np.random.default_rng(0)
    views = [view(*generator.dirichlet(np.ones(4))) for _ in range(4)]
    results = [fuse(fusion, order) for order in itertools.permutations(views)]
    np.testing.assert_allclose(results, np.broadcast_to(results[0], (24, 4)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("fusion", [DempsterShafer(5, 0.99), MaxConfidence(5)], ids=lambda fusion: fusion.name)
def test_beliefs_start_uniform_and_stay_normalised_for_sure_evidence(fusion):
    np.testing.assert_allclose(np.exp(fusion.init(2).log_probs), 0.2, rtol=1e-6)
    belief = fuse(fusion, [Evidence(np.array([[0.0, -900, -900, -900, -900]], np.float32), np.zeros((1, 1)))] * 20)
    assert np.isfinite(belief).all()
    np.testing.assert_allclose(belief, [1, 0, 0, 0, 0], atol=1e-6)


def test_the_surest_view_by_hand():
    views = [view(0.6, 0.3, 0.1), view(0.1, 0.8, 0.1), view(0.4, 0.3, 0.3)]
    np.testing.assert_allclose(fuse(MaxConfidence(3), views[:1]), [0.6, 0.3, 0.1], atol=1e-6)
    np.testing.assert_allclose(fuse(MaxConfidence(3), views), [0.1, 0.8, 0.1], atol=1e-6)


def table(trust):
    """Two classes; ``trust`` (12,) says how much a column's views favour the true class (or the false one)."""
    generator = np.random.default_rng(0)
    label = generator.integers(2, size=60)
    scores = np.zeros((60, 7, 12, 2), np.float32)
    scores[..., 1] = np.where(label[:, None, None] == 1, 1.0, -1.0) * trust
    return EvidenceTable(("a", "b"), scores, np.zeros((60, 7, 12, 3), np.float32), label)


def test_reliability_is_high_where_sure_views_are_right_and_low_where_they_are_not():
    right = table(np.full(12, 3.0))
    wrong = table(np.where(np.arange(12) % 3 == 0, -3.0, 3.0))
    fitted = [DempsterShafer.fit(GridLessons(LOOK_AROUND, t, t), AgentConfig(), 0).reliability for t in (right, wrong)]
    assert fitted[0] > 0.95
    assert fitted[1] < fitted[0] - 0.2


@pytest.fixture(scope="module")
def lessons():
    """Even columns tell the truth and odd ones the opposite: only where a view was taken from tells what it is worth.
    From the first column on that is known by egomotion alone."""
    trust = np.where(np.arange(12) < 6, 2.0, -2.0)
    return GridLessons(LOOK_AROUND, table(trust), table(trust))


CONFIG = AgentConfig(transformer=TransformerConfig(width=16, layers=1, steps=80, batch_size=128))


def test_the_transformer_learns_what_a_product_cannot_and_is_the_same_for_a_seed(lessons, tmp_path):
    first, second = (Transformer.fit(lessons, CONFIG, 3) for _ in range(2))
    scores, twists, label = lessons.walk(512, np.random.default_rng(9))

    def run(fusion):
        belief = fusion.init(512)
        for step in range(scores.shape[1]):
            belief = fusion.update(belief, Evidence(scores[:, step], scores[:, step]), twists[:, step])
        return belief.log_probs

    np.testing.assert_array_equal(run(first), run(second))
    nll = [-run(fusion)[np.arange(512), label].mean() for fusion in (first, ProductOfExperts(2, 4.0))]
    assert nll[0] < nll[1]
    path = tmp_path / "transformer.pt"
    first.save(path)
    np.testing.assert_array_equal(run(Transformer.load(path)), run(first))
    path.write_bytes(b"damaged")
    with pytest.raises(UserError, match="damaged"):
        Transformer.load(path)
    with pytest.raises(UserError, match="no fusion"):
        Transformer.load(tmp_path / "absent.pt")


@pytest.mark.parametrize("kind", [Recurrent, Transformer])
def test_what_holds_of_training_scenes_alone_is_not_kept(kind):
    """Of the training scenes all evidence is wrong, of the others it is right."""
    wrong, right = table(np.full(12, -2.0)), table(np.full(12, 2.0))
    course = {"steps": 60, "batch_size": 64, "learning_rate": 1e-2}
    config = replace(CONFIG, recurrent=RecurrentConfig(16, **course), transformer=TransformerConfig(16, 1, **course))
    scores, twists, label = right.walk(LOOK_AROUND, 512, np.random.default_rng(9))

    def surprise(validation):
        fusion = kind.fit(GridLessons(LOOK_AROUND, wrong, validation), config, 0)
        belief = fusion.init(512)
        for step in range(scores.shape[1]):
            belief = fusion.update(belief, Evidence(scores[:, step], scores[:, step]), twists[:, step])
        return -belief.log_probs[np.arange(512), label].mean()

    assert surprise(right) < 0.1 < 2.0 < surprise(wrong)


def test_what_it_is_trained_on_is_what_it_is_asked(lessons):
    """The beliefs of ``update``, view after view, are those of the network on the poses that training is given."""
    fusion = Transformer.fit(lessons, replace(CONFIG, transformer=replace(CONFIG.transformer, steps=2)), 0)
    scores, twists, _ = lessons.walk(5, np.random.default_rng(1))
    belief = fusion.init(5)
    for count, poses in enumerate(_poses_after_every_view(twists), start=1):
        belief = fusion.update(belief, Evidence(scores[:, count - 1], scores[:, 0]), twists[:, count - 1])
        with torch.no_grad():
            told = fusion._attention(torch.from_numpy(scores[:, :count]), torch.from_numpy(poses))
        np.testing.assert_allclose(belief.log_probs, torch.log_softmax(told, -1), atol=1e-4)


def test_poses_are_those_of_the_egomotion_by_hand():
    """One metre ahead, then a quarter turn left: the first camera is then one metre behind, to the right."""
    ahead, left = np.zeros(6), np.array([0, 0, 0, 0, np.pi / 2, 0])
    ahead[2] = -1.0
    last = _poses_after_every_view(np.stack([np.zeros(6), ahead, left])[None].astype(np.float32))[2][0]
    assert last.shape == (3, 12)
    walked = exp_se3(ahead) @ exp_se3(left)
    np.testing.assert_allclose(last[0, 9:], np.linalg.inv(walked)[:3, 3], atol=1e-6)
    np.testing.assert_allclose(last[2], [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], atol=1e-6)


def test_the_order_of_the_earlier_views_does_not_matter_to_the_network(lessons):
    fusion = Transformer.fit(lessons, replace(CONFIG, transformer=replace(CONFIG.transformer, steps=5)), 0)
    generator = torch.Generator().manual_seed(0)
    scores, poses = torch.randn(3, 4, 2, generator=generator), torch.randn(3, 4, 12, generator=generator)
    order = [2, 0, 1, 3]
    with torch.no_grad():
        told = [fusion._attention(s, p) for s, p in ((scores, poses), (scores[:, order], poses[:, order]))]
    torch.testing.assert_close(*told)


def test_more_views_than_it_was_trained_for_are_refused(lessons):
    fusion = Transformer.fit(lessons, replace(CONFIG, transformer=replace(CONFIG.transformer, steps=1)), 0)
    with pytest.raises(UserError, match="4 views"):
        fuse(fusion, [view(0.5, 0.5)] * 5)
