"""Claims of the windows from the cache: slices of the rollouts, whichever way they are fetched and stored."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import fsspec
import numpy as np
import pytest
import torch
from collecting import collect
from torch.utils.data import DataLoader
from turning_camera import TurningCamera
from wanderings import numbers, wander, write

from activevision.encoders.config import PretrainConfig
from activevision.encoders.pretrain import pretrain
from activevision.errors import UserError
from activevision.files import cache_dir
from activevision.rollouts import cache
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.shards import read_rollouts
from activevision.rollouts.windows import Gap, Moved, Seconds, Windows

LENGTHS = (9, 1, 5, 40, 2, 12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Episodes that are all alike."""
    out = tmp_path_factory.mktemp("rollouts")
    collect(TurningCamera(4), None, 7, out, 0, episodes_per_shard=3)
    return out


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Episodes of several lengths."""
    out = tmp_path_factory.mktemp("walks")
    write(out, [wander(i, views, uneven=True) for i, views in enumerate(LENGTHS)], per_shard=2)
    return out


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path / "own cache"))
    return cache_dir("frames")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the shards that were read."""
    names: list[str] = []
    read = cache.stored_episodes
    monkeypatch.setattr(cache, "stored_episodes", lambda s, shard: names.append(shard.name) or read(s, shard))
    return names


@pytest.mark.parametrize("length", [2, 3, 4])
def test_windows_are_runs_of_one_episode(folder: Path, length: int) -> None:
    dataset = WindowDataset.load(folder, length)
    rollouts = list(read_rollouts(folder))
    assert len(dataset) == 7 * (4 - length + 1)
    expected = [(r, s) for r in rollouts for s in range(4 - length + 1)]
    for (frames, twists, label, *_), (rollout, start) in zip(dataset, expected, strict=True):
        np.testing.assert_array_equal(frames.permute(0, 2, 3, 1), rollout.rgb[start : start + length])
        np.testing.assert_allclose(twists, rollout.twist[start : start + length - 1], atol=1e-6)
        assert dataset.classes[label] == rollout.label


@pytest.mark.parametrize("step", [Gap(), Gap(2), Seconds(0.1), Moved(rotation=0.4, translation=0.5)])
def test_windows_of_unequal_episodes_are_slices_with_the_motions_composed(walks: Path, step) -> None:
    fields = (
        "depth",
        "pose",
        "time",
        "egomotion",
        "intrinsics",
        *(("flow_forward", "motion") if step == Gap() else ()),
    )
    dataset = WindowDataset.load(walks, Windows(3, step), fields)
    rollouts = list(read_rollouts(walks))
    (batch,) = dataset.batches(10_000)
    assert len(batch.labels) == len(dataset) > 10
    for window, ids in enumerate(numbers(batch.frames)):
        assert (ids[:, 0] == ids[0, 0]).all(), "no window is of two episodes"
        rollout, views = rollouts[ids[0, 0]], ids[:, 1]
        np.testing.assert_array_equal(batch.frames[window].permute(0, 2, 3, 1), rollout.rgb[views])
        for name, values in {"depth": rollout.sensors["depth"], "pose": rollout.pose, "time": rollout.time}.items():
            np.testing.assert_array_equal(batch.fields[name][window], values[views])
        np.testing.assert_array_equal(batch.fields["intrinsics"][window], rollout.intrinsics)
        for t, (here, there) in enumerate(itertools.pairwise(views)):
            composed = np.linalg.multi_dot([np.eye(4), *rollout.egomotion[here:there], np.eye(4)])
            np.testing.assert_allclose(batch.fields["egomotion"][window, t], composed, atol=1e-12)
            difference = np.linalg.inv(rollout.pose[here]) @ rollout.pose[there]
            np.testing.assert_allclose(batch.fields["egomotion"][window, t], difference, atol=1e-12)
        if step == Gap():
            np.testing.assert_allclose(batch.twists[window], rollout.twist[views[:-1]], atol=1e-6)
            np.testing.assert_array_equal(batch.fields["motion"][window], rollout.motion[views[:-1]])
            flow = rollout.pairs["flow_forward"][views[:-1]]
            np.testing.assert_array_equal(batch.fields["flow_forward"][window], flow)


def test_a_batch_of_poses_is_what_the_twists_say(walks: Path) -> None:
    from activevision.geometry import exp_se3

    (batch,) = WindowDataset.load(walks, Windows(2, Gap(3)), ("pose",)).batches(1000)
    pose = batch.fields["pose"].numpy()
    np.testing.assert_allclose(pose[:, 0] @ exp_se3(batch.twists[:, 0]), pose[:, 1], atol=1e-5)


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


@pytest.mark.parametrize("context", [None, "spawn"])
def test_a_torch_data_loader_takes_it(walks: Path, context: str | None) -> None:
    dataset = WindowDataset.load(walks, 2, ("depth",))
    loader = DataLoader(dataset, batch_size=4, num_workers=1 if context else 0, multiprocessing_context=context)
    batches = list(loader)
    assert batches[0].frames.shape == (4, 2, 3, 8, 8)
    assert batches[0].twists.shape == (4, 1, 6)
    assert batches[0].labels.shape == (4,)
    assert batches[0].fields["depth"].shape == (4, 2, 8, 8)
    assert torch.equal(torch.cat([b.frames for b in batches]), next(dataset.batches(1000)).frames)


def test_it_pickles_as_a_path(walks: Path) -> None:
    dataset = WindowDataset.load(walks, 2, ("depth",))
    pickled = pickle.dumps(dataset)
    assert len(pickled) < 3000
    assert dataset.store.views["rgb"].nbytes > 10_000
    copy = pickle.loads(pickled)
    assert copy.key == dataset.key
    assert torch.equal(copy[3].fields["depth"], dataset[3].fields["depth"])


def test_episodes_are_taken_by_a_mask(walks: Path, folder: Path) -> None:
    dataset = WindowDataset.load(walks, 2)
    mask = np.array([True, True, False, True, False, False])
    part = dataset.take(mask)
    assert set(numbers(next(part.batches(1000)).frames)[:, 0, 0].tolist()) == {0, 3}
    assert part.scenes.tolist() == ["place-0", "place-1", "place-3"]
    assert part.views.tolist() == [9, 1, 40]
    rollouts = list(read_rollouts(walks))
    motions = np.concatenate([rollouts[e].twist for e in (0, 3)])
    np.testing.assert_allclose(part.motions, motions, atol=1e-6)
    np.testing.assert_array_equal(part.images, np.concatenate([rollouts[e].rgb for e in (0, 1, 3)]))
    alike = WindowDataset.load(folder).take(np.arange(7) % 2 == 0)
    stored = list(read_rollouts(folder))[::2]
    np.testing.assert_array_equal(alike.frames, np.stack([r.rgb for r in stored]))
    np.testing.assert_allclose(alike.twists, np.stack([r.twist for r in stored]), atol=1e-6)


def test_whole_episodes_are_windows_unless_a_length_is_asked_for(folder: Path, walks: Path) -> None:
    assert WindowDataset.load(folder).windows == Windows(4, stride=3)
    assert len(WindowDataset.load(folder)) == 7
    assert WindowDataset.load(walks).length == 2, "as long as the shortest episode with a motion"
    with pytest.raises(UserError, match=r"episodes of 1 to 40 views, where all must be of one length"):
        _ = WindowDataset.load(walks).frames


def test_the_key_is_of_the_content(folder: Path, walks: Path) -> None:
    dataset = WindowDataset.load(folder)
    assert dataset.key == WindowDataset.load(folder).key
    keys = {d.key for d in (dataset, WindowDataset.load(folder, 3), WindowDataset.load(walks, 2),
                            WindowDataset.load(walks, Windows(2, Gap(2))), dataset.take(np.arange(7) > 0))}  # fmt: skip
    assert len(keys) == 5
    frames = dataset.frames.copy()
    frames[0, 0, 0, 0, 0] ^= 1
    same, changed = (
        WindowDataset.of_episodes(f, dataset.twists, dataset.labels, dataset.scenes, dataset.classes)
        for f in (dataset.frames, frames)
    )
    assert changed.key != same.key


def test_arrays_in_memory_are_windows_like_any(folder: Path) -> None:
    stored = WindowDataset.load(folder, 3)
    made = WindowDataset.of_episodes(
        stored.frames, stored.twists, stored.labels, stored.scenes, stored.classes, Windows(3)
    )
    for a, b in zip(stored.batches(4), made.batches(4), strict=True):
        assert torch.equal(a.frames, b.frames)
        assert torch.equal(a.twists, b.twists)
    apart = (replace(d, windows=Windows(2, Gap(3))).batches(7) for d in (stored, made))
    for a, b in zip(*apart, strict=True):
        torch.testing.assert_close(a.twists, b.twists, atol=1e-5, rtol=0)


def test_windows_longer_than_an_episode_are_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="windows of 5 frames from episodes of 4"):
        WindowDataset.load(folder, 5)


def test_a_field_that_is_not_there_is_refused(walks: Path) -> None:
    with pytest.raises(UserError, match="unknown field 'dept': did you mean 'depth'"):
        WindowDataset.load(walks, 2, ("dept",))
    with pytest.raises(UserError, match="flow_forward is known between neighbouring frames alone"):
        next(WindowDataset.load(walks, Windows(2, Gap(2)), ("flow_forward",)).batches(2))


def test_a_second_load_reads_no_shard(walks: Path, own_cache: Path, reads: list[str]) -> None:
    WindowDataset.load(walks, 2)
    assert len(reads) == 3
    WindowDataset.load(walks, 3)
    assert len(reads) == 3
    WindowDataset.load(walks, 2, ("depth",))
    assert len(reads) == 6, "another field is read once"
    WindowDataset.load(walks, 2, ("depth", "pose"))
    assert len(reads) == 6
    copy = own_cache.parent / "moved"  # a copy elsewhere is the same data
    shutil.copytree(walks, copy)
    assert WindowDataset.load(copy, 2).key == WindowDataset.load(walks, 2).key
    assert len(reads) == 6


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["rgb", "pose", "twist", "offsets", "scene", "depth"])
@pytest.mark.parametrize("harm", [flip, lambda p: os.truncate(p, p.stat().st_size - 100), os.unlink])
def test_what_is_damaged_in_the_cache_is_made_anew(walks: Path, own_cache: Path, name: str, harm) -> None:
    before = next(WindowDataset.load(walks, 3, ("depth",)).batches(1000))
    (place,) = own_cache.glob("*/")
    harm(place / f"{name}.npy")
    dataset = WindowDataset.load(walks, 3, ("depth",))
    after = next(dataset.batches(1000))
    assert torch.equal(before.frames, after.frames)
    assert torch.equal(before.twists, after.twists)
    assert torch.equal(before.fields["depth"], after.fields["depth"])
    assert dataset.scenes.tolist() == [f"place-{i}" for i in range(6)]


def test_damaged_facts_are_no_facts(
    walks: Path, own_cache: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    WindowDataset.load(walks, 3)
    (place,) = own_cache.glob("*/")
    for content in (b"", b"[]", b'{"files": 3}', b'{"version": 1}'):
        (place / "facts.json").write_bytes(content)
        before = len(reads)
        assert len(WindowDataset.load(walks, 3)) > 0
        assert len(reads) == before + 3
    for path in place.iterdir():
        os.utime(path, (1, 1))
    before = len(reads)
    WindowDataset.load(walks, 3)
    assert len(reads) == before, "what has only another time is still what it was"
    monkeypatch.setattr(cache, "_crc", None)
    WindowDataset.load(walks, 3)  # and is not summed up again


def test_a_cache_whose_making_was_killed_is_made_whole(tmp_path: Path, own_cache: Path) -> None:
    write(tmp_path / "long", [wander(i, 250, size=64) for i in range(4)], per_shard=1)
    script = "import sys; from activevision.rollouts.dataset import WindowDataset; WindowDataset.load(sys.argv[1], 2)"
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "long")], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not any(p.stat().st_size > 500_000 for p in own_cache.glob("*/.rgb.npy.*")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    dataset = WindowDataset.load(tmp_path / "long", 2)
    assert len(dataset) == 4 * 249
    (place,) = own_cache.glob("*/")
    assert not list(place.glob(".*")), "what the kill left is gone"
    np.testing.assert_array_equal(dataset.images[500:750], wander(2, 250, size=64).rgb)


def _load(folder: Path) -> str:
    return WindowDataset.load(folder, 2).key


def test_processes_that_load_at_once_agree(walks: Path, own_cache: Path) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert len(set(pool.map(_load, [walks] * 3))) == 1
    (place,) = own_cache.glob("*/")
    assert json.loads((place / "facts.json").read_text())["files"].keys() >= {"rgb", "pose"}


def test_a_damaged_shard_is_named_or_left_out_and_reported(walks: Path, tmp_path: Path, own_cache: Path) -> None:
    copy = tmp_path / "walks"
    shutil.copytree(walks, copy)
    flip_in = copy / "shard-000001.tar"
    whole = flip_in.read_bytes()
    flip_in.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    with pytest.raises(UserError, match=r"shard-000001\.tar does not have the checksum in its manifest[^\n]*$"):
        WindowDataset.load(copy, 2)
    for _ in range(2):  # made, and found again
        with pytest.warns(UserWarning, match=r"left out: shard .*shard-000001\.tar"):
            part = WindowDataset.load(copy, 2, ("depth",), skip_damaged=True)
        assert part.scenes.tolist() == ["place-0", "place-1", "place-4", "place-5"]
        assert len(part.store.left_out) == 1
        assert part.store.numbers.tolist() == [0, 1, 4, 5]
    flip_in.write_bytes(whole)
    mended = WindowDataset.load(copy, 2, skip_damaged=True)
    assert len(mended.scenes) == 6
    assert mended.key != part.key
    assert mended.store.left_out == ()


def test_frames_of_several_sizes_are_refused(tmp_path: Path) -> None:
    write(tmp_path, [wander(0, 4), wander(1, 4, size=10)])
    with pytest.raises(UserError, match=r"rgb of .*shard-000000\.tar is 10×10×3 uint8 where it was 8×8×3"):
        WindowDataset.load(tmp_path, 2)


def test_jpeg_frames_are_close(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 255, 32, dtype=np.uint8)[None, None, :, None], (5, 32, 1, 3))
    rollout = replace(wander(0, 5, size=32), rgb=ramp)
    write(tmp_path, [rollout], image="jpg")
    dataset = WindowDataset.load(tmp_path, 5)
    assert 0 < np.abs(dataset.images.astype(int) - ramp).max() < 12


def test_from_afar_it_is_the_same(walks: Path, own_cache: Path) -> None:
    for path in walks.iterdir():
        with fsspec.open(f"memory://wanderings/{path.name}", "wb") as file:
            file.write(path.read_bytes())
    far = WindowDataset.load("memory://wanderings", 3)
    assert far.key == WindowDataset.load(walks, 3).key
    np.testing.assert_array_equal(far.images, np.concatenate([r.rgb for r in read_rollouts(walks)]))


def test_unlabelled_episodes_of_any_length_can_be_pretrained_on(tmp_path: Path) -> None:
    write(tmp_path / "video", [wander(i, views, label="", size=16) for i, views in enumerate((40, 7, 21))], classes=())
    dataset = WindowDataset.load(tmp_path / "video")
    assert (dataset.labels == -1).all()
    assert not dataset.labelled
    config = PretrainConfig(embedding=8, patterns=2, epochs=1, batch_size=8)
    pretrain(config, dataset, tmp_path / "encoder")
    with pytest.raises(UserError, match="rollouts that have no labels"):
        pretrain(replace(config, label_weight=0.5), dataset, tmp_path / "labelled")


def test_episodes_without_a_label_do_not_count_in_the_label_loss() -> None:
    from activevision.encoders.labels import LabelLoss

    torch.manual_seed(0)
    loss, features = LabelLoss(5, 3, 1.0), torch.randn(4, 2, 5)
    some, _ = loss(features, torch.tensor([0, -1, 2, -1]))
    known, _ = loss(features[[0, 2]], torch.tensor([0, 2]))
    assert some.item() == pytest.approx(known.item())
    assert loss(features, torch.full((4,), -1))[0].item() == 0
