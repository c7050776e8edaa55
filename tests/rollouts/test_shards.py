"""Claims of the format: lossless, deterministic, and readable without this package."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from activevision.errors import UserError
from activevision.geometry import egomotion, orbit_pose
from activevision.rollouts.manifest import Manifest, Source
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import read_shard, whole_manifest, write_shard


@pytest.fixture
def rollout() -> Rollout:
    generator = np.random.default_rng(0)
    pose = orbit_pose(generator.uniform(-1, 1, 3), generator.uniform(0, 6, 3), 2.0)
    return Rollout(
        env_id="Test-v0",
        seed=2**62 + 1,
        scene_id="chaise à bascule/1",
        label="chair",
        protocol={"name": "test", "elevations_deg": [-30.0, 1 / 3]},
        intrinsics=np.array([[70.1, 0, 8], [0, 70.1, 6], [0, 0, 1]]),
        rgb=generator.integers(0, 256, (3, 12, 16, 3), dtype=np.uint8),
        pose=pose,
        motion=np.array([3, 7]),
        egomotion=egomotion(pose[:-1], pose[1:]),
        sensors={"depth": generator.random((3, 12, 16), dtype=np.float32), "elevation": np.zeros((3, 1), np.float32)},
    )


def test_a_round_trip_loses_nothing(tmp_path: Path, rollout: Rollout) -> None:
    shard = write_shard(tmp_path / "a.tar", 0, [rollout, rollout])
    first, second = read_shard(tmp_path, shard)
    for copy in (first, second):
        for name in ("env_id", "seed", "scene_id", "label", "protocol"):
            assert getattr(copy, name) == getattr(rollout, name)
        for name in ("intrinsics", "rgb", "pose", "motion", "egomotion"):
            np.testing.assert_array_equal(getattr(copy, name), getattr(rollout, name), strict=True)
        assert copy.sensors.keys() == rollout.sensors.keys()
        for name, values in rollout.sensors.items():
            np.testing.assert_array_equal(copy.sensors[name], values, strict=True)


def test_equal_rollouts_are_equal_bytes(tmp_path: Path, rollout: Rollout) -> None:
    a, b = (write_shard(tmp_path / name, 7, [rollout]) for name in ("a.tar", "b.tar"))
    assert a.sha256 == b.sha256


def test_the_standard_library_and_opencv_can_read_it(tmp_path: Path, rollout: Rollout) -> None:
    write_shard(tmp_path / "a.tar", 12, [rollout])
    with tarfile.open(tmp_path / "a.tar") as tar:
        names = tar.getnames()
        assert {name.split(".")[0] for name in names} == {"00000012"}, "one WebDataset sample, one key"
        assert json.load(tar.extractfile("00000012.json"))["label"] == "chair"
        data = tar.extractfile("00000012.rgb.001.png").read()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(image[..., ::-1], rollout.rgb[1])


def test_a_rollout_whose_arrays_do_not_fit_is_refused(rollout: Rollout) -> None:
    with pytest.raises(ValueError, match="egomotion must be"):
        Rollout(**{**vars(rollout), "egomotion": rollout.egomotion[:1]})
    with pytest.raises(ValueError, match="'depth'"):
        Rollout(**{**vars(rollout), "sensors": {"depth": np.zeros((2, 12, 16))}})
    with pytest.raises(ValueError, match="uint8"):
        Rollout(**{**vars(rollout), "rgb": rollout.rgb / 255.0})


def test_folders_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no manifest\.json"):
        whole_manifest(tmp_path)
    Manifest({"classes": []}, Source("c", "train", "CC0", "x"), 5).write(tmp_path)
    with pytest.raises(UserError, match="0 of 5 episodes"):
        whole_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"schema": 99}')
    with pytest.raises(UserError, match="schema 99"):
        whole_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"schema": 1}')
    with pytest.raises(UserError, match="damaged"):
        whole_manifest(tmp_path)
