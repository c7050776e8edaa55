"""The agent in environments: what it makes of observations, its file, and its policy in recognition."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch
from patches import CONFIG, material
from solids import Solids

import activevision  # noqa: F401  (registers the environments)
from activevision.agents.config import TRAINED, AgentConfig
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import MeanPosterior
from activevision.agents.lessons import GridLessons
from activevision.agents.look_around.agent import LookAround
from activevision.agents.look_around.choosers import AnyMotion, Likeliest, SameMotion
from activevision.agents.look_around.episodes import play
from activevision.agents.look_around.grids import Grids
from activevision.agents.look_around.table import CodeTable, OwnGrid
from activevision.agents.look_around.training import train_one_view
from activevision.agents.named import named_class
from activevision.agents.policies.look_around import LookAroundPolicy
from activevision.agents.small_frames import SIDE
from activevision.errors import UserError
from activevision.evaluation.completion.playing import complete
from activevision.protocol import LOOK_AROUND

ORBIT = replace(
    LOOK_AROUND, name="small orbit", elevations_deg=(-90.0, -30.0, 30.0, 90.0), azimuths=6, neighbourhood=(3, 3),
    height=SIDE, width=SIDE,
)  # fmt: skip
LARGE = replace(ORBIT, name="larger", height=2 * SIDE, width=2 * SIDE)


def vector(id, num_envs, protocol=ORBIT, split="train"):
    return gym.make_vec(
        f"activevision/{id}", num_envs=num_envs, vectorization_mode="vector_entry_point", catalogue=Solids(),
        protocol=protocol, split=split, autoreset_mode="Disabled",
    ).unwrapped  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An agent of solids that goes about, with the grids and codes that it was trained on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACTIVEVISION_CACHE", str(tmp_path_factory.mktemp("cache")))
        grids = Grids.gather(vector("LookAround-v0", 5))
    learned = material(grids, protocol=ORBIT)
    net = train_one_view(learned, CONFIG, 0)
    with torch.no_grad():
        torch.nn.init.normal_(net.act[-1].weight, std=3.0, generator=torch.Generator().manual_seed(3))
    return LookAround(net, learned.codes, ORBIT), grids, learned


def starts(scenes=8):
    draw = np.random.default_rng(1)
    return np.repeat(np.arange(scenes), 3), draw.integers(ORBIT.grid_shape, size=(3 * scenes, 2))


def test_gathered_grids_are_what_the_environment_shows(trained):
    _, grids, _ = trained
    env = vector("LookAround-v0", 1)
    for scene, viewpoint in ((0, (2, 3)), (7, (0, 5))):
        observation, _ = env.reset(options={"scene": [scene], "viewpoint": [viewpoint]})
        np.testing.assert_array_equal(grids.frames[(scene, *viewpoint)], observation["rgb"][0])


@pytest.mark.parametrize("chooser", [Likeliest(), SameMotion(1), SameMotion(5)], ids=["own", "up", "round"])
def test_the_environment_finds_the_error_that_training_reckons_with(trained, chooser):
    """Paths by dead reckoning, the shift of azimuth, the codes, the remembered views: all have to be right."""
    agent, grids, learned = trained
    scene, start = starts()
    errors = complete(vector("LookAround-v0", 10), agent, chooser, scene, start, 0)
    table = CodeTable.of(grids, learned.codes)
    index = torch.from_numpy(start[:, 0] * ORBIT.azimuths + start[:, 1])
    with torch.no_grad():
        way = play(agent.net, table, OwnGrid(ORBIT), chooser, torch.from_numpy(scene), index, ORBIT.views,
                   torch.Generator())  # fmt: skip
    # pixels are whole numbers within bounds in the environment alone, and what was out of bounds was wrong
    reckoned = way.error.numpy()
    assert (errors < reckoned + 0.05).all()
    assert np.isclose(errors, reckoned, rtol=0.003).mean() > 0.9


@pytest.mark.parametrize("id", ["LookAround-v0", "ActiveObject-v0"])
def test_it_knows_where_it_is(trained, id):
    agent, _, _ = trained
    env, gaze, draw = vector(id, 24), agent.gaze(), np.random.default_rng(0)
    scene, start = starts()
    observation, info = env.reset(options={"scene": scene, "viewpoint": start})
    for time in range(ORBIT.views):
        gaze.observe(observation, np.full(24, time == 0))
        own = info["viewpoint"] - np.stack([np.zeros(24, int), start[:, 1]], axis=1)
        np.testing.assert_array_equal(gaze.viewpoint.numpy(), own[:, 0] * 6 + own[:, 1] % 6)
        assert (gaze.time == time).all()
        if time < ORBIT.views - 1:
            motion = draw.integers(9, size=24)
            answer = {"motion": motion, "prediction": np.zeros((24, 4, 6, SIDE, SIDE, 3), np.uint8)}
            observation, _, _, _, info = env.step(answer if id == "LookAround-v0" else motion)


def test_an_episode_that_begins_forgets_the_last_one_and_others_do_not(trained):
    agent, _, _ = trained
    policy, env = LookAroundPolicy(agent), vector("ActiveObject-v0", 6)
    scene, start = starts()
    first, _ = env.reset(options={"scene": scene[:6], "viewpoint": start[:6]})
    motions = policy.act(first, None)
    second, *_ = env.step(motions)
    onwards = policy.act(second, None)
    half_begun = {name: np.concatenate([first[name][:3], second[name][3:]]) for name in first}
    again = LookAroundPolicy(agent)
    again.act(first, None)
    np.testing.assert_array_equal(again.act(half_begun, None), np.concatenate([motions[:3], onwards[3:]]))


def test_it_moves_alike_in_completion_and_in_recognition_with_larger_views(trained):
    """The policy is transferred unchanged: views of twice the size, told of one action less."""
    agent, _, _ = trained
    scene, start = starts()
    options = {"scene": scene, "viewpoint": start}
    paths = []
    for protocol in (ORBIT, LARGE):
        env = vector("ActiveObject-v0", 24, protocol)
        policy = LookAroundPolicy(LookAround(agent.net, agent.codes, protocol))
        observation, info = env.reset(options=options)
        path = [info["viewpoint"]]
        for _ in range(ORBIT.views - 1):
            told = dict.fromkeys(("evidence", "belief", "feature"), np.full((24, 2), np.nan, np.float32))
            observation, _, _, _, info = env.step(policy.act(observation | told, None))
            path.append(info["viewpoint"])
        paths.append(np.stack(path, axis=1))
    same = (paths[0] == paths[1]).all(axis=(1, 2))
    assert same.mean() > 0.7  # shrunk views are not quite those that were rendered small


def test_saved_and_loaded_it_is_the_same(trained, tmp_path):
    agent, _, _ = trained
    path = tmp_path / "agent.pt"
    LookAroundPolicy(agent).save(path)
    again = LookAroundPolicy.load(path, LARGE, MeanPosterior(2)).agent
    assert again.protocol is LARGE
    scene, start = starts()
    errors = [
        complete(vector("LookAround-v0", 24), replace(one, protocol=ORBIT), Likeliest(), scene, start, 0)
        for one in (agent, again)
    ]
    np.testing.assert_array_equal(*errors)


def test_a_file_that_is_none_or_of_another_grid(trained, tmp_path):
    agent, _, _ = trained
    path = tmp_path / "agent.pt"
    with pytest.raises(UserError, match="no agent"):
        LookAround.load(path, ORBIT)
    agent.save(path)
    with pytest.raises(UserError, match="azimuths"):
        LookAround.load(path, replace(ORBIT, azimuths=12))
    with pytest.raises(UserError, match="elevation"):
        LookAroundPolicy.load(path, replace(ORBIT, proprioception=()), MeanPosterior(2))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match="damaged"):
        LookAround.load(path, ORBIT)


def test_the_ladder_fits_it_by_name_and_it_is_never_told_a_label():
    kind = named_class("policy", "look_around", TRAINED)
    assert kind is LookAroundPolicy
    shape = (8, *ORBIT.grid_shape)
    nothing = EvidenceTable(
        ("ball", "box"), np.full((*shape, 2), np.nan, np.float32), np.zeros((*shape, 1), np.float32),
        np.full(8, -1),
    )  # fmt: skip
    lessons = GridLessons(ORBIT, nothing, nothing, vector("ActiveObject-v0", 7))
    gather = Grids.gather

    def unlabelled(env):
        grids = gather(env)
        return Grids(grids.frames, np.full_like(grids.labels, -1), grids.scenes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Grids, "gather", unlabelled)
        policy = kind.fit(lessons, MeanPosterior(2), AgentConfig(look_around=CONFIG), 0)
    observation, _ = vector("ActiveObject-v0", 4).reset(seed=0)
    assert policy.act(observation, None).shape == (4,)


def test_a_protocol_that_does_not_tell_the_elevation_is_refused_before_anything_is_trained():
    untold, nothing = replace(ORBIT, proprioception=()), EvidenceTable(("a", "b"), *[np.zeros(0)] * 3)
    lessons = GridLessons(untold, nothing, nothing, vector("ActiveObject-v0", 1, untold))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Grids, "gather", lambda env: pytest.fail("it has begun to learn"))
        with pytest.raises(UserError, match="elevation"):
            LookAroundPolicy.fit(lessons, MeanPosterior(2), AgentConfig(look_around=CONFIG), 0)


def test_random_motions_of_an_evaluation_are_those_of_its_seed(trained):
    agent, _, _ = trained
    env = vector("LookAround-v0", 24)
    scene, start = starts()
    one, again, other = (complete(env, agent, AnyMotion(9), scene, start, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(one[:, 0], other[:, 0])
    assert (one[:, -1] != other[:, -1]).any()
