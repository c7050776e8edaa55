"""Claims of the stream: every window once over ranks and workers, in an order that a seed decides."""

from __future__ import annotations

import itertools
import json
import pickle
import shutil
from pathlib import Path

import fsspec
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from wanderings import numbers, wander, write

from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.shards import read_rollouts
from activevision.rollouts.stream import ClipStream
from activevision.rollouts.windows import Gap, Moved, Seconds, Windows

LENGTHS = (9, 5, 30, 4, 12, 7, 3, 16, 6, 70, 8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("walks")
    write(out, [wander(i, views) for i, views in enumerate(LENGTHS)], per_shard=2)
    return out


def expected(length: int) -> set[tuple[int, int]]:
    return {(e, t) for e, views in enumerate(LENGTHS) for t in range(views - length + 1)}


def seen(batches) -> list[tuple[int, int]]:
    return [tuple(first) for batch in batches for first in numbers(batch.frames)[:, 0].tolist()]


@pytest.mark.parametrize("step", [Gap(), Gap(3), Seconds(0.2), Moved(rotation=0.4)])
def test_windows_are_slices_of_the_rollouts(folder: Path, step) -> None:
    fields = ("depth", "pose", "time", "egomotion", "intrinsics", *(("flow_forward",) if step == Gap() else ()))
    rollouts = list(read_rollouts(folder))
    for batch in ClipStream(folder, Windows(3, step), fields, buffer=40).batches(16):
        for window, ids in enumerate(numbers(batch.frames)):
            rollout, views = rollouts[ids[0, 0]], ids[:, 1]
            assert (ids[:, 0] == ids[0, 0]).all()
            np.testing.assert_array_equal(batch.frames[window].permute(0, 2, 3, 1), rollout.rgb[views])
            np.testing.assert_array_equal(batch.fields["depth"][window], rollout.sensors["depth"][views])
            np.testing.assert_array_equal(batch.fields["time"][window], rollout.time[views])
            np.testing.assert_array_equal(batch.fields["intrinsics"][window], rollout.intrinsics)
            moved = np.linalg.inv(rollout.pose[views[:-1]]) @ rollout.pose[views[1:]]
            np.testing.assert_allclose(batch.fields["egomotion"][window], moved, atol=1e-12)
            composed = np.eye(4)
            for view in range(views[0], views[1]):
                composed = composed @ rollout.egomotion[view]
            np.testing.assert_allclose(batch.fields["egomotion"][window][0], composed, atol=1e-12)
            if step == Gap():
                np.testing.assert_allclose(batch.twists[window], rollout.twist[views[:-1]], atol=1e-6)
                flow = rollout.pairs["flow_forward"][views[:-1]]
                np.testing.assert_array_equal(batch.fields["flow_forward"][window], flow)
    if step == Gap(3):
        with pytest.raises(UserError, match="flow_forward is known between neighbouring frames"):
            next(ClipStream(folder, Windows(3, step), ("flow_forward",)).batches(2))


def test_scenes_have_the_numbers_that_they_have_everywhere(folder: Path) -> None:
    whole = WindowDataset.load(folder, 2).batch(np.arange(5))
    streamed = next(ClipStream(folder, 2, seed=None).batches(5))
    np.testing.assert_array_equal(numbers(whole.frames), numbers(streamed.frames))
    assert torch.equal(whole.scenes, streamed.scenes)


@pytest.mark.parametrize(("world", "workers"), [(1, 0), (1, 2), (2, 0), (3, 2)])
def test_every_window_comes_once_over_ranks_and_workers(folder: Path, world: int, workers: int) -> None:
    given: list[tuple[int, int]] = []
    for rank in range(world):
        given += seen(ClipStream(folder, 3, seed=4, buffer=20, ranks=(rank, world)).batches(7, workers))
    assert len(given) == len(set(given))
    assert set(given) == expected(3)


def test_any_data_loader_gives_every_window_once(folder: Path) -> None:
    for workers in (0, 2):
        given = seen(DataLoader(ClipStream(folder, 3), batch_size=8, num_workers=workers))
        assert len(given) == len(set(given))
        assert set(given) == expected(3)


def test_the_seed_and_the_epoch_decide_the_order(folder: Path) -> None:
    stream = ClipStream(folder, 3, seed=1, buffer=30)
    first, second = seen(stream.batches(8)), seen(stream.batches(8))
    assert first != second
    assert sorted(first) == sorted(second)
    again = ClipStream(folder, 3, seed=1, buffer=30)
    assert seen(again.batches(8)) == first
    again.set_epoch(1)
    assert seen(again.batches(5)) == second, "nor does the size of batches change it"
    assert seen(ClipStream(folder, 3, seed=2, buffer=30).batches(8)) != first
    assert seen(ClipStream(folder, 3, seed=None).batches(8)) == sorted(expected(3))
    # a shuffle that leaves windows beside their neighbours would be none
    near = np.mean([a[0] == b[0] and abs(a[1] - b[1]) == 1 for a, b in itertools.pairwise(first)])
    assert near < 0.3


@pytest.mark.filterwarnings("ignore:This DataLoader will create 3 worker processes")
@pytest.mark.parametrize("workers", [0, 2, 3])
def test_a_stopped_epoch_goes_on_with_what_was_left(folder: Path, workers: int) -> None:
    """Also where buffers end, where a worker has no more and the others go on, and with workers out of step."""
    stream = ClipStream(folder, 3, seed=3, buffer=25)
    whole, states = [], []
    for batch in stream.batches(5, workers):
        whole.append(seen([batch]))
        states.append(json.loads(json.dumps(stream.state_dict())))
    second = seen(stream.batches(5, workers))
    for stop in (1, 6, len(whole) - 4):
        later = ClipStream(folder, 3, seed=3, buffer=25)
        later.load_state_dict(states[stop - 1])
        assert [seen([b]) for b in later.batches(5, workers)] == whole[stop:]
    assert seen(later.batches(5, workers)) == second, "the next epoch is whole"
    broken_off = stream.batches(5, workers)
    begun = seen([next(broken_off), next(broken_off)])
    later.load_state_dict(stream.state_dict())
    broken_off.close()
    rest = seen(later.batches(5, workers))
    assert seen(stream.batches(5, workers)) == begun + rest, "without a state an epoch begins again"


def test_items_go_on_where_they_were(folder: Path) -> None:
    whole = [tuple(numbers(w.frames)[0].tolist()) for w in ClipStream(folder, 4, buffer=10)]
    stream = ClipStream(folder, 4, buffer=10)
    items = iter(stream)
    begun = [tuple(numbers(next(items).frames)[0].tolist()) for _ in range(33)]
    later = pickle.loads(pickle.dumps(stream))
    later.load_state_dict(stream.state_dict())
    assert begun + [tuple(numbers(w.frames)[0].tolist()) for w in later] == whole


def test_a_state_of_something_else_is_refused(folder: Path) -> None:
    stream = ClipStream(folder, 3)
    next(stream.batches(4))
    state = stream.state_dict()
    with pytest.raises(UserError, match="other data, windows, seed or buffer"):
        ClipStream(folder, 4).load_state_dict(state)
    other = ClipStream(folder, 3)
    other.load_state_dict(state)
    with pytest.raises(UserError, match="1 ranks × workers, not of 2"):
        next(other.batches(4, workers=2))


def test_ranks_are_those_of_torch_distributed(folder: Path, tmp_path: Path) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    try:
        stream = ClipStream(folder, 3)
        assert stream._rank_and_world() == (0, 1)
        assert pickle.loads(pickle.dumps(stream))._ranks == (0, 1), "a spawned worker must know its rank"
    finally:
        torch.distributed.destroy_process_group()
    with pytest.raises(UserError, match="6 shards cannot be shared by 7 ranks"):
        ClipStream(folder, 3, ranks=(0, 7))


@pytest.mark.filterwarnings("ignore:left out")
@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_shard_is_named_or_left_out_and_reported(folder: Path, tmp_path: Path, workers: int) -> None:
    copy = tmp_path / "walks"
    shutil.copytree(folder, copy)
    data = bytearray((copy / "shard-000002.tar").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "shard-000002.tar").write_bytes(data)
    (copy / "shard-000005.tar").unlink()
    with pytest.raises(UserError, match=r"^shard .*shard-00000[25]\.tar (is missing|does not have)[^\n]*$"):
        list(ClipStream(copy, 3).batches(8, workers))
    stream = ClipStream(copy, 3, skip_damaged=True)
    with pytest.warns(UserWarning, match=r"left out: shard .*shard-000005\.tar is missing"):
        given = seen(stream.batches(8, workers))
    assert set(given) == {(e, t) for e, t in expected(3) if e not in (4, 5, 10)}
    assert sorted(line.split()[1].rsplit("/", 1)[1] for line in stream.left_out) == [
        "shard-000002.tar",
        "shard-000005.tar",
    ]


def test_from_afar_it_is_the_same(folder: Path) -> None:
    for path in folder.iterdir():
        with fsspec.open(f"memory://walks/{path.name}", "wb") as file:
            file.write(path.read_bytes())
    near, far = (ClipStream(where, 3, seed=2).batches(8) for where in (folder, "memory://walks"))
    for a, b in zip(near, far, strict=True):
        assert torch.equal(a.frames, b.frames)
        assert torch.equal(a.twists, b.twists)


def test_frames_of_several_sizes_are_refused(tmp_path: Path) -> None:
    write(tmp_path, [wander(0, 4), wander(1, 4, size=10)])
    with pytest.raises(UserError, match="frames of 8×8×3 and 10×10×3"):
        list(ClipStream(tmp_path, 2).batches(4))


def test_unlabelled_video_has_no_class(tmp_path: Path) -> None:
    write(tmp_path, [wander(0, 4, label=""), wander(1, 4)])
    labels = {seen([b])[0][0]: int(b.labels) for b in ClipStream(tmp_path, 4).batches(1)}
    assert labels == {0: -1, 1: 0}
    write(tmp_path, [wander(0, 4, label="stranger")])
    with pytest.raises(UserError, match="label 'stranger' that is none of their classes"):
        list(ClipStream(tmp_path, 4).batches(1))
