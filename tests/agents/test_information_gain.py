"""Expected information gain by hand, and as mutual information where beliefs follow Bayes' rule."""

from dataclasses import replace

import numpy as np
import pytest

from activevision.agents.evidence import Evidence
from activevision.agents.fusion import Belief, MeanPosterior, ProductOfExperts
from activevision.agents.information_gain import Imagined, best_motions, expected_gains, hypotheses
from activevision.agents.policies.information import mutual_information
from activevision.protocol import LOOK_AROUND

RING = replace(LOOK_AROUND, elevations_deg=(0.0,), azimuths=8, neighbourhood=(1, 3), views=4)
LEFT, STAY, RIGHT = range(3)


def imagined(hypothesis, evidence):
    """Objects of classes (K,) with evidence (K, A, C) on the ring, for one episode."""
    places = np.arange(RING.azimuths)[None]
    feature = np.zeros((1, RING.azimuths, 1), np.float32)
    return Imagined(np.asarray(hypothesis)[None], np.float32(evidence)[None], feature, places)


def silent(objects, classes=2):
    """Evidence (K, A, C) that tells nothing."""
    return np.full((objects, RING.azimuths, classes), -np.log(classes))


def believing(fusion, probability):
    """A belief (1, C) that a product of experts has after a view."""
    return fusion.update(fusion.init(1), Evidence(np.log([probability]).astype(np.float32), None), np.zeros((1, 6)))


def gains(fusion, belief, objects):
    return expected_gains(fusion, belief, objects, RING, np.zeros(1, np.int64))[0]


def entropy(p):
    p = np.asarray(p)
    return -(p * np.log(p)).sum()


def test_a_binary_channel_by_hand():
    """Ten objects; on the right each looks like its class but one in five, who looks like the other."""
    label = np.repeat([0, 1], 5)
    evidence = silent(10)
    looks_like = np.where(np.arange(10) % 5 == 0, 1 - label, label)
    evidence[:, 1] = np.log(np.where(np.eye(2)[looks_like], 0.8, 0.2))
    fusion = ProductOfExperts(2)
    found = gains(fusion, believing(fusion, [0.5, 0.5]), imagined(label, evidence))
    np.testing.assert_allclose(found, [0, 0, np.log(2) - entropy([0.8, 0.2])], atol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_with_bayes_rule_the_gain_is_mutual_information_and_never_below_zero(seed):
    """Against the table of class and word, for channels whose probabilities are whole numbers of 60 objects."""
    generator = np.random.default_rng(seed)
    count = generator.multinomial(60, generator.dirichlet(np.ones(12))).reshape(3, 4) + 1  # of class and word
    label, word = (np.repeat(part, count.reshape(-1)) for part in np.divmod(np.arange(12), 4))
    evidence = silent(len(label), 3)
    said = np.log(count / count.sum(1, keepdims=True)).T  # log p(word | class)
    evidence[:, 1] = (said - np.log(np.exp(said).sum(1, keepdims=True)))[word]
    fusion = ProductOfExperts(3)
    belief = believing(fusion, count.sum(1) / count.sum())
    found = gains(fusion, belief, imagined(label, evidence))
    assert found.min() > -1e-6
    np.testing.assert_allclose(found[RIGHT], mutual_information(count[:, None] / count.sum())[0], atol=1e-5)


def test_what_is_only_said_again_gains_nothing_though_the_belief_grows_sure():
    label = np.repeat([0, 1], [7, 3])
    evidence = silent(10)
    evidence[:, 0] = np.log([0.7, 0.3])  # the present view once more, whatever the object is
    fusion = ProductOfExperts(2)
    belief = believing(fusion, [0.7, 0.3])
    again = fusion.update(belief, Evidence(np.log([[0.7, 0.3]]).astype(np.float32), None), np.zeros((1, 6)))
    assert entropy(np.exp(again.log_probs)) < entropy([0.7, 0.3]) - 0.1
    found = gains(fusion, belief, imagined(label, evidence))
    sure = np.exp(again.log_probs[0])
    divergence = (np.array([0.7, 0.3]) * np.log(np.array([0.7, 0.3]) / sure)).sum()
    np.testing.assert_allclose(found[STAY], -divergence, atol=1e-6)
    assert found.argmax() != STAY


def test_the_fusion_that_is_evaluated_is_the_one_that_is_simulated():
    label, evidence = np.repeat([0, 1], 5), silent(10)
    evidence[:, 1] = np.log(np.where(np.eye(2)[label], 0.8, 0.2))
    product, mean = ProductOfExperts(2), MeanPosterior(2)
    objects = imagined(label, evidence)
    by_product, by_mean = (gains(f, believing(f, [0.5, 0.5]), objects)[RIGHT] for f in (product, mean))
    np.testing.assert_allclose(by_product, np.log(0.8 / 0.5), atol=1e-6)
    np.testing.assert_allclose(by_mean, np.log(0.65 / 0.5), atol=1e-6)


def two_away(side):
    """Only the view two columns away tells the class."""
    label, evidence = np.repeat([0, 1], 5), silent(10)
    evidence[:, side * 2 % RING.azimuths] = np.log(np.where(np.eye(2)[label], 0.9, 0.1))
    return imagined(label, evidence)


def plan(objects, depth, beam=3):
    fusion = ProductOfExperts(2)
    return best_motions(fusion, believing(fusion, [0.5, 0.5]), objects, RING, np.zeros(1, np.int64), depth, beam)[0]


def test_two_motions_ahead_find_what_one_does_not():
    assert plan(two_away(1), 2) == RIGHT
    assert plan(two_away(-1), 2) == LEFT
    assert plan(two_away(1), 1) == plan(two_away(-1), 1)  # neither side tells anything one motion ahead


def test_of_plans_that_end_alike_the_one_that_learns_earlier_is_taken():
    label, evidence = np.repeat([0, 1], 5), silent(10)
    evidence[:, 1] = np.log(np.where(np.eye(2)[label], 0.8, 0.2))
    evidence[:, 7] = np.log(np.where(np.eye(2)[label], 0.7, 0.3))
    assert plan(imagined(label, evidence), 2) == RIGHT
    assert plan(imagined(label, evidence[:, (-np.arange(8)) % 8]), 2) == LEFT


def test_hypotheses_occur_as_often_as_they_are_likely():
    generator = np.random.default_rng(0)
    probability = generator.dirichlet(np.ones(5), 40)
    found = hypotheses(np.log(probability).astype(np.float32), 64)
    count = np.stack([np.bincount(row, minlength=5) for row in found])
    assert np.abs(count - 64 * probability).max() <= 1
    sure = hypotheses(np.log(np.array([[1e-30, 1.0, 1e-30]])), 8)
    np.testing.assert_array_equal(sure, 1)


def test_beliefs_with_a_state_go_along(monkeypatch):
    """A fusion that counts views in its state sees every plan's views, and no other's."""

    class Counting(ProductOfExperts):
        counts: list = []  # noqa: RUF012

        def update(self, belief, evidence, egomotion):
            self.counts.append((len(belief.state), set(np.unique(belief.state[:, 0]))))
            after = super().update(belief, evidence, egomotion)
            return Belief(after.log_probs, belief.state + 1)

    fusion = Counting(2)
    fusion.counts.clear()
    start = Belief(np.log(np.full((2, 2), 0.5, np.float32)), np.zeros((2, 2), np.float32))
    objects = two_away(1)
    both = Imagined(*(np.repeat(part, 2, axis=0) for part in objects))
    best_motions(fusion, start, both, RING, np.zeros(2, np.int64), 2, 2)
    assert fusion.counts == [(6, {0.0})] * 10 + [(12, {1.0})] * 10
