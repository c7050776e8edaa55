"""What commands open they close again, and rollouts of another world are refused before any work."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from activevision.agents.config import AgentConfig
from activevision.commands import train
from activevision.commands.world import World, WorldChoice
from activevision.errors import UserError
from activevision.explore_protocol import EXPLORE_ROOM
from activevision.files import as_json
from activevision.protocol import LOOK_AROUND
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.manifest import Manifest, Source

SMALL = replace(LOOK_AROUND, height=16, width=16)


class Stop(Exception):
    pass


@pytest.fixture
def closed(monkeypatch) -> list[str]:
    """The splits whose environments were closed; everything that is done with an environment fails."""
    splits = []

    class Env:
        def __init__(self, split: str):
            self.split = split

        def __getattr__(self, name):
            raise Stop

        def close(self) -> None:
            splits.append(self.split)

    monkeypatch.setattr(World, "make", lambda self, split, *_: Env(split))
    return splits


@pytest.mark.parametrize("fails", [False, True])
def test_training_closes_both_of_its_environments(fails: bool, solids, closed, monkeypatch, tmp_path) -> None:
    def prepare_agent(*_):
        if fails:
            raise Stop

    monkeypatch.setattr("activevision.agents.train.prepare_agent", prepare_agent)
    monkeypatch.setattr("activevision.commands.parts.train_parts", lambda *_: None)
    monkeypatch.setattr(WorldChoice, "world", lambda self: World("activevision/ActiveObject-v0", solids, SMALL))
    frames = np.zeros((1, 2, 4, 4, 3), np.uint8)
    twists, labels = np.zeros((1, 1, 6), np.float32), np.zeros(1, np.int64)
    data = WindowDataset.of_episodes(frames, twists, labels, np.array(["a"]), tuple(solids.classes))
    with suppress(Stop):
        train.train_in(tmp_path, WorldChoice(), None, data, None, AgentConfig(), {})  # type: ignore[arg-type]
    assert sorted(closed) == ["train", "val"]
    assert (tmp_path / train.AGENT).exists() != fails


def test_rollouts_of_another_protocol_or_environment_are_named(solids, tmp_path: Path) -> None:
    world = World("activevision/ActiveObject-v0", solids, LOOK_AROUND)
    source = Source("solids", "train", "MIT", "the tests")

    def stored(folder: Path, env_id: str, protocol) -> Path:
        settings = {"spec": {"id": env_id}, "protocol": as_json(protocol.to_json()), "classes": list(solids.classes)}
        Manifest(settings, source, 1).write(folder)
        return folder

    train.check_rollouts(stored(tmp_path / "same", world.env, LOOK_AROUND), world)
    with pytest.raises(UserError, match=r"look-around.*differs from 'look-around' in height, width"):
        train.check_rollouts(stored(tmp_path / "small", world.env, SMALL), world)
    with pytest.raises(UserError, match="are of activevision/ActiveScene-v0, not of activevision/ActiveObject-v0"):
        train.check_rollouts(stored(tmp_path / "scene", "activevision/ActiveScene-v0", LOOK_AROUND), world)


def test_what_calibrates_is_of_the_same_scenes(solids, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(WorldChoice, "world", lambda self: World("activevision/Explore-v0", solids, EXPLORE_ROOM))
    frames, twists = np.zeros((1, 2, 4, 4, 3), np.uint8), np.zeros((1, 1, 6), np.float32)
    data = WindowDataset.of_episodes(frames, twists, np.zeros(1, np.int64), np.array(["a"]), tuple(solids.classes))
    for catalogue, split in (("solids, part 2 of 4", "val"), ("solids", "test")):
        store = replace(data.store, source=Source(catalogue, split, "MIT", "the tests"))
        heldout = WindowDataset(store, data.windows, data.episodes)
        with pytest.raises(UserError, match=f"of split '{split}' of '{catalogue}': .* split val of 'solids'"):
            train.train_in(tmp_path, WorldChoice(), None, data, heldout, AgentConfig(), {})  # type: ignore[arg-type]
