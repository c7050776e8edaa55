from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch

from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import MeanPosterior, ProductOfExperts
from activevision.agents.fusion.recurrent import Recurrent, _Aggregator
from activevision.agents.policies.baselines import Random, Single, Sweep
from activevision.agents.policies.ceilings import Oracle
from activevision.errors import UserError
from activevision.evaluation.metrics import accuracy
from activevision.evaluation.play import Starts, all_views_log, fused_anew, play, single_log
from activevision.protocol import LOOK_AROUND

SMALL = replace(LOOK_AROUND, height=8, width=8)
FACTS = {"name": "solids", "classes": ["ball", "box"], "split": "test", "scenes": 6, "licence": "MIT", "credit": ""}


@pytest.fixture(scope="module")
def table():
    generator = np.random.default_rng(0)
    label = np.repeat([0, 1], 3)
    scores = generator.normal(size=(6, 7, 12, 2)) * 2
    scores[np.arange(6), :, :, label] += 1.0
    scores -= np.log(np.exp(scores).sum(-1, keepdims=True))
    return EvidenceTable(("ball", "box"), np.float32(scores), np.zeros((6, 7, 12, 1), np.float32), label)


def run(solids, table, policy, starts, fusion=None):
    env = gym.make_vec(
        "activevision/ActiveObject-v0", num_envs=len(starts), vectorization_mode="vector_entry_point",
        catalogue=solids, split="test", protocol=SMALL, autoreset_mode="Disabled",
    )  # fmt: skip
    return play(env, table, fusion or ProductOfExperts(2), policy, starts, FACTS)


def test_starts_are_the_same_for_a_seed_and_distinct_for_an_object():
    starts, again, other = (
        Starts.on_grid(5, (7, 12), 84, 1),
        Starts.on_grid(5, (7, 12), 84, 1),
        Starts.on_grid(5, (7, 12), 84, 2),
    )
    np.testing.assert_array_equal(starts.viewpoint, again.viewpoint)
    assert (starts.viewpoint != other.viewpoint).any()
    for scene in range(5):
        assert len(np.unique(starts.viewpoint[starts.scene == scene], axis=0)) == 84


def test_the_log_is_what_happened(solids, table):
    starts = Starts.on_grid(6, SMALL.grid_shape, 4, 0)
    log = run(solids, table, lambda _: Sweep(SMALL), starts)
    np.testing.assert_array_equal(log.viewpoint[:, 0], starts.viewpoint)
    np.testing.assert_array_equal(log.viewpoint[:, 1:], SMALL.move(log.viewpoint[:, :-1], log.motion))
    np.testing.assert_allclose(log.pose, SMALL.poses[log.viewpoint[..., 0], log.viewpoint[..., 1]])
    for view in range(4):
        evidence = table.at(starts.scene, log.viewpoint[:, view]).log_likelihood
        np.testing.assert_allclose(log.evidence[:, view], evidence)
    total = np.cumsum(log.evidence, axis=1)
    np.testing.assert_allclose(log.belief, total - np.log(np.exp(total).sum(-1, keepdims=True)), atol=1e-4)


def test_every_policy_is_given_the_same_starts(solids, table):
    starts = Starts.on_grid(6, SMALL.grid_shape, 3, 5)
    logs = [run(solids, table, policy, starts) for policy in (lambda _: Sweep(SMALL), lambda _: Random(SMALL, 1))]
    np.testing.assert_array_equal(logs[0].viewpoint[:, 0], logs[1].viewpoint[:, 0])
    np.testing.assert_array_equal(logs[0].scene, logs[1].scene)


def test_single_believes_its_first_view_to_the_end(solids, table):
    log = run(solids, table, lambda _: Single(SMALL), Starts.on_grid(6, SMALL.grid_shape, 3, 5))
    assert (log.belief == log.belief[:, :1]).all()
    assert (log.viewpoint == log.viewpoint[:, :1]).all()


def test_the_ceilings_are_above_the_floor(solids, table):
    starts, fusion = Starts.on_grid(6, SMALL.grid_shape, 20, 5), MeanPosterior(2)
    single = run(solids, table, lambda _: Single(SMALL), starts, fusion)
    random = run(solids, table, lambda _: Random(SMALL, 0), starts, fusion)
    oracle = run(solids, table, lambda env: Oracle(env, table, fusion, SMALL), starts, fusion)
    everything = all_views_log(single, table, fusion, starts, SMALL)
    assert accuracy(oracle)[-1] > accuracy(random)[-1] > accuracy(single)[-1]
    assert accuracy(everything)[0] == pytest.approx(1.0)
    assert everything.policy == "all_views"


def same(a, b):
    assert (a.policy, a.fusion) == (b.policy, b.fusion)
    for name in ("scene", "label", "seed", "episode", "taken", "viewpoint", "motion", "collided", "evidence", "pose"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    np.testing.assert_allclose(a.belief, b.belief, atol=1e-5)


def test_a_walk_fused_anew_is_what_playing_it_with_that_fusion_gives(solids, table):
    starts = Starts.on_grid(6, SMALL.grid_shape, 3, 5)
    torch.manual_seed(0)
    aggregator = _Aggregator(2, 8)  # depends on the motions between views, so these are checked, too
    torch.nn.init.normal_(aggregator.head.weight)
    for fusion in (MeanPosterior(2), Recurrent(aggregator)):
        for policy in (lambda _: Random(SMALL, 1), lambda _: Single(SMALL)):
            walk = run(solids, table, policy, starts, ProductOfExperts(2, 1.7))
            same(fused_anew(walk, fusion), run(solids, table, policy, starts, fusion))


def test_single_follows_from_any_walk_from_the_same_starts(solids, table):
    starts = Starts.on_grid(6, SMALL.grid_shape, 3, 5)
    walk = run(solids, table, lambda _: Random(SMALL, 1), starts)
    same(single_log(walk, SMALL.stay), run(solids, table, lambda _: Single(SMALL), starts))


def test_every_view_of_all_episodes_is_told(solids, table):
    env_starts, told = Starts.on_grid(6, SMALL.grid_shape, 1, 0), []
    env = gym.make_vec(
        "activevision/ActiveObject-v0", num_envs=6, vectorization_mode="vector_entry_point",
        catalogue=solids, split="test", protocol=SMALL, autoreset_mode="Disabled",
    )  # fmt: skip
    play(env, table, MeanPosterior(2), lambda _: Sweep(SMALL), env_starts, FACTS, told.append)
    assert sum(told) == SMALL.views


class Stops:
    """Turns, and stops after as many views as an episode's number says."""

    name = "stops"

    def __init__(self, after):
        self.after = np.asarray(after)

    def act(self, observation, belief):
        view = SMALL.views - observation["steps_left"][:, 0]
        return np.where(view == self.after, len(SMALL.motions), len(SMALL.motions) - 1)


def test_from_where_a_policy_stops_everything_stays_as_it_is(solids, table):
    starts = Starts.on_grid(6, SMALL.grid_shape, 4, 0)
    after = starts.episode + 1
    log = run(solids, table, lambda _: Stops(after), starts)
    on = run(solids, table, lambda _: Stops(np.zeros(len(starts))), starts)
    np.testing.assert_array_equal(log.taken, after)
    assert (on.taken == SMALL.views).all()
    for row, taken in enumerate(after):
        for name in ("viewpoint", "pose", "evidence", "belief"):
            stopped, goes_on = getattr(log, name)[row], getattr(on, name)[row]
            np.testing.assert_array_equal(stopped[:taken], goes_on[:taken])
            np.testing.assert_array_equal(stopped[taken:], np.repeat(stopped[taken - 1 : taken], 4 - taken, axis=0))
        assert (log.motion[row, taken - 1 :] == SMALL.stay).all()
        assert (log.motion[row, : taken - 1] != SMALL.stay).all()
    again = fused_anew(log, MeanPosterior(2))
    np.testing.assert_allclose(
        again.belief, run(solids, table, lambda _: Stops(after), starts, MeanPosterior(2)).belief, atol=1e-6
    )


def test_single_takes_one_view_and_nothing_on_a_grid_is_bumped_into(solids, table):
    log = run(solids, table, lambda _: Single(SMALL), Starts.on_grid(6, SMALL.grid_shape, 2, 0))
    assert (log.taken == 1).all()
    assert not log.collided.any()
    assert log.recogniser == "own"


@pytest.mark.parametrize(
    ("motion", "said"),
    [
        (lambda n: np.full(n, 26), "policy 'wrong' returned motion 26: motions are 0 to 24, and 25 stops"),
        (lambda n: np.full(n, -1), "returned motion -1"),
        (lambda n: np.zeros(n - 1, int), r"motions of shape \(17,\) and dtype int64: return one integer for each of "),
        (lambda n: np.zeros(n), "dtype float64"),
        (lambda n: None, r"shape \(\) and dtype object"),
    ],
)
def test_an_illegal_motion_is_one_line(solids, table, motion, said):
    class Wrong:
        name = "wrong"

        def act(self, observation, belief):
            return motion(len(observation["steps_left"]))

    with pytest.raises(UserError, match=said):
        run(solids, table, lambda _: Wrong(), Starts.on_grid(6, SMALL.grid_shape, 3, 0))
