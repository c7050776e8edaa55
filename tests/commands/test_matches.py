"""The same logs from one process or several, nothing played twice, everything closed, users' classes welcome."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch
from solids import Solids

from activevision.agents.agent import Agent
from activevision.agents.config import AgentConfig, PPOConfig, RecogniserConfig, RecurrentConfig
from activevision.agents.fusion import MeanPosterior
from activevision.agents.saliency import saliency
from activevision.agents.train import train_agent
from activevision.agents.views import SceneViews
from activevision.commands import matches as module
from activevision.commands.matches import OWN, TRUTH, Match, Venue, matches, play_all
from activevision.commands.pairings import pairings
from activevision.commands.parts import train_parts
from activevision.commands.world import World
from activevision.encoders.backbones import build_backbone
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND

PROTOCOL = replace(LOOK_AROUND, elevations_deg=(-30.0, 0.0, 30.0), azimuths=6, height=16, width=16)
CONFIG = AgentConfig(
    recogniser=RecogniserConfig(epochs=1, batch_size=16),
    recurrent=RecurrentConfig(hidden=4, steps=3, batch_size=8),
    ppo=PPOConfig(steps=64, warm_up=0, rollout_steps=4, batch_size=32, layers=(4,)),
)


@pytest.fixture(scope="module")
def world() -> World:
    return World("activevision/ActiveObject-v0", Solids(), PROTOCOL)


@pytest.fixture(scope="module")
def agent(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agent")
    torch.manual_seed(0)
    encoder = build_backbone("small-cnn", 8).eval()
    envs = [world.make(split, 18) for split in ("train", "val")]
    train_agent(encoder, SceneViews.gather(envs[0], 0), *envs, CONFIG, folder)
    return folder


@pytest.fixture
def venue(agent: Path, world: World, tmp_path: Path) -> Venue:
    return Venue(agent, world, "test", 2, world.facts("test"), tmp_path / "logs")


FUSIONS = ("product", "recurrent")
WANTED = matches(
    pairings(("random", "peek_saliency", "ppo", "all_views", "oracle"), FUSIONS, FUSIONS), (OWN, TRUTH), (0,)
)


def test_one_process_and_two_write_the_same_logs_and_the_second_call_plays_nothing(
    venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = play_all(venue, WANTED, 1)
    two = play_all(replace(venue, logs=tmp_path / "two"), WANTED, 2)
    assert len(one) == len(two) == 14
    for match in WANTED:
        for fusion in match.fusions:
            name = match.file(fusion)
            assert (venue.logs / name).read_bytes() == (tmp_path / "two" / name).read_bytes()

    monkeypatch.setattr(module, "_stage", lambda venue: pytest.fail("what is there was played again"))
    again = play_all(venue, WANTED, 1)
    for first, second in zip(one, again, strict=True):
        np.testing.assert_array_equal(first.belief, second.belief)


def test_what_is_missing_or_was_made_from_something_else_is_played_and_nothing_beside(
    venue: Venue, agent: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    play_all(venue, WANTED, 1)
    played: list[tuple[str, str]] = []
    log = module._OnGrid._log

    def noted(self, match, fusion, advance):
        played.append((match.policy, fusion.name))
        return log(self, match, fusion, advance)

    monkeypatch.setattr(module._OnGrid, "_log", noted)
    (venue.logs / Match("random", (), OWN, 0).file("product")).unlink()
    play_all(venue, WANTED, 1)
    assert played == [("random", "product")]
    played.clear()
    product = Agent.load(agent, PROTOCOL).fusion_file("product")
    before = product.read_text()
    try:
        product.write_text(before.replace('"temperature": ', '"temperature": 1'))
        play_all(venue, WANTED, 1)
    finally:
        product.write_text(before)
    assert {fusion for _, fusion in played} == {"product"}
    assert len(played) == 10


def test_what_is_damaged_is_made_again_and_views_that_were_looked_at_are_not_looked_at_again(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_all(venue, WANTED, 1)
    name = Match("peek_saliency", (), OWN, 0).file("product")
    whole = (venue.logs / name).read_bytes()
    looked: list[str] = []
    show, peek = module._show_all_views, module._peek
    monkeypatch.setattr(module, "_show_all_views", lambda venue, names: (looked.extend(names), show(venue, names)))
    monkeypatch.setattr(module, "_peek", lambda venue: (looked.append("peek"), peek(venue)))

    def again_after(damage) -> list[str]:
        looked.clear()
        damage()
        (venue.logs / name).write_bytes(whole[: len(whole) // 2])
        play_all(venue, WANTED, 1)
        assert (venue.logs / name).read_bytes() == whole
        return list(looked)

    table, saliencies = venue.table_file(OWN), venue.saliency_file
    assert again_after(lambda: None) == []
    assert again_after(lambda: table.write_bytes(table.read_bytes()[:100])) == [OWN]
    assert again_after(table.unlink) == [OWN]
    assert again_after(lambda: saliencies.write_bytes(b"")) == ["peek"]


def test_the_ceiling_is_the_same_whatever_network_fuses_the_walks(venue: Venue) -> None:
    main = [pairings(("random", "all_views"), (fusion,), FUSIONS) for fusion in FUSIONS]
    product, recurrent = (play_all(venue, matches(pairs, (OWN,), (0,)), 1) for pairs in main)
    assert [log.fusion for log in (*product, *recurrent)] == ["product", "product", "recurrent", "product"]
    np.testing.assert_array_equal(product[1].belief, recurrent[1].belief)


def test_peeking_follows_the_contrast_of_the_scenes_views_and_no_recogniser(venue: Venue, world: World) -> None:
    own, truth = play_all(venue, matches({"peek_saliency": ("product",)}, (OWN, TRUTH), (0,)), 1)
    np.testing.assert_array_equal(own.motion, truth.motion)
    env = world.make("test", PROTOCOL.grid_size)
    values = saliency(SceneViews.gather(env, 0).frames[:, None])
    index = {entry.id: number for number, entry in enumerate(env.unwrapped.entries)}  # type: ignore[attr-defined]
    gained = []
    for way, scene in zip(own.viewpoint, own.scene, strict=True):
        seen = PROTOCOL.viewpoint_index(way)
        assert len(set(seen.tolist())) == len(seen)
        gained.append(values[index[scene], seen[1:]].mean() - values[index[scene]].mean())
    assert np.mean(gained) > 0


def test_truth_tells_all_where_nothing_is_a_variant_of_anything(venue: Venue) -> None:
    (log,) = play_all(venue, matches({"random": ("product",)}, (TRUTH,), (0,)), 1)
    assert log.correct.all()


def test_environments_are_closed_even_when_a_match_fails(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    make = World.make

    def watched(self, *arguments, **more):
        env = make(self, *arguments, **more)
        close = env.close
        monkeypatch.setattr(env, "close", lambda: (closed.append(1), close()))
        return env

    monkeypatch.setattr(World, "make", watched)
    monkeypatch.setattr(module._OnGrid, "_log", lambda *_: (_ for _ in ()).throw(RuntimeError("no")))
    with pytest.raises(RuntimeError, match="no"):
        play_all(venue, WANTED, 1)
    assert len(closed) == 3  # those that showed all views, to recognisers and to be peeked at, and the one played in


def test_a_users_policy_fusion_and_recogniser_are_played_anew_every_time(
    venue: Venue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "theirs.py").write_text(
        "import numpy as np\n"
        "from activevision.agents.evidence import Evidence\n"
        "from activevision.agents.fusion import MeanPosterior\n"
        "class Left:\n"
        "    name = 'left'\n"
        "    def __init__(self, protocol, seed): pass\n"
        "    def act(self, observation, belief): return np.zeros(len(observation['steps_left']), int)\n"
        "class Mean(MeanPosterior):\n"
        "    name = 'theirs'\n"
        "class Blind:\n"
        "    feature_size = 0\n"
        "    def __init__(self, classes): self.classes = classes\n"
        "    def evidence(self, observation, info):\n"
        "        n = len(observation['rgb'])\n"
        "        return Evidence(np.full((n, 2), np.log(0.5), np.float32), np.zeros((n, 0), np.float32))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    wanted = matches({"theirs:Left": ("theirs:Mean",)}, ("theirs:Blind",), (3,))
    (log,) = play_all(venue, wanted, 1)
    assert (log.policy, log.fusion) == ("left", "theirs")
    assert (log.motion == 0).all()
    np.testing.assert_allclose(np.exp(log.belief), 0.5, atol=1e-6)
    monkeypatch.setattr(module, "_stage", lambda venue: (_ for _ in ()).throw(RuntimeError("played again")))
    with pytest.raises(RuntimeError, match="played again"):
        play_all(venue, wanted, 1)
    sys.modules.pop("theirs", None)


def test_a_users_classes_are_told_neither_label_nor_scene(
    venue: Venue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "curious.py").write_text(
        "import numpy as np\n"
        "from activevision.agents.evidence import Evidence\n"
        "from activevision.agents.fusion import MeanPosterior\n"
        "heard = {'act': set(), 'update': set(), 'info': set(), 'seen': set()}\n"
        "class Policy:\n"
        "    name = 'curious'\n"
        "    def __init__(self, protocol, seed): pass\n"
        "    def act(self, observation, belief):\n"
        "        heard['act'] |= {*observation, *belief._fields}\n"
        "        return np.zeros(len(observation['steps_left']), int)\n"
        "class Fusion(MeanPosterior):\n"
        "    name = 'curious'\n"
        "    def update(self, belief, evidence, egomotion):\n"
        "        heard['update'] |= {*belief._fields, *evidence._fields}\n"
        "        return super().update(belief, evidence, egomotion)\n"
        "class Recogniser:\n"
        "    def __init__(self, classes): pass\n"
        "    def evidence(self, observation, info):\n"
        "        heard['info'] |= {*info}\n"
        "        heard['seen'] |= {*observation}\n"
        "        n = len(observation['rgb'])\n"
        "        return Evidence(np.zeros((n, 2), np.float32), np.zeros((n, 0), np.float32))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    play_all(venue, matches({"curious:Policy": ("curious:Fusion",)}, ("curious:Recogniser",), (0,)), 1)
    heard = sys.modules.pop("curious").heard
    assert heard["info"] == set()
    assert heard["update"] == {"log_probs", "state", "log_likelihood", "feature"}
    observed = {"rgb", "egomotion", "proprioception", "steps_left"}
    assert heard["seen"] == observed
    assert heard["act"] == observed | {"belief", "evidence", "feature", "path", "log_probs", "state"}


@pytest.mark.parametrize(
    ("said", "complaint"), [("(n, 3), 0.0", r"of shape \(\d+, 3\)"), ("(n, 2), np.nan", "not finite")]
)
def test_a_recogniser_that_does_not_give_a_number_for_each_class_is_refused(
    said: str, complaint: str, venue: Venue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "wrong.py").write_text(
        "import numpy as np\n"
        "from activevision.agents.evidence import Evidence\n"
        "class Wrong:\n"
        "    def __init__(self, classes): pass\n"
        "    def evidence(self, observation, info):\n"
        "        n = len(observation['rgb'])\n"
        f"        return Evidence(np.full({said}), np.zeros((n, 0)))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=f"recogniser 'wrong:Wrong' gave log-likelihoods .*{complaint}"):
        play_all(venue, matches({"random": ("product",)}, ("wrong:Wrong",), (0,)), 1)
    sys.modules.pop("wrong", None)


def test_policies_that_are_trained_beside_one_another_are_those_of_one_process(
    agent: Path, world: World, tmp_path: Path
) -> None:
    more = replace(CONFIG, seeds=4)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder, workers in zip(folders, (1, 2), strict=True):
        shutil.copytree(agent, folder)
        envs = world.make("train", 16), world.make("val", 16)
        train_parts(Agent.load(folder, PROTOCOL), world, more, envs, workers)
    policies = [
        [Agent.load(folder, PROTOCOL).policy("ppo", seed, MeanPosterior(2)) for seed in range(1, 4)]
        for folder in folders
    ]
    for one, two in zip(*policies, strict=True):
        for name, weights in one._model.policy.state_dict().items():
            assert torch.equal(weights, two._model.policy.state_dict()[name])


def test_no_workers_at_all_is_refused(venue: Venue) -> None:
    with pytest.raises(UserError, match="--workers 0"):
        play_all(venue, WANTED, 0)


def test_views_that_look_alike_leave_their_classes_equally_likely() -> None:
    """Mugs with and without a handle: from behind they are one."""
    from activevision.agents.evidence import EvidenceTable
    from activevision.agents.truth import true_evidence
    from activevision.scenes import get_catalogue

    catalogue = get_catalogue("procedural", ambiguity=1.0, per_class=8)
    env = gym.make_vec(
        "activevision/ActiveObject-v0", num_envs=32, vectorization_mode="vector_entry_point", catalogue=catalogue,
        split="test", protocol=PROTOCOL, autoreset_mode="Disabled",
    )  # fmt: skip
    entries = env.unwrapped.entries  # type: ignore[attr-defined]
    labels = np.array([catalogue.classes.index(entry.label) for entry in entries])
    shape = (len(entries), *PROTOCOL.grid_shape)
    blank = EvidenceTable(
        catalogue.classes,
        np.zeros((*shape, len(catalogue.classes)), np.float32),
        np.zeros((*shape, 1), np.float32),
        labels,
    )
    truth = np.exp(true_evidence(blank, env).log_likelihood)
    of_label = np.take_along_axis(truth, labels[:, None, None, None], axis=-1)[..., 0]
    assert (of_label >= truth.max(axis=-1) - 1e-6).all()  # the true class is never ruled out
    assert (of_label < 0.51).any()
    assert (of_label > 0.99).any()
    np.testing.assert_allclose(truth.sum(axis=-1), 1, atol=1e-5)
