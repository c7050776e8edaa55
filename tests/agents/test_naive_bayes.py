"""The Bayes filter over class and viewpoint against arithmetic by hand and against trying every start."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from observation_models import TWO_BY_THREE, model_of, random_model, say, twists_along

from activevision.agents.config import AgentConfig, ObservationConfig
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import ProductOfExperts
from activevision.agents.fusion.naive_bayes import NaiveBayes
from activevision.agents.lessons import FreeLessons, GridLessons
from activevision.agents.viewpoint_filter import ViewpointFilter
from activevision.errors import UserError
from activevision.explore_protocol import EXPLORE_PROTOCOLS
from activevision.geometry import exp_se3
from activevision.protocol import LOOK_AHEAD, LOOK_AROUND, LOOK_AROUND_SCENES

GRIDS = {
    "stops at its edges": replace(LOOK_AROUND, elevations_deg=(-30.0, 0.0, 30.0), azimuths=4, views=4),
    "comes in again": replace(LOOK_AHEAD, elevations_deg=(-40.0, 0.0, 20.0, 60.0), azimuths=5, views=4),
    "has poles": replace(LOOK_AROUND, elevations_deg=(-90.0, 0.0, 90.0), azimuths=6, views=4),
    "turns in place": replace(LOOK_AROUND_SCENES, elevations_deg=(-90.0, -45.0, 0.0, 45.0), azimuths=4, views=4),
}


def fuse(fusion, words, scores, twists):
    """(C,) probabilities after views of one episode."""
    belief = fusion.init(1)
    for word, score, twist in zip(words, scores, twists, strict=True):
        belief = fusion.update(belief, say([word], [score]), twist[None])
    return np.exp(belief.log_probs[0])


def by_trying_every_start(model, words, scores, twists):
    """(C,) probabilities: each class and start in turn, followed pose by pose with the twists."""
    protocol, classes = model.protocol, len(model.classes)
    grid = protocol.poses.reshape(-1, 4, 4)
    table = np.exp(model.table.astype(float)).reshape(classes, -1, model.table.shape[-1])
    recognised = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    total = np.zeros(classes)
    for label, start in itertools.product(range(classes), range(len(grid))):
        pose, chance = grid[start], 1.0
        for word, posterior, twist in zip(words, recognised, twists, strict=True):
            pose = pose @ exp_se3(twist)
            near = np.flatnonzero(np.abs(grid - pose).max(axis=(1, 2)) < 1e-4)
            if not len(near):
                chance = 0.0
                break
            chance *= posterior[label] * table[label, near[0], word] / table[label, :, word].mean()
        total[label] += chance
    return total / total.sum()


def walk(protocol, generator, views):
    path = [generator.integers(protocol.grid_shape)]
    for _ in range(views - 1):
        path.append(protocol.move(path[-1], generator.integers(len(protocol.motions))))
    return np.array(path)


def test_bayes_rule_by_hand():
    """Word 1 shows with .8 from column 0 of class a and from columns 0 and 1 of b, with .2 from elsewhere.

    Seen, and seen again one column on: a: (.8 · .2 + .2 · .2 + .2 · .8) / 3 = .12, over .4² is .75; b: (.8 · .8 +
    .8 · .2 + .2 · .8) / 3 = .32, over .6² is .8889. The first view alone says nothing of the class.
    """
    seen = np.zeros((2, 2, 3))
    seen[0], seen[1] = [0.8, 0.2, 0.2], [0.8, 0.8, 0.2]
    fusion = NaiveBayes(model_of(np.stack([1 - seen, seen], axis=-1)))
    twists = twists_along(TWO_BY_THREE, [(0, 0), (0, 1)])
    even = np.zeros((2, 2))
    np.testing.assert_allclose(fuse(fusion, [1], even[:1], twists[:1]), [0.5, 0.5], atol=1e-6)
    a, b = 0.75, 0.32 / 0.36
    np.testing.assert_allclose(fuse(fusion, [1, 1], even, twists), [a / (a + b), b / (a + b)], atol=1e-6)
    # and a recogniser that gives a twice the probability of b at each view
    sure = np.log([[2 / 3, 1 / 3]] * 2)
    np.testing.assert_allclose(fuse(fusion, [1, 1], sure, twists)[0], 4 * a / (4 * a + b), atol=1e-6)
    # τ = 2 takes the square root
    flat = fuse(NaiveBayes(fusion._model, 2.0), [1, 1], even, twists)
    np.testing.assert_allclose(flat[0] / flat[1], np.sqrt(a / b), rtol=1e-5)


@pytest.mark.parametrize("protocol", GRIDS.values(), ids=GRIDS)
def test_the_filter_is_what_trying_every_start_gives(protocol):
    generator = np.random.default_rng(0)
    model = random_model(protocol)
    for _ in range(12):
        twists = twists_along(protocol, walk(protocol, generator, 4))
        words, scores = generator.integers(4, size=4), generator.normal(size=(4, 3))
        for views in (1, 2, 4):
            part = words[:views], scores[:views], twists[:views]
            np.testing.assert_allclose(fuse(NaiveBayes(model), *part), by_trying_every_start(model, *part), atol=1e-5)


def test_many_episodes_at_once_are_as_one_by_one():
    protocol = GRIDS["stops at its edges"]
    fusion, generator = NaiveBayes(random_model(protocol)), np.random.default_rng(0)
    paths = np.stack([walk(protocol, generator, 3) for _ in range(5)])
    twists = np.stack([twists_along(protocol, path) for path in paths])
    words, scores = generator.integers(4, size=(5, 3)), generator.normal(size=(5, 3, 3))
    belief = fusion.init(5)
    for view in range(3):
        belief = fusion.update(belief, say(words[:, view], scores[:, view]), twists[:, view])
    one_by_one = [fuse(fusion, *episode) for episode in zip(words, scores, twists, strict=True)]
    np.testing.assert_allclose(np.exp(belief.log_probs), one_by_one, atol=1e-6)
    np.testing.assert_allclose(np.exp(belief.state).sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.exp(belief.log_probs).sum(axis=1), 1, rtol=1e-5)


def test_the_order_in_which_viewpoints_are_visited_does_not_matter():
    protocol = GRIDS["has poles"]
    fusion, generator = NaiveBayes(random_model(protocol), 1.3), np.random.default_rng(0)
    visits = np.array([(0, 1), (1, 4), (1, 5), (2, 0)])
    words, scores = generator.integers(4, size=4), generator.normal(size=(4, 3))
    results = []
    for order in itertools.permutations(range(4)):
        chosen = list(order)
        results.append(fuse(fusion, words[chosen], scores[chosen], twists_along(protocol, visits[chosen])))
    np.testing.assert_allclose(results, np.broadcast_to(results[0], (24, 3)), atol=1e-5)
    # which views there are does matter, and so does from where
    elsewhere = twists_along(protocol, visits[[1, 0, 2, 3]])
    assert np.abs(fuse(fusion, words, scores, elsewhere) - results[0]).max() > 1e-3


def test_where_views_are_alike_from_everywhere_it_is_the_product_of_experts():
    probability = np.broadcast_to(np.random.default_rng(0).dirichlet(np.ones(4), (3, 1, 1)), (3, 2, 3, 4))
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(3, 3))
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    twists = twists_along(TWO_BY_THREE, [(0, 0), (1, 1), (1, 0)])
    product = ProductOfExperts(3, 1.7)
    belief = product.init(1)
    for score, twist in zip(scores, twists, strict=True):
        belief = product.update(belief, say([0], [score]), twist[None])
    naive = fuse(NaiveBayes(model_of(probability), 1.7), [3, 0, 2], scores, twists)
    np.testing.assert_allclose(naive, np.exp(belief.log_probs[0]), atol=1e-5)


def test_a_motion_up_rules_out_the_row_that_has_none_above_it():
    track = ViewpointFilter(TWO_BY_THREE, 1)
    up = twists_along(TWO_BY_THREE, [(0, 0), (1, 0)])[1:]
    np.testing.assert_allclose(np.exp(track.moved(track.start(1), up))[0, 0], [0, 0, 0, 1 / 3, 1 / 3, 1 / 3], atol=1e-6)
    with pytest.raises(UserError, match="fit no path on the view grid"):
        track.moved(track.moved(track.start(1), up), up)


def test_columns_move_on_with_the_camera_and_half_a_turn_has_two_twists():
    protocol = GRIDS["stops at its edges"]
    track = ViewpointFilter(protocol, 1)
    joint = np.full((1, 1, 12), -np.inf, np.float32)
    joint[0, 0, 4 + 3] = 0  # row 1, column 3
    for columns in range(4):
        moved = track.moved(joint, twists_along(protocol, [(1, 0), (1, columns)])[1:])
        assert np.exp(moved[0, 0, 4 + (3 + columns) % 4]) == pytest.approx(1)
    half = twists_along(protocol, [(1, 0), (1, 2)])[1:]
    np.testing.assert_allclose(np.linalg.norm(half[0, 3:]), np.pi, rtol=1e-5)
    other = half.copy()
    other[0, 3:] = -half[0, 3:]
    other[0, :3] = twists_along(protocol, [(1, 2), (1, 0)])[1, :3] * [-1, 1, 1]
    np.testing.assert_allclose(exp_se3(other), exp_se3(half), atol=1e-5)
    np.testing.assert_allclose(track.moved(joint, other), track.moved(joint, half), atol=1e-5)


def test_an_egomotion_off_the_grid_is_an_error():
    track = ViewpointFilter(TWO_BY_THREE, 2)
    nearly = twists_along(TWO_BY_THREE, [(0, 0), (1, 1)])[1:]
    track.moved(track.start(1), nearly + np.float32(1e-5))  # rounding is not off the grid
    with pytest.raises(UserError, match="no motion on the view grid of protocol 'look-around'"):
        track.moved(track.start(1), nearly + np.float32(0.01))


def landmark_lessons(scenes=20):
    """What is left of the front looks for class a as what is right of it does for class b, so no view tells the class
    to a recogniser that does not know from where it looks. Front and back look like themselves."""
    column = np.arange(12)
    side = np.where(column == 0, 2, np.where(column == 6, 3, (column > 6).astype(int)))
    other = np.where(side < 2, 1 - side, side)
    label = np.arange(scenes) % 2
    words = np.where(label[:, None] == 0, side, other)
    feature = np.broadcast_to(np.eye(4, dtype=np.float32)[words][:, None], (scenes, 7, 12, 4))
    scores = np.full((scenes, 7, 12, 2), -np.log(2), np.float32)
    table = EvidenceTable(("a", "b"), scores, feature, label)
    return GridLessons(LOOK_AROUND, table, table)


def test_one_view_tells_from_where_the_next_is_seen(tmp_path):
    lessons = landmark_lessons()
    config = AgentConfig(observation=ObservationConfig(words=(2, 4), strengths=(3.0,)))
    naive, product = NaiveBayes.fit(lessons, config, 0), ProductOfExperts.fit(lessons, config, 0)
    scene, viewpoint, twists = lessons.val.paths(lessons.protocol, 600, np.random.default_rng(7))

    def loss(fusion):
        """After the last view."""
        belief = fusion.init(600)
        for view in range(4):
            belief = fusion.update(belief, lessons.val.at(scene, viewpoint[:, view]), twists[:, view])
        return -belief.log_probs[np.arange(600), lessons.val.label[scene]].mean()

    assert loss(product) == pytest.approx(np.log(2), abs=1e-3)
    assert loss(naive) < np.log(2) - 0.1
    naive.save(tmp_path / "naive_bayes.npz")
    assert loss(NaiveBayes.load(tmp_path / "naive_bayes.npz")) == loss(naive)
    again = NaiveBayes.fit(lessons, config, 0)
    assert (again.temperature, loss(again)) == (naive.temperature, loss(naive))
    (tmp_path / "naive_bayes.npz").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"naive_bayes\.npz is damaged"):
        NaiveBayes.load(tmp_path / "naive_bayes.npz")


def test_it_needs_a_view_grid():
    protocol = next(iter(EXPLORE_PROTOCOLS.values()))
    with pytest.raises(UserError, match="needs a view grid"):
        NaiveBayes.fit(FreeLessons(protocol, ("a", "b"), None, None), AgentConfig(), 0)
