"""The best fixed motions and the full-horizon oracle, against searches that try everything."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from activevision.agents.config import AgentConfig
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import Belief, ProductOfExperts
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.best_fixed import BestFixed
from activevision.agents.policies.ceilings import FullOracle
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND

GRID = replace(LOOK_AROUND, elevations_deg=(-30.0, 0.0, 30.0), azimuths=5, neighbourhood=(1, 3), views=4)


def random_table(scenes=6, seed=0):
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(scenes, *GRID.grid_shape, 3)).astype(np.float32)
    return EvidenceTable(
        ("a", "b", "c"), scores, np.zeros((scenes, *GRID.grid_shape, 1), np.float32), generator.integers(3, size=scenes)
    )


def truths(table, fusion, scene, start, motions):
    """Log-probability of the true class after every view of one episode."""
    viewpoint, belief, found = np.array(start), fusion.init(1), []
    for motion in (None, *motions):
        if motion is not None:
            viewpoint = GRID.move(viewpoint, motion)
        belief = fusion.update(belief, table.at(np.array([scene]), viewpoint[None]), np.zeros((1, 6), np.float32))
        found.append(belief.log_probs[0, table.label[scene]])
    return found


def test_the_full_oracle_finds_what_trying_every_trajectory_finds():
    table, fusion = random_table(), ProductOfExperts(3, 1.5)
    scene = np.arange(6)
    start = np.stack([scene % 3, scene % 5], axis=1)
    first = fusion.update(fusion.init(6), table.at(scene, start), np.zeros((6, 6), np.float32))
    env = SimpleNamespace(info={"scene": scene, "label": table.label, "viewpoint": start})
    oracle = FullOracle(env, table, fusion, GRID)
    taken = np.stack(
        [oracle.act({"steps_left": np.full((6, 1), left)}, first) for left in (3, 2, 1)], axis=1
    )  # the beliefs of later steps do not matter: the plan is made at the first view
    for i in scene:
        best = max(
            sum(truths(table, fusion, i, start[i], motions)[1:]) for motions in itertools.product(range(3), repeat=3)
        )
        assert sum(truths(table, fusion, i, start[i], taken[i])[1:]) == pytest.approx(best, abs=1e-4)


def test_the_best_fixed_motions_are_those_that_trying_all_finds():
    """Two columns to the left of where one is, and only there, the class shows: left twice, whatever else."""
    table, fusion = random_table(40), ProductOfExperts(3, 1.5)
    policy = BestFixed.fit(GridLessons(GRID, table, table), fusion, AgentConfig(), 0)
    generator = np.random.default_rng([0, 17])
    scene, start = generator.integers(40, size=1024), generator.integers(GRID.grid_shape, size=(1024, 2))

    def value(motions):
        viewpoint, belief, total = start, fusion.init(1024), 0.0
        for motion in (None, *motions):
            viewpoint = viewpoint if motion is None else GRID.move(viewpoint, np.full(1024, motion))
            belief = fusion.update(belief, table.at(scene, viewpoint), np.zeros((1024, 6), np.float32))
            total += belief.log_probs[np.arange(1024), table.label[scene]].mean() * (motion is not None)
        return total

    best = max(itertools.product(range(3), repeat=3), key=value)
    assert value(policy.motions) == pytest.approx(value(best), abs=1e-5)
    told = [policy.act({"steps_left": np.array([[left]])}, None)[0] for left in (3, 2, 1)]
    assert tuple(told) == policy.motions


def test_fixed_motions_survive_the_disk_and_another_protocol_is_refused(tmp_path):
    policy = BestFixed(GRID, (0, 2, 1))
    policy.save(tmp_path / "fixed.json")
    assert BestFixed.load(tmp_path / "fixed.json", GRID, ProductOfExperts(3)).motions == (0, 2, 1)
    with pytest.raises(UserError, match="does not fit"):
        BestFixed.load(tmp_path / "fixed.json", replace(GRID, views=3), ProductOfExperts(3))
    with pytest.raises(UserError, match="no policy"):
        BestFixed.load(tmp_path / "absent.json", GRID, ProductOfExperts(3))


def test_the_full_oracle_plans_anew_for_every_episode():
    table, fusion = random_table(), ProductOfExperts(3)
    belief = Belief(np.zeros((2, 3), np.float32), np.zeros((2, 3), np.float32))
    env = SimpleNamespace(
        info={"scene": np.array([0, 1]), "label": table.label[:2], "viewpoint": np.zeros((2, 2), int)}
    )
    oracle = FullOracle(env, table, fusion, GRID)
    oracle.act({"steps_left": np.array([[3], [3]])}, belief)
    env.info = {"scene": np.array([0, 5]), "label": table.label[[0, 5]], "viewpoint": np.array([[0, 0], [2, 3]])}
    second = oracle.act({"steps_left": np.array([[2], [3]])}, belief)
    fresh = FullOracle(env, table, fusion, GRID).act({"steps_left": np.array([[3], [3]])}, belief)
    assert second[1] == fresh[1]
