"""Transinformation, sequential decisions and both, against definitions written out and a world where only one view
tells."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from observation_models import TWO_BY_THREE, model_of, random_model, say, twists_along
from test_belief_env import SMALL, random_table

from activevision.agents.config import AgentConfig, ObservationConfig
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import ProductOfExperts
from activevision.agents.fusion.naive_bayes import NaiveBayes
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.going import Going, distances
from activevision.agents.policies.information import mutual_information, predicted
from activevision.agents.policies.sequential import Sequential
from activevision.agents.policies.transinformation import Transinformation
from activevision.agents.policies.transinformation_sequential import TransinformationSequential
from activevision.agents.policies.viewpoint_memory import ViewpointMemory, chance_of_new
from activevision.errors import UserError
from activevision.protocol import LOOK_AHEAD, LOOK_AROUND

POLICIES = [Transinformation, Sequential, TransinformationSequential]
GRID = replace(LOOK_AROUND, elevations_deg=(-30.0, 0.0, 30.0), azimuths=8, neighbourhood=(3, 5), views=4)
BLIND = replace(TWO_BY_THREE, proprioception=())


def observe(protocol, words, scores, twists, left, viewpoints=None):
    """Everything that a policy may know, and nothing else."""
    evidence = say(words, scores)
    observation = {
        "evidence": evidence.log_likelihood, "feature": evidence.feature, "egomotion": np.asarray(twists, np.float32),
        "steps_left": np.full((len(words), 1), left),
    }  # fmt: skip
    if protocol.proprioception:
        observation["proprioception"] = protocol.elevations[np.asarray(viewpoints)[:, :1]].astype(np.float32)
    return observation


def walked(policy, model, words, start):
    """Viewpoints (N, T, 2) of a policy from starts (N, 2), when viewpoints show words (N, E, A) of no class."""
    protocol, episodes = model.protocol, np.arange(len(start))
    viewpoint, twists, path = np.asarray(start), np.zeros((len(start), 6)), [np.asarray(start)]
    for left in range(protocol.views - 1, 0, -1):
        shown = words[episodes, viewpoint[:, 0], viewpoint[:, 1]]
        even = np.zeros((len(start), len(model.classes)))
        motion = policy.act(observe(protocol, shown, even, twists, left, viewpoint), None)
        target = protocol.move(viewpoint, motion)
        twists = protocol.twists[protocol.motion_index(viewpoint, target)]
        viewpoint = target
        path.append(viewpoint)
    return np.stack(path, axis=1)


def everywhere(protocol):
    return np.stack(np.meshgrid(*map(np.arange, protocol.grid_shape), indexing="ij"), axis=-1).reshape(-1, 2)


def test_mutual_information_by_hand():
    joint = np.zeros((2, 4, 2))
    joint[:, 0] = [[0.5, 0], [0, 0.5]]  # the word is the class
    joint[:, 1] = [[0.12, 0.28], [0.18, 0.42]]  # independent
    joint[:, 2] = [[0.4, 0.1], [0.1, 0.4]]  # a binary channel that errs once in five
    joint[:, 3] = joint[:, 2] * 0.3  # the same, which is only there three times in ten
    channel = np.log(2) + 0.8 * np.log(0.8) + 0.2 * np.log(0.2)
    np.testing.assert_allclose(mutual_information(joint), [np.log(2), 0, channel, 0.3 * channel], atol=1e-12)


def test_what_is_predicted_is_the_sum_over_where_the_camera_may_be():
    generator = np.random.default_rng(0)
    table = generator.dirichlet(np.ones(4), (3, 2, 5)).astype(np.float32)  # C, E, A, K
    joint = generator.dirichlet(np.ones(15), 6).reshape(6, 3, 5).astype(np.float32)
    rows, columns = np.array([0, 1, 1]), np.array([3, 0, -2])
    found = predicted(joint, table, rows, columns)
    for goal, (row, on) in enumerate(zip(rows, columns, strict=True)):
        by_hand = sum(joint[:, :, a, None] * table[:, row, (a + on) % 5] for a in range(5))
        np.testing.assert_allclose(found[:, :, goal], by_hand.transpose(1, 0, 2), rtol=1e-5)


@pytest.mark.parametrize("protocol", [GRID, LOOK_AHEAD, replace(GRID, neighbourhood=(1, 3))], ids=str)
def test_distances_are_numbers_of_motions(protocol):
    found, (rows, columns) = distances(protocol), protocol.grid_shape
    up, on = (n // 2 for n in protocol.neighbourhood)
    far = np.abs(np.arange(rows)[:, None] - np.arange(rows))
    if protocol.wrap_elevation:
        far = np.minimum(far, rows - far)
    round_ = np.minimum(np.arange(columns), columns - np.arange(columns))
    vertical = -(-far // up) if up else np.where(far > 0, np.inf, 0)
    np.testing.assert_array_equal(found, np.maximum(vertical[..., None], -(-round_ // on)))


def test_going_takes_a_shortest_way_and_the_best_of_them():
    going, value = Going(GRID), np.zeros((4, 3, 8))
    value[:, 0, 3] = 1.0  # two motions away from (1, 0)
    value[:, 0, 2] = 0.5  # on a way there
    value[:, 2, 2] = 0.7  # on none
    row, left = np.array([1, 1, 0, 1]), np.array([3, 1, 2, 2])
    motions = going.towards_best(value, row, left)
    # with one motion left, 1.0 is out of reach and 0.7 the best
    np.testing.assert_array_equal(GRID.motions[motions], [(-1, 2), (1, 2), (0, 2), (-1, 2)])


def test_the_memory_is_the_filter_of_naive_bayes_with_what_is_told_of_the_place():
    model = random_model(GRID)
    generator = np.random.default_rng(0)
    path = np.array([(1, 2), (2, 4), (2, 5), (1, 3)])
    twists, words, scores = twists_along(GRID, path), generator.integers(4, size=4), generator.normal(size=(4, 3))
    fusion, blind = NaiveBayes(model), replace(GRID, proprioception=())
    belief = fusion.init(1)
    seeing, feeling = ViewpointMemory(model, blind), ViewpointMemory(model, GRID)
    both = replace(GRID, proprioception=("azimuth", "elevation"))
    knowing = ViewpointMemory(model, both)
    for view in range(4):
        given = [words[view]], [scores[view]], twists[view][None]
        belief = fusion.update(belief, say(*given[:2]), given[2])
        seeing.observe(observe(blind, *given, 3 - view))
        np.testing.assert_allclose(seeing.joint.reshape(1, -1), np.exp(belief.state), atol=1e-6)
        observation = observe(GRID, *given, 3 - view, path[view][None])
        feeling.observe(observation)
        row = seeing.joint[:, :, path[view, 0]]
        np.testing.assert_allclose(feeling.joint[:, :, path[view, 0]], row / row.sum(), atol=1e-5)
        angle = path[view, 1] * GRID.azimuth_step
        told = [[np.sin(angle), np.cos(angle), GRID.elevations[path[view, 0]]]]
        knowing.observe(observation | {"proprioception": np.array(told, np.float32)})
        here = seeing.joint[0, :, path[view, 0], path[view, 1]]
        np.testing.assert_allclose(knowing.joint[0, :, path[view, 0], path[view, 1]], here / here.sum(), atol=1e-5)


def test_the_memory_knows_what_it_has_seen_and_learns_nothing_from_it_again():
    memory = ViewpointMemory(random_model(GRID), GRID)
    path = np.array([(1, 2), (2, 4), (1, 2), (1, 3)])
    twists, words = twists_along(GRID, path), [3, 1, 3, 2]
    for view in range(4):
        memory.observe(observe(GRID, words[view : view + 1], np.zeros((1, 3)), twists[view : view + 1], 3 - view,
                               path[view : view + 1]))  # fmt: skip
        beliefs = memory.joint.sum(axis=(2, 3))
        if view == 1:
            after_two = beliefs
        elif view == 2:
            np.testing.assert_allclose(beliefs, after_two, atol=1e-6)
    seen = np.argwhere(chance_of_new(memory.joint, memory.seen)[0] < 0.5)
    # from (1, 3): (1, 2) is one column back, (2, 4) one on
    assert {tuple(viewpoint) for viewpoint in seen} == {(1, 0), (1, 7), (2, 1)}


def test_an_episode_that_begins_is_not_what_the_last_one_was():
    model = random_model(GRID)
    memory, fresh = ViewpointMemory(model, GRID), ViewpointMemory(model, GRID)
    for left in (3, 2, 1):
        memory.observe(observe(GRID, [1, 2], np.zeros((2, 3)), np.zeros((2, 6)), left, [(0, 0), (1, 1)]))
    observation = observe(GRID, [0, 3], np.zeros((2, 3)), np.zeros((2, 6)), 3, [(2, 0), (1, 0)])
    observation["steps_left"][0] = 1  # the first goes on, the second begins
    observation["proprioception"][0] = GRID.elevations[0]
    memory.observe(observation)
    fresh.observe(observe(GRID, [0, 3], np.zeros((2, 3)), np.zeros((2, 6)), 3, [(2, 0), (1, 0)]))
    np.testing.assert_allclose(memory.joint[1], fresh.joint[1], atol=1e-6)
    np.testing.assert_array_equal(memory.seen[1], fresh.seen[1])
    assert np.abs(memory.joint[0] - fresh.joint[0]).max() > 1e-3


@pytest.mark.parametrize("protocol", [BLIND, TWO_BY_THREE], ids=["row unknown", "row told"])
def test_sequential_takes_the_motion_with_the_greatest_information_written_out(protocol):
    model, generator = random_model(protocol, classes=2, words=3), np.random.default_rng(0)
    table = np.exp(model.table)
    policy, memory = Sequential(model, protocol), ViewpointMemory(model, protocol)
    start = generator.integers(protocol.grid_shape, size=(20, 2))
    observation = observe(protocol, generator.integers(3, size=20), generator.normal(size=(20, 2)), np.zeros((20, 6)),
                          2, start)  # fmt: skip
    memory.observe(observation)
    taken = policy.act(observation, None)
    for episode in range(20):
        information = []
        for motion in range(len(protocol.motions)):
            told = np.zeros((2, 3))
            for row, column in everywhere(protocol):
                target = protocol.move((row, column), motion)
                if tuple(target) != (row, column):  # what one looks at already tells nothing
                    told += memory.joint[episode, :, row, column, None] * table[:, target[0], target[1]]
            of_class, of_word, total = told.sum(1, keepdims=True), told.sum(0, keepdims=True), told.sum()
            information.append((told * np.log(told * total / (of_class * of_word)).clip(-50)).sum() if total else 0)
        assert information[taken[episode]] == pytest.approx(max(information), abs=1e-5)


def one_view_tells(where):
    """Two classes, whose views show where they are taken from and, at one viewpoint, which class it is."""
    size = GRID.grid_size
    probability = np.zeros((2, size, size + 1))
    probability[:, np.arange(size), np.arange(size)] = 1
    told = int(GRID.viewpoint_index(where))
    probability[1, told] = np.eye(size + 1)[size]
    smooth = (probability + 0.001) / (1 + 0.001 * (size + 1))
    words = np.broadcast_to(np.arange(size).reshape(GRID.grid_shape), (size, *GRID.grid_shape))
    return model_of(smooth.reshape(2, *GRID.grid_shape, size + 1), GRID), words


def test_sequential_goes_where_the_classes_can_be_told_apart():
    model, words = one_view_tells((2, 5))
    starts = everywhere(GRID)
    path = walked(Sequential(model, GRID), model, words, starts)
    reach = distances(GRID)[starts[:, 0], 2, (5 - starts[:, 1]) % 8]
    near = reach == 1
    assert near.sum() == 9
    assert (path[near, 1] == (2, 5)).all()
    assert not (path[near, 2] == (2, 5)).all(axis=1).any()  # and does not look again


@pytest.mark.parametrize("kind", [Transinformation, TransinformationSequential], ids=lambda kind: kind.name)
def test_transinformation_goes_there_by_the_shortest_way_however_far_it_is(kind):
    model, words = one_view_tells((2, 5))
    starts = everywhere(GRID)
    path = walked(kind(model, GRID), model, words, starts)
    reach = distances(GRID)[starts[:, 0], 2, (5 - starts[:, 1]) % 8].astype(int)
    assert reach.max() == 2
    for episode, motions in zip(path, reach, strict=True):
        assert tuple(episode[motions]) == (2, 5)
        assert len({tuple(viewpoint) for viewpoint in episode}) == 4  # never the same view twice


def test_transinformation_does_not_ask_what_is_still_in_question_and_the_others_do():
    """Viewpoint L tells a from b and c well, R tells b from c a little. Once a is ruled out, R is the place to go."""
    probability = np.full((3, 3, 8, 12), 1e-4)
    probability[..., np.arange(8), np.arange(8)] += 1  # the column shows, the row is told
    left, right, start = (1, 0), (1, 4), (1, 2)
    for label in range(3):
        probability[(label, *left)] = 1e-4 + np.eye(12)[8 if label == 0 else 9]
        probability[(label, *right)] = 1e-4 + (np.eye(12)[10] * (0.5, 0.8, 0.2)[label]
                                               + np.eye(12)[11] * (0.5, 0.2, 0.8)[label])  # fmt: skip
    probability /= probability.sum(axis=-1, keepdims=True)
    model = model_of(probability, GRID)
    not_a = np.log([[1e-6, 0.5, 0.5]])
    for kind, went in zip(POLICIES, (left, right, right), strict=True):
        motion = kind(model, GRID).act(observe(GRID, [2], not_a, np.zeros((1, 6)), 1, [start]), None)
        assert tuple(GRID.move(start, motion[0])) == went, kind.name


@pytest.mark.parametrize("kind", POLICIES, ids=lambda kind: kind.name)
def test_many_episodes_at_once_are_as_one_by_one(kind):
    protocol = replace(LOOK_AHEAD, elevations_deg=(-40.0, 0.0, 20.0, 60.0), azimuths=6, proprioception=())
    model, generator = random_model(protocol), np.random.default_rng(0)
    words = generator.integers(4, size=(300, *protocol.grid_shape))
    starts = generator.integers(protocol.grid_shape, size=(300, 2))
    together = walked(kind(model, protocol), model, words, starts)
    for episode in (0, 7, 299):
        part = slice(episode, episode + 1)
        alone = walked(kind(model, protocol), model, words[part], starts[part])
        np.testing.assert_array_equal(alone, together[part])


@pytest.fixture(scope="module")
def solid_lessons(solids):
    def objects(split, num_envs):
        return gym.make_vec(
            "activevision/ActiveObject-v0", num_envs=num_envs, vectorization_mode="vector_entry_point",
            catalogue=solids, split=split, protocol=SMALL, autoreset_mode=AutoresetMode.DISABLED,
        )  # fmt: skip

    return GridLessons(SMALL, random_table(), random_table(4), None, objects("val", 64))


@pytest.mark.parametrize("kind", POLICIES, ids=lambda kind: kind.name)
def test_it_is_fitted_to_validation_scenes_and_survives_the_disk(kind, solid_lessons, tmp_path):
    config = AgentConfig(observation=ObservationConfig(words=(4, 8), strengths=(3.0,)))
    fusion, path = ProductOfExperts(2), tmp_path / "policy.npz"
    first, second = (kind.fit(solid_lessons, fusion, config, 3) for _ in range(2))
    first.save(path)
    loaded = kind.load(path, SMALL, fusion)
    table, generator = solid_lessons.val, np.random.default_rng(0)
    scene, start = generator.integers(4, size=30), generator.integers(SMALL.grid_shape, size=(30, 2))
    evidence = table.at(scene, start)
    observation = observe(SMALL, np.zeros(30), evidence.log_likelihood, np.zeros((30, 6)), 3, start)
    observation["feature"] = evidence.feature
    motions = first.act(observation, None)
    assert motions.shape == (30,)
    assert ((motions >= 0) & (motions < 25)).all()
    for other in (second, loaded):
        np.testing.assert_array_equal(other.act(observation, None), motions)
    with pytest.raises(UserError, match="view grid of protocol 'look-around', which that of 'look-ahead' is not"):
        kind.load(path, LOOK_AHEAD, fusion)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"policy\.npz is damaged"):
        kind.load(path, SMALL, fusion)
    with pytest.raises(UserError, match="activevision train"):
        kind.load(tmp_path / "none.npz", SMALL, fusion)


def test_the_model_chosen_is_the_one_whose_views_serve_the_fusion(solid_lessons):
    """With one that knows where to look among the candidates, that one is taken."""
    label = np.repeat([0, 1], 4)
    scores = np.full((8, 7, 12, 2), np.log(0.5), np.float32)
    scores[np.arange(8), 6, :, label], scores[np.arange(8), 6, :, 1 - label] = np.log(0.99), np.log(0.01)
    feature = np.broadcast_to(np.eye(7, dtype=np.float32)[None, :, None], (8, 7, 12, 7)).copy()
    table = EvidenceTable(("ball", "box"), scores, feature, label)
    val = EvidenceTable(table.classes, scores[::2], feature[::2], label[::2])
    lessons = replace(solid_lessons, train=table, val=val)
    config = AgentConfig(observation=ObservationConfig(words=(1, 8), strengths=(3.0,)))
    policy = Sequential.fit(lessons, ProductOfExperts(2), config, 0)
    assert len(policy._model.codebook.centres) == 8
