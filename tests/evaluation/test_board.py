"""TensorBoard in training: the report's figures of the policy as it is then, and nothing in the training changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch
from solids import Solids
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from activevision.agents.config import (
    AgentConfig,
    DQNConfig,
    LookAheadConfig,
    LookAroundConfig,
    ObservationConfig,
    PixelPPOConfig,
    PPOConfig,
    RecurrentConfig,
    RecurrentPPOConfig,
    TransformerConfig,
)
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import ProductOfExperts
from activevision.agents.fusion.naive_bayes import NaiveBayes
from activevision.agents.fusion.recurrent import Recurrent
from activevision.agents.fusion.transformer import Transformer
from activevision.agents.lessons import FreeLessons, GridLessons
from activevision.agents.look_ahead.agent import LookAhead
from activevision.agents.policies.baselines import Sweep
from activevision.agents.policies.dqn import DQNPolicy
from activevision.agents.policies.look_around import LookAroundPolicy
from activevision.agents.policies.ppo import PPOPolicy
from activevision.agents.policies.ppo_pixels import PPOPixelsPolicy
from activevision.agents.policies.ppo_stop import PPOStopPolicy
from activevision.agents.policies.recurrent_ppo import RecurrentPPOPolicy
from activevision.agents.walks import Walks
from activevision.evaluation import board as module
from activevision.evaluation import metrics, validation
from activevision.evaluation.board import open_board
from activevision.evaluation.play import Starts, play
from activevision.evaluation.validation import Episodes, FusedWalks
from activevision.explore_protocol import EXPLORE_ROOM
from activevision.protocol import LOOK_AROUND

PROTOCOL = replace(LOOK_AROUND, elevations_deg=(-30.0, 0.0, 30.0), azimuths=4, neighbourhood=(3, 3), views=3, height=8,
                   width=8)  # fmt: skip
_FEW = {"steps": 192, "warm_up": 96, "rollout_steps": 8, "batch_size": 64, "layers": (4,)}
CONFIG = AgentConfig(
    ppo=PPOConfig(**_FEW),  # type: ignore[arg-type]
    recurrent_ppo=RecurrentPPOConfig(**_FEW, hidden=4),  # type: ignore[arg-type]
    ppo_pixels=PixelPPOConfig(**_FEW, channels=(4, 4), view_size=4),  # type: ignore[arg-type]
    observation=ObservationConfig(words=(2, 3), strengths=(10.0,)),
    recurrent=RecurrentConfig(hidden=4, steps=20, batch_size=8),
    transformer=TransformerConfig(width=8, layers=1, steps=20, batch_size=8),
    dqn=DQNConfig(steps=320, batch_size=16, layers=(4,)),
    look_ahead=LookAheadConfig(hidden=4, steps=20, batch_size=8),
    look_around=LookAroundConfig(codes=4, components=4, hidden=4, tints=0, one_view_steps=4, steps=20, batch_size=8),
)
FUSION = ProductOfExperts(2)


def table(scenes: int) -> EvidenceTable:
    generator = np.random.default_rng(scenes)
    scores = generator.normal(size=(scenes, 3, 4, 2)).astype(np.float32)
    scores -= np.log(np.exp(scores).sum(-1, keepdims=True))
    features = generator.normal(size=(scenes, 3, 4, 5)).astype(np.float32)
    return EvidenceTable(("ball", "box"), scores, features, np.arange(scenes) % 2)


def vector(split: str) -> gym.vector.VectorEnv:
    return gym.make_vec(
        "activevision/ActiveObject-v0", num_envs=8, vectorization_mode="vector_entry_point", catalogue=Solids(),
        split=split, protocol=PROTOCOL, autoreset_mode="Disabled",
    )  # fmt: skip


def lessons() -> GridLessons:
    envs = [vector(split) for split in ("train", "val")]
    tables = [table(len(env.unwrapped.entries)) for env in envs]  # type: ignore[attr-defined]
    return GridLessons(PROTOCOL, *tables, *envs)


def trained(kind, watched: GridLessons):  # type: ignore[no-untyped-def]
    if kind is LookAhead:
        return kind.fit(watched, CONFIG, 0)
    return kind.fit(watched, FUSION, CONFIG, 0)


def events(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    found.Reload()
    return found


def weights(policy) -> torch.Tensor:  # type: ignore[no-untyped-def]
    model = policy.net if isinstance(policy, LookAhead) else policy.agent.net if isinstance(policy, LookAroundPolicy) \
        else policy._model.policy  # fmt: skip
    return torch.cat([value.flatten() for value in model.state_dict().values()])


@pytest.mark.parametrize(
    "kind",
    [PPOPolicy, PPOStopPolicy, RecurrentPPOPolicy, PPOPixelsPolicy, DQNPolicy, LookAhead, LookAroundPolicy],
)
def test_who_is_watched_learns_what_it_learns_alone(  # type: ignore[no-untyped-def]
    kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHOWS", 5)
    monkeypatch.setattr(module, "PICTURES", 1)
    monkeypatch.setattr(validation, "_EPISODES", 16)
    alone, plain = trained(kind, lessons()), lessons()
    with open_board(tmp_path, Episodes(plain, None if kind is LookAhead else FUSION)) as board:
        watched = trained(kind, replace(plain, watch=board))
        board.show(watched)
    assert torch.equal(weights(alone), weights(watched))
    found = events(tmp_path)
    shown = found.Scalars("accuracy/view_3")
    assert 4 <= len(shown) <= 7  # at the beginning, up to five times, at the end
    assert [event.step for event in shown] == sorted(event.step for event in shown)
    tags = found.Tags()
    for name in ("calibration", "confusion", "where_it_looks"):
        assert 2 <= len(found.Images(name)) <= 3  # at the beginning, at the end, and once between
    assert {"episode_right", "episode_wrong"} & set(tags["images"])
    assert any(name.startswith("train/") for name in tags["scalars"]) or kind is LookAroundPolicy
    if kind not in (LookAhead, LookAroundPolicy):
        assert {"rollout/ep_rew_mean", "rollout/ep_len_mean"} <= set(tags["scalars"])
        assert ("warm_up/expected_reward" in tags["scalars"]) == (kind is not DQNPolicy)


def test_the_figures_are_those_of_the_report_for_the_same_episodes(tmp_path: Path) -> None:
    plain = lessons()
    episodes = Episodes(plain, FUSION)
    with open_board(tmp_path, episodes) as board:
        board.show(Sweep(PROTOCOL))
    assert sum(len(starts) for starts in episodes.starts) == 256
    scene, viewpoint, episode = (
        np.concatenate([getattr(starts, name) for starts in episodes.starts])
        for name in ("scene", "viewpoint", "episode")
    )
    env = gym.make_vec(
        "activevision/ActiveObject-v0", num_envs=256, vectorization_mode="vector_entry_point", catalogue=Solids(),
        split="val", protocol=PROTOCOL, autoreset_mode="Disabled",
    )  # fmt: skip
    starts = Starts(scene, episode, 0, viewpoint)
    log = play(env, plain.val, FUSION, lambda _: Sweep(PROTOCOL), starts, {})
    found = events(tmp_path)
    for name, figure in (("accuracy", metrics.accuracy), ("ece", metrics.expected_calibration_error),
                         ("entropy", metrics.entropy), ("turn_deg", metrics.rotation_deg)):  # fmt: skip
        told = [found.Scalars(f"{name}/view_{view}")[0].value for view in (1, 2, 3)]
        np.testing.assert_allclose(told, figure(log), rtol=1e-4, atol=1e-6)
    assert found.Scalars("views_taken")[0].value == 3
    nll = metrics.negative_log_likelihood(log)
    assert found.Scalars("gain")[0].value == pytest.approx(nll[0] - nll[-1], abs=1e-5)
    frames = episodes.film(log, 3)
    assert frames is not None
    np.testing.assert_array_equal(frames[0], vector("val").reset(
        options={"scene": np.full(8, scene[3]), "viewpoint": np.tile(viewpoint[3], (8, 1))})[0]["rgb"][0])  # fmt: skip
    assert frames.shape == (3, 8, 8, 3)


def test_training_anew_begins_a_new_record(tmp_path: Path) -> None:
    plain = lessons()
    for _ in range(2):
        with open_board(tmp_path, Episodes(plain, FUSION)) as board:
            board.show(Sweep(PROTOCOL))
    assert len(events(tmp_path).Scalars("accuracy/view_1")) == 1


@pytest.mark.parametrize("kind", [Recurrent, Transformer, NaiveBayes])
@pytest.mark.parametrize("free", [False, True])
def test_a_fusion_that_is_watched_learns_what_it_learns_alone(  # type: ignore[no-untyped-def]
    kind, free: bool, tmp_path: Path
) -> None:
    if free and kind is NaiveBayes:
        pytest.skip("needs a view grid")
    plain: GridLessons | FreeLessons = lessons()
    if free:
        walks = [Walks(*draw(64, np.random.default_rng(3))) for draw in (plain.walk, plain.val_walk)]
        plain = FreeLessons(replace(EXPLORE_ROOM, views=3), plain.classes, *walks)
    alone = kind.fit(plain, CONFIG, 0)
    with open_board(tmp_path / "events", FusedWalks(plain)) as board:
        watched = kind.fit(replace(plain, watch=board), CONFIG, 0)
        board.show(watched)
    for name, fusion in (("alone", alone), ("watched", watched)):
        fusion.save(tmp_path / f"{name}{kind.suffix}")
    again = [(tmp_path / f"{name}{kind.suffix}").read_bytes() for name in ("alone", "watched")]
    assert again[0] == again[1]
    found = events(tmp_path / "events")
    tags = found.Tags()
    assert {"nll/view_1", "nll/view_3", "accuracy/view_3", "ece/view_3"} <= set(tags["scalars"])
    assert "turn_deg/view_1" not in tags["scalars"]
    assert {"calibration", "confusion"} == set(tags["images"])
    if kind is not NaiveBayes:
        assert len(found.Scalars("train/loss")) == 20
        assert len(found.Scalars("nll/view_3")) > 10


def test_the_figures_of_a_fusion_are_those_of_the_walks_fused_by_it(tmp_path: Path) -> None:
    plain = lessons()
    evidence, _, label = plain.val_walk(512, np.random.default_rng(0))
    total = evidence.cumsum(axis=1)
    right = (total.argmax(axis=-1) == label[:, None]).mean(axis=0)
    with open_board(tmp_path, FusedWalks(plain)) as board:
        board.show(FUSION)
    told = [events(tmp_path).Scalars(f"accuracy/view_{view}")[0].value for view in (1, 2, 3)]
    np.testing.assert_allclose(told, right, atol=1e-6)
