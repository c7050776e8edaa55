"""Claims of the format: lossless, deterministic, and readable without this package."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from activevision.errors import UserError
from activevision.geometry import orbit_pose
from activevision.rollouts.manifest import Manifest, Shard, Source
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import read_episode, read_index, read_shard, whole_manifest, write_shard
from activevision.rollouts.storage import Storage


@pytest.fixture
def rollout() -> Rollout:
    generator = np.random.default_rng(0)
    pose = orbit_pose(generator.uniform(-1, 1, 3), generator.uniform(0, 6, 3), 2.0)
    return Rollout(
        spec={"id": "Test-v0", "kwargs": {}},
        seed=2**62 + 1,
        scene_id="chaise à bascule/1",
        scene_key="0123",
        label="chair",
        protocol={"name": "test", "elevations_deg": [-30.0, 1 / 3]},
        intrinsics=np.array([[70.1, 0, 8], [0, 70.1, 6], [0, 0, 1]]),
        rgb=generator.integers(0, 256, (3, 12, 16, 3), dtype=np.uint8),
        pose=pose,
        motion=np.array([3, 7]),
        commanded=orbit_pose(generator.uniform(-1, 1, 2), 0.1, 1.0),
        collided=np.array([False, True]),
        time=np.array([0.0, 0.1, 0.25]),
        sensors={
            "depth": generator.random((3, 12, 16), dtype=np.float32),
            "instance": generator.integers(0, 300, (3, 12, 16), dtype=np.int32),
            "heading": np.zeros((3, 1), np.float32),
        },
        pairs={"flow_forward": generator.normal(size=(2, 12, 16, 2)).astype(np.float32)},
    )


def test_a_round_trip_loses_nothing(tmp_path: Path, rollout: Rollout) -> None:
    shard = write_shard(Storage(tmp_path), "a.tar", 0, [rollout, rollout])
    first, second = read_shard(Storage(tmp_path), shard)
    for copy in (first, second):
        for name in ("spec", "seed", "scene_id", "scene_key", "label", "protocol", "camera"):
            assert getattr(copy, name) == getattr(rollout, name)
        for name in ("intrinsics", "time", "rgb", "pose", "motion", "commanded", "collided", "egomotion", "twist"):
            np.testing.assert_array_equal(getattr(copy, name), getattr(rollout, name), strict=True)
        assert (copy.sensors.keys(), copy.pairs.keys()) == (rollout.sensors.keys(), rollout.pairs.keys())
        for name, values in {**rollout.sensors, **rollout.pairs}.items():
            np.testing.assert_array_equal({**copy.sensors, **copy.pairs}[name], values, strict=True)


def test_equal_rollouts_are_equal_bytes(tmp_path: Path, rollout: Rollout) -> None:
    a, b = (write_shard(Storage(tmp_path), name, 7, [rollout]) for name in ("a.tar", "b.tar"))
    assert a.sha256 == b.sha256 == hashlib.sha256((tmp_path / "a.tar").read_bytes()).hexdigest()
    assert (a.episodes, a.frames) == (1, 3)


def test_one_episode_is_had_without_the_others(tmp_path: Path, rollout: Rollout) -> None:
    storage = Storage(tmp_path)
    shard = write_shard(storage, "a.tar", 0, [rollout, replace(rollout, label="table"), rollout])
    with_index = read_index(storage, shard)
    assert [episode.label for episode in with_index] == ["chair", "table", "chair"]
    assert read_episode(storage, shard, with_index[1]).label == "table"
    (tmp_path / "a.index.json").unlink()
    assert read_index(storage, shard) == with_index, "a lost index must be made again from its shard"


def test_a_shard_is_the_same_behind_a_url(tmp_path: Path, rollout: Rollout) -> None:
    here, there = Storage(tmp_path), Storage("memory://rollouts/a")
    assert write_shard(here, "a.tar", 0, [rollout]) == write_shard(there, "a.tar", 0, [rollout])
    assert there.names("*") == here.names("*") == ["a.index.json", "a.tar"]
    assert there.read("a.tar") == here.read("a.tar")
    with pytest.raises(UserError, match="no file system for nowhere://"):
        Storage("nowhere://bucket/rollouts")


def test_jpeg_is_smaller_and_close(tmp_path: Path, rollout: Rollout) -> None:
    smooth = np.tile(np.linspace(0, 255, 16, dtype=np.uint8)[None, None, :, None], (3, 12, 1, 3))
    shard = write_shard(Storage(tmp_path), "a.tar", 0, [replace(rollout, rgb=smooth)], image="jpg")
    (copy,) = read_shard(Storage(tmp_path), shard)
    assert 0 < np.abs(copy.rgb.astype(int) - smooth).max() < 12


def test_the_standard_library_and_opencv_can_read_it(tmp_path: Path, rollout: Rollout) -> None:
    write_shard(Storage(tmp_path), "a.tar", 12, [rollout])
    with tarfile.open(tmp_path / "a.tar") as tar:
        names = tar.getnames()
        assert {name.split(".")[0] for name in names} == {"00000012"}, "one WebDataset sample, one key"
        assert json.load(tar.extractfile("00000012.json"))["label"] == "chair"
        data = tar.extractfile("00000012.rgb.000001.png").read()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(image[..., ::-1], rollout.rgb[1])


def test_a_rollout_whose_arrays_do_not_fit_is_refused(rollout: Rollout) -> None:
    with pytest.raises(ValueError, match="commanded must be"):
        replace(rollout, commanded=rollout.commanded[:1])
    with pytest.raises(ValueError, match="'depth'"):
        replace(rollout, sensors={"depth": np.zeros((2, 12, 16))})
    with pytest.raises(ValueError, match="'flow_forward'"):
        replace(rollout, pairs={"flow_forward": np.zeros((3, 12, 16, 2))})
    with pytest.raises(ValueError, match="uint8"):
        replace(rollout, rgb=rollout.rgb / 255.0)
    with pytest.raises(ValueError, match="time must rise"):
        replace(rollout, time=np.array([0.0, 0.2, 0.2]))


def test_folders_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no manifest\.json"):
        whole_manifest(tmp_path)
    Manifest({"classes": []}, Source("c", "train", "CC0", "x"), 5).write(tmp_path)
    with pytest.raises(UserError, match="0 of 5 episodes"):
        whole_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"schema": 99}')
    with pytest.raises(UserError, match="schema 99"):
        whole_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"schema": 2}')
    with pytest.raises(UserError, match="damaged"):
        whole_manifest(tmp_path)


@pytest.mark.parametrize("left", [0, 700, None])
def test_a_lost_index_of_a_damaged_shard_is_a_mistake_in_words(
    tmp_path: Path, rollout: Rollout, left: int | None
) -> None:
    storage = Storage(tmp_path)
    shard = write_shard(storage, "a.tar", 0, [rollout])
    (tmp_path / "a.index.json").unlink()
    if left is None:
        (tmp_path / "a.tar").unlink()
    else:
        os.truncate(tmp_path / "a.tar", left)
    with pytest.raises(UserError, match=r"a\.tar"):
        read_index(storage, shard)


@pytest.mark.parametrize("change", [{"key": "abc"}, {"offset": 512}, {"offset": "0"}, {"views": 3}])
def test_an_index_that_is_not_of_its_shard_is_not_believed(
    tmp_path: Path, rollout: Rollout, change: dict[str, Any]
) -> None:
    storage = Storage(tmp_path)
    shard = write_shard(storage, "a.tar", 0, [rollout, rollout])
    path = tmp_path / "a.index.json"
    sound, content = read_index(storage, shard), json.loads(path.read_text())
    content["episodes"][0] |= change
    path.write_text(json.dumps(content))
    assert read_index(storage, shard) == sound


@pytest.mark.parametrize(
    "change", [{"episodes": "2"}, {"settings": []}, {"settings": {}}, {"shards": 5}, {"shards": [{"name": "a"}]}]
)
def test_a_manifest_that_makes_no_sense_is_damaged(tmp_path: Path, change: dict[str, Any]) -> None:
    Manifest({"classes": []}, Source("a", "train", "MIT", ""), 2, (Shard("a.tar", 2, 4, ""),)).write(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match="damaged"):
        Manifest.read(tmp_path)
