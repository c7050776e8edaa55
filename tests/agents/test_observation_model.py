"""What is seen of a class from where: counted, filtered by Bayes' rule, and used to choose views."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp

from activevision.agents.codebook import Codebook
from activevision.agents.config import AgentConfig, ObservationConfig
from activevision.agents.evidence import Evidence, EvidenceTable
from activevision.agents.fusion.naive_bayes import NaiveBayes
from activevision.agents.fusion.product_of_experts import ProductOfExperts
from activevision.agents.lessons import GridLessons
from activevision.agents.observation_model import ObservationModel
from activevision.agents.policies.going import distances
from activevision.agents.policies.information import mutual_information
from activevision.agents.policies.sequential import Sequential
from activevision.agents.policies.transinformation import Transinformation
from activevision.agents.policies.transinformation_sequential import TransinformationSequential
from activevision.agents.viewpoint_filter import ViewpointFilter, class_marginal
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND

GRID = replace(LOOK_AROUND, name="tiny", elevations_deg=(-30.0, 20.0), azimuths=3, neighbourhood=(3, 3), views=3)
WIDE = replace(GRID, name="wide", elevations_deg=(-30.0, 0.0, 30.0), azimuths=6, views=4)
POLICIES = (Transinformation, Sequential, TransinformationSequential)


def model_of(table: np.ndarray, protocol=GRID) -> ObservationModel:
    """A model of p(k | c, v) (C, E, A, K), whose codewords are the classes that a recogniser is sure of."""
    classes, words = len(table), table.shape[-1]
    sure = np.sqrt(np.eye(words, classes))
    book = Codebook(sure.astype(np.float32), np.zeros(classes, np.float32), np.ones(classes, np.float32))
    return ObservationModel(protocol, tuple("abcdef"[:classes]), book, np.log(table).astype(np.float32))


def random_model(protocol=GRID, classes=2, seed=0) -> ObservationModel:
    generator = np.random.default_rng(seed)
    return model_of(generator.dirichlet(np.ones(classes), (classes, *protocol.grid_shape)), protocol)


def evidence(scores: np.ndarray) -> Evidence:
    return Evidence(log_softmax(scores, axis=-1).astype(np.float32), np.zeros((len(scores), 0), np.float32))


def test_the_filter_is_bayes_rule_tried_out_for_every_class_and_start() -> None:
    """Walks on a 2 × 3 grid: p(class) by going through all classes and starts, with nothing but the numbers."""
    model, generator = random_model(), np.random.default_rng(1)
    views, rows, columns = 3, 2, 3
    start, motions = np.array([1, 2]), [0, 5]
    path = [start]
    for motion in motions:
        path.append(GRID.move(path[-1], motion))
    twists = [np.zeros(6, np.float32)]
    twists += [GRID.twists[GRID.motion_index(a, b)] for a, b in itertools.pairwise(path)]
    scores = generator.normal(size=(views, 2)) * 2

    fusion, belief = NaiveBayes(model), NaiveBayes(model).init(1)
    for view in range(views):
        belief = fusion.update(belief, evidence(scores[view : view + 1]), twists[view][None])

    total = np.zeros(2)
    recognised = np.exp(log_softmax(scores, axis=-1))
    words = model.codebook.words(evidence(scores))
    table = np.exp(model.table.astype(np.float64))
    for label, row, column in itertools.product(range(2), range(rows), range(columns)):
        at, chance = np.array([row, column]), 1.0
        for view in range(views):
            if view:
                moved = [
                    place
                    for place in itertools.product(range(rows), range(columns))
                    if np.allclose(GRID.egomotions[GRID.motion_index(at, place)],
                                   GRID.egomotions[GRID.motion_index(path[view - 1], path[view])], atol=1e-6)
                ]  # fmt: skip
                if not moved:
                    chance = 0.0
                    break
                at = np.array(moved[0])
            of_class = table[label, :, :, words[view]].mean()
            chance *= recognised[view, label] * table[label, at[0], at[1], words[view]] / of_class
        total[label] += chance
    np.testing.assert_allclose(np.exp(belief.log_probs[0]), total / total.sum(), atol=1e-5)


def test_one_view_from_nobody_knows_where_leaves_the_recognisers_posterior() -> None:
    fusion, told = NaiveBayes(random_model()), evidence(np.array([[1.0, -0.5], [0.0, 2.0]]))
    belief = fusion.update(fusion.init(2), told, np.zeros((2, 6), np.float32))
    np.testing.assert_allclose(belief.log_probs, told.log_likelihood, atol=1e-5)


def test_where_all_viewpoints_are_alike_it_is_the_product_of_experts() -> None:
    same = np.broadcast_to(np.array([[0.7, 0.3], [0.2, 0.8]])[:, None, None], (2, 2, 3, 2))
    bayes, product = NaiveBayes(model_of(same), 1.3), ProductOfExperts(2, 1.3)
    beliefs, at = [bayes.init(4), product.init(4)], np.zeros((4, 2), int)
    generator = np.random.default_rng(0)
    for view in range(3):
        target = GRID.move(at, generator.integers(9, size=4)) if view else at
        twist, at = GRID.twists[GRID.motion_index(at, target)], target
        told = evidence(generator.normal(size=(4, 2)))
        beliefs = [f.update(b, told, twist) for f, b in zip((bayes, product), beliefs, strict=True)]
    np.testing.assert_allclose(beliefs[0].log_probs, beliefs[1].log_probs, atol=1e-4)


def test_a_motion_that_no_row_but_one_can_make_tells_the_row() -> None:
    track = ViewpointFilter(GRID, 2)
    up = GRID.twists[GRID.motion_index(np.array([0, 0]), np.array([1, 0]))]
    joint = track.moved(track.start(1), up[None]).reshape(1, 2, 2, 3)
    np.testing.assert_allclose(np.exp(joint).sum(axis=(1, 3)), [[0, 1]], atol=1e-6)
    np.testing.assert_allclose(np.exp(class_marginal(joint.reshape(1, 2, 6))), 0.5, atol=1e-6)
    with pytest.raises(UserError, match="no motion on the view grid of protocol 'tiny'"):
        track.moved(track.start(1), np.ones((1, 6)))


def test_counts_are_drawn_towards_the_coarser_ones_by_hand() -> None:
    """One scene of class a seen as word 0 everywhere, one of b as word 1: s = 1."""
    scores = np.full((2, 2, 3, 2), -8.0, np.float32)
    scores[0, ..., 0] = scores[1, ..., 1] = 0
    views = EvidenceTable(("a", "b"), scores, np.zeros((2, 2, 3, 0), np.float32), np.array([0, 1]))
    model = ObservationModel.count(views, GRID, random_model().codebook, 1.0)
    table = np.exp(model.table)
    np.testing.assert_allclose(table.sum(axis=-1), 1, rtol=1e-5)
    # p(0) = 7/14; p(0 | a) = (6 + ½) / 7; p(0 | a, r) = (3 + that) / 4; p(0 | a, v) = (1 + that) / 2
    np.testing.assert_allclose(table[0, ..., 0], (1 + (3 + 6.5 / 7) / 4) / 2, rtol=1e-5)


def test_mutual_information_by_hand() -> None:
    independent = np.outer([0.5, 0.5], [0.25, 0.75])
    certain = np.diag([0.5, 0.5])
    noisy = np.array([[0.4, 0.1], [0.1, 0.4]])  # log 2 − H(.2) = .6931 − .5004
    told = [mutual_information(joint[:, None])[0] for joint in (independent, certain, noisy)]
    np.testing.assert_allclose(told, [0, np.log(2), 0.1927], atol=1e-4)


def test_ways_are_as_long_as_trying_finds() -> None:
    far = distances(WIDE)
    assert far[0, 0, 0] == 0
    assert far[0, 2, 3] == 3
    assert far[2, 1, 5] == 1


def telling(protocol, row: int) -> ObservationModel:
    """Classes look alike from every row but one, from where they show."""
    table = np.full((2, *protocol.grid_shape, 2), 0.5)
    table[0, row], table[1, row] = (0.95, 0.05), (0.05, 0.95)
    return model_of(table, protocol)


@pytest.mark.parametrize("kind", POLICIES, ids=lambda kind: kind.name)
def test_it_goes_where_the_classes_show_and_then_to_views_that_it_has_not_had(kind) -> None:
    policy = kind(telling(WIDE, 2), WIDE)
    at = np.stack([np.full(6, 1), np.arange(6)], axis=1)
    rows, twist, had = [], np.zeros((6, 6), np.float32), [at]
    for left in (3, 2, 1):
        observation = {
            "evidence": np.full((6, 2), np.log(0.5), np.float32),
            "feature": np.zeros((6, 0), np.float32),
            "egomotion": twist,
            "steps_left": np.full((6, 1), left),
            "proprioception": WIDE.elevations[at[:, :1]].astype(np.float32),
        }
        target = WIDE.move(at, policy.act(observation, None))
        twist, at = WIDE.twists[WIDE.motion_index(at, target)], target
        rows.append(at[:, 0])
        had.append(at)
    assert (np.array(rows) == 2).all()
    for episode in np.stack(had, axis=1):
        assert len({tuple(place) for place in episode.tolist()}) == 4, "no view twice"


@pytest.mark.parametrize("kind", POLICIES, ids=lambda kind: kind.name)
def test_policies_survive_the_disk_and_another_grid_is_refused(kind, tmp_path) -> None:
    policy, path = kind(random_model(), GRID), tmp_path / "policy.npz"
    policy.save(path)
    loaded = kind.load(path, GRID, ProductOfExperts(2))
    np.testing.assert_array_equal(loaded._model.table, policy._model.table)
    with pytest.raises(UserError, match="was trained on the view grid"):
        kind.load(path, WIDE, ProductOfExperts(2))
    path.write_bytes(path.read_bytes()[:-80])
    with pytest.raises(UserError, match="damaged"):
        kind.load(path, GRID, ProductOfExperts(2))
    with pytest.raises(UserError, match="no observation model"):
        kind.load(tmp_path / "absent.npz", GRID, ProductOfExperts(2))


def test_naive_bayes_is_fitted_the_same_for_a_seed_and_gains_where_places_differ(tmp_path) -> None:
    """From even columns the recogniser is right, from odd ones wrong; features tell which kind of column it is."""
    generator = np.random.default_rng(0)
    label = generator.integers(2, size=60)
    trust = np.where(np.arange(6) % 2 == 0, 1.5, -1.0)
    scores = np.zeros((60, 3, 6, 2), np.float32)
    scores[..., 1] = np.where(label[:, None, None] == 1, 1.0, -1.0) * trust
    features = np.broadcast_to((np.arange(6) % 2)[:, None], (60, 3, 6, 1)).astype(np.float32)
    features = features + 0.05 * generator.normal(size=features.shape).astype(np.float32)
    table = EvidenceTable(("a", "b"), log_softmax(scores, -1).astype(np.float32), features, label)
    lessons = GridLessons(WIDE, table, table)
    config = AgentConfig(observation=ObservationConfig(words=(4,), strengths=(3.0,)))
    first, again = (NaiveBayes.fit(lessons, config, 2) for _ in range(2))
    np.testing.assert_array_equal(first._model.table, again._model.table)
    product = ProductOfExperts.fit(lessons, config, 2)

    def surprise(fusion) -> float:
        scene, viewpoint, twists = table.paths(WIDE, 400, np.random.default_rng(5))
        belief = fusion.init(400)
        for view in range(4):
            belief = fusion.update(belief, table.at(scene, viewpoint[:, view]), twists[:, view])
        return -float(belief.log_probs[np.arange(400), table.label[scene]].mean())

    assert surprise(first) < surprise(product) - 0.1
    first.save(tmp_path / "bayes.npz")
    assert surprise(NaiveBayes.load(tmp_path / "bayes.npz")) == surprise(first)
    np.testing.assert_allclose(logsumexp(first._model.table, axis=-1), 0, atol=1e-5)
