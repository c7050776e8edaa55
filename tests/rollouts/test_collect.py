"""Claims of collection: what is stored is true, and nothing about how it was collected shows in the bytes."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from collecting import SOURCE, collect
from turning_camera import PROTOCOL, TurningCamera, panorama

from activevision.camera import Camera
from activevision.errors import UserError
from activevision.geometry import egomotion
from activevision.rollouts.shards import read_rollouts, read_shard, whole_manifest
from activevision.rollouts.storage import Storage


def contents(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_frames_are_what_the_stored_pose_sees(tmp_path: Path) -> None:
    collect(TurningCamera(4), None, 6, tmp_path, seed=1, source=SOURCE)
    rays = Camera(16, 16, 60.0).unproject(np.ones((16, 16)))
    rays = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    rollouts = list(read_rollouts(tmp_path))
    assert len(rollouts) == 6
    for rollout in rollouts:
        scene = int(rollout.scene_id.split("-")[1])
        assert rollout.label == ("fine", "coarse")[scene % 2]
        for frame, pose in zip(rollout.rgb, rollout.pose, strict=True):
            expected = panorama(scene, rays @ pose[:3, :3].T).astype(int)
            assert np.abs(frame.astype(int) - expected).max() <= 1  # a rounding of the last bit before quantisation
        np.testing.assert_allclose(rollout.egomotion, egomotion(rollout.pose[:-1], rollout.pose[1:]), atol=1e-12)
        np.testing.assert_array_equal(
            PROTOCOL.move(rollout.sensors["viewpoint"][:-1], rollout.motion), rollout.sensors["viewpoint"][1:]
        )
        assert set(rollout.sensors) == {"proprioception", "viewpoint"}


@pytest.mark.parametrize("continuous", [False, True])
def test_bytes_do_not_depend_on_the_number_of_environments(tmp_path: Path, continuous: bool) -> None:
    for environments in (1, 3, 16):
        env = TurningCamera(environments, continuous=continuous)
        collect(env, None, 10, tmp_path / str(environments), seed=5, source=SOURCE, episodes_per_shard=4)
    assert contents(tmp_path / "1") == contents(tmp_path / "3") == contents(tmp_path / "16")
    assert sorted(contents(tmp_path / "1")) == [
        "manifest.json", "shard-000000.index.json", "shard-000000.tar", "shard-000001.index.json", "shard-000001.tar",
        "shard-000002.index.json", "shard-000002.tar",
    ]  # fmt: skip


def test_another_seed_gives_other_episodes_and_no_episode_repeats(tmp_path: Path) -> None:
    for seed in (0, 1):
        collect(TurningCamera(8), None, 40, tmp_path / str(seed), seed=seed, source=SOURCE)
    seeds = [r.seed for s in (0, 1) for r in read_rollouts(tmp_path / str(s))]
    assert len(set(seeds)) == 80
    motions = np.concatenate([r.motion for r in read_rollouts(tmp_path / "0")])
    assert set(motions) == set(range(9)), "random motions must cover the action space"


def test_a_data_set_grows_to_the_bytes_of_a_larger_one(tmp_path: Path) -> None:
    collect(TurningCamera(4), None, 6, tmp_path / "grown", seed=2, source=SOURCE, episodes_per_shard=4)
    collect(TurningCamera(4), None, 11, tmp_path / "grown", seed=2, source=SOURCE, episodes_per_shard=4)
    collect(TurningCamera(4), None, 11, tmp_path / "whole", seed=2, source=SOURCE, episodes_per_shard=4)
    assert contents(tmp_path / "grown") == contents(tmp_path / "whole")


def test_a_killed_run_goes_on_to_the_bytes_of_an_uninterrupted_one(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from collecting import TurningCamera, collect
collect(TurningCamera(2), None, 4000, Path(sys.argv[1]), 3, episodes_per_shard=8)
"""
    killed = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", script, str(killed)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(killed.glob("shard-*.tar"))) < 3:
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with pytest.raises(UserError, match="of 4000 episodes"):
        whole_manifest(killed)
    # Pretend that the kill came while a shard was being written, and ask for fewer episodes to keep the test short.
    (killed / ".shard-000099.tar.leftover").write_bytes(b"half a shard")
    manifest = (killed / "manifest.json").read_text()
    (killed / "manifest.json").write_text(manifest.replace('"episodes": 4000', '"episodes": 200'))
    done = len(list(killed.glob("shard-*.tar")))
    assert done < 25
    collect(TurningCamera(5), None, 200, killed, 3, episodes_per_shard=8)
    collect(TurningCamera(5), None, 200, tmp_path / "whole", 3, episodes_per_shard=8)
    assert contents(killed) == contents(tmp_path / "whole")


def test_a_folder_from_other_settings_is_refused_by_name(tmp_path: Path) -> None:
    collect(TurningCamera(2), None, 4, tmp_path, seed=0, source=SOURCE)
    before = contents(tmp_path)
    with pytest.raises(UserError, match=r"other settings \(seed\)"):
        collect(TurningCamera(2), None, 4, tmp_path, seed=1, source=SOURCE)
    with pytest.raises(UserError, match=r"other settings \(licence\)"):
        collect(TurningCamera(2), None, 4, tmp_path, seed=0, source=replace(SOURCE, licence="none"))
    with pytest.raises(UserError, match=r"other settings \(protocol\)"):
        collect(TurningCamera(2, replace(PROTOCOL, views=3)), None, 4, tmp_path, seed=0, source=SOURCE)
    with pytest.raises(UserError, match="more than the 2"):
        collect(TurningCamera(2), None, 2, tmp_path, seed=0, source=SOURCE)
    assert contents(tmp_path) == before


def test_a_call_that_failed_before_its_first_shard_binds_nobody(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="contradict"):
        collect(Liar(8), None, 8, tmp_path / "out", seed=0, source=SOURCE)
    collect(TurningCamera(2), None, 4, tmp_path / "out", seed=1, source=SOURCE)
    collect(TurningCamera(2), None, 4, tmp_path / "whole", seed=1, source=SOURCE)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_damaged_shard_is_named_and_made_anew(tmp_path: Path) -> None:
    manifest = collect(TurningCamera(4), None, 8, tmp_path, seed=0, source=SOURCE, episodes_per_shard=4)
    before = contents(tmp_path)
    path = tmp_path / "shard-000001.tar"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1  # one bit, in the middle of an image
    path.write_bytes(bytes(data))
    with pytest.raises(UserError, match=r"shard-000001\.tar does not have the checksum"):
        list(read_shard(Storage(tmp_path), manifest.shards[1]))
    path.write_bytes(bytes(data[: len(data) // 2]))
    with pytest.raises(UserError, match=r"shard-000001\.tar"):
        list(read_rollouts(tmp_path))
    path.unlink()
    with pytest.raises(UserError, match=r"shard-000001\.tar is missing"):
        list(read_rollouts(tmp_path))
    collect(TurningCamera(4), None, 8, tmp_path, seed=0, source=SOURCE, episodes_per_shard=4)
    assert contents(tmp_path) == before


class AlwaysRight:
    def act(self, observation: dict, belief: np.ndarray | None) -> np.ndarray:
        assert belief is None
        return np.full(len(observation["rgb"]), 5)


def test_a_policy_chooses_the_motions(tmp_path: Path) -> None:
    collect(TurningCamera(3), AlwaysRight(), 4, tmp_path, seed=0, source=SOURCE)
    for rollout in read_rollouts(tmp_path):
        assert (rollout.motion == 5).all()
        # +30° about the camera's own vertical is what the commanded column step realises, up to the tilt.
        np.testing.assert_allclose(np.linalg.norm(rollout.twist[:, 3:], axis=1), np.radians(30), atol=1e-9)


class Liar(TurningCamera):
    """Reports the inverse motion, the classical mix-up of frames."""

    def _observe(self, before: np.ndarray) -> tuple[dict, dict]:
        observation, info = super()._observe(before)
        return observation, {**info, "egomotion": np.linalg.inv(info["egomotion"])}


def test_an_environment_whose_motion_contradicts_its_poses_is_caught(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="contradict"):
        collect(Liar(8), None, 8, tmp_path, seed=0, source=SOURCE)
