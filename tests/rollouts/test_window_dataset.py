"""Claims of the windows: each is a run of one episode with its own motions, whichever way it is fetched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from collecting import collect
from turning_camera import TurningCamera

from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.shards import read_rollouts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rollouts")
    collect(TurningCamera(4), None, 7, out, 0, episodes_per_shard=3)
    return out


@pytest.mark.parametrize("length", [2, 3, 4])
def test_windows_are_runs_of_one_episode(folder: Path, length: int) -> None:
    dataset = WindowDataset.load(folder, length)
    rollouts = list(read_rollouts(folder))
    assert len(dataset) == 7 * (4 - length + 1)
    expected = [(r, s) for r in rollouts for s in range(4 - length + 1)]
    for (frames, twists, label, _), (rollout, start) in zip(dataset, expected, strict=True):
        np.testing.assert_array_equal(frames.permute(0, 2, 3, 1), rollout.rgb[start : start + length])
        np.testing.assert_allclose(twists, rollout.twist[start : start + length - 1], atol=1e-6)
        assert dataset.classes[label] == rollout.label


def test_batches_hold_every_window_once_and_agree_with_items(folder: Path) -> None:
    dataset = WindowDataset.load(folder, 2)
    batches = list(dataset.batches(5, np.random.default_rng(3)))
    assert [len(b.labels) for b in batches] == [5, 5, 5, 5, 1]
    order = np.random.default_rng(3).permutation(len(dataset))
    frames = torch.cat([b.frames for b in batches])
    twists = torch.cat([b.twists for b in batches])
    for position, item in enumerate(order):
        assert torch.equal(frames[position], dataset[int(item)][0])
        assert torch.equal(twists[position], dataset[int(item)][1])


def test_a_torch_data_loader_takes_it(folder: Path) -> None:
    frames, twists, labels, _ = next(iter(torch.utils.data.DataLoader(WindowDataset.load(folder, 2), batch_size=4)))
    assert frames.shape == (4, 2, 3, 16, 16)
    assert twists.shape == (4, 1, 6)
    assert labels.shape == (4,)


def test_the_key_is_of_the_content(folder: Path) -> None:
    dataset = WindowDataset.load(folder)
    assert dataset.length == 4, "whole episodes, unless another length is asked for"
    assert dataset.key == WindowDataset.load(folder).key
    assert dataset.key != WindowDataset.load(folder, 3).key
    frames = dataset.frames.copy()
    frames[0, 0, 0, 0, 0] ^= 1
    same, changed = (
        WindowDataset.of_episodes(f, dataset.twists, dataset.labels, dataset.scenes, dataset.classes)
        for f in (dataset.frames, frames)
    )
    assert changed.key != same.key


def test_windows_longer_than_an_episode_are_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="windows of 5 frames from episodes of 4"):
        WindowDataset.load(folder, 5)
