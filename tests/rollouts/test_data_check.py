"""Claims of the check: a sound data set passes, and every kind of damage is named with its shard and a remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from box_room import box_rollout, write_data_set

from activevision.camera import EquirectangularCamera
from activevision.commands.data import CheckData
from activevision.errors import UserError
from activevision.rollouts.checking.data_set import check_data_set
from activevision.rollouts.rollout import Rollout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_data_set(tmp_path, [box_rollout(views=4 + seed, seed=seed) for seed in range(5)])
    return tmp_path


def only_problem(folder: Path, deep: bool = False) -> str:
    (problem,) = check_data_set(folder, deep).problems
    return problem


@pytest.mark.parametrize("deep", [False, True])
def test_a_sound_data_set_passes_with_its_facts(folder: Path, deep: bool) -> None:
    health = check_data_set(folder, deep)
    assert health.problems == ()
    assert (health.manifest.finished, health.manifest.frames, health.scenes) == (5, 4 + 5 + 6 + 7 + 8, 3)
    assert health.seconds == pytest.approx((30 - 5) / 10)
    assert health.bytes == sum(path.stat().st_size for path in folder.glob("*.tar"))
    assert "depth 24 × 32" in health.sensors


def test_a_panorama_with_flow_passes(tmp_path: Path) -> None:
    write_data_set(tmp_path, [box_rollout(camera=EquirectangularCamera(48, 24))])
    assert check_data_set(tmp_path, deep=True).problems == ()


def test_a_missing_shard_is_named(folder: Path) -> None:
    (folder / "shard-000001.tar").unlink()
    assert "shard-000001.tar: is missing: run the command that made it again" in only_problem(folder)


def test_a_flipped_byte_is_named_and_deep_names_its_episode(folder: Path) -> None:
    path = folder / "shard-000001.tar"
    second = json.loads((folder / "shard-000001.index.json").read_text())["episodes"][1]
    data = bytearray(path.read_bytes())
    for place in range(second["offset"] + 600, second["offset"] + second["size"] - 2000, 40):
        data[place] ^= 0xFF
    path.write_bytes(data)
    shallow, deep = only_problem(folder), only_problem(folder, deep=True)
    assert "shard-000001.tar: does not have the checksum in its manifest" in shallow
    assert "episode 3: does not decode" in deep
    assert "episode 2" not in deep, "the other episode of the shard is sound"


def test_a_cut_shard_is_named(folder: Path) -> None:
    path = folder / "shard-000000.tar"
    path.write_bytes(path.read_bytes()[:30_000])
    assert "checksum" in only_problem(folder)
    assert "does not decode" in only_problem(folder, deep=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda index: index["episodes"][1].update(offset=512), "does not point to where episodes begin"),
        (lambda index: index["episodes"].pop(), "speaks of 1 episodes"),
        (lambda index: index["episodes"][0].pop("key"), "does not parse"),
    ],
)
def test_a_wrong_index_is_named(folder: Path, change: Callable, words: str) -> None:
    path = folder / "shard-000000.index.json"
    index = json.loads(path.read_text())
    change(index)
    path.write_text(json.dumps(index))
    problem = only_problem(folder)
    assert f"shard-000000.index.json {words}" in problem
    assert "delete shard-000000.index.json" in problem


def test_an_index_that_speaks_of_another_scene_is_found(folder: Path) -> None:
    path = folder / "shard-000000.index.json"
    path.write_text(path.read_text().replace("box-1", "box-2"))
    assert "episode 1: its index gives it other views, another label or another scene" in only_problem(folder, True)


def test_a_lost_index_is_no_damage(folder: Path) -> None:
    (folder / "shard-000000.index.json").unlink()
    assert check_data_set(folder, deep=True).problems == ()


def test_what_is_missing_or_does_not_belong_is_named(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["shards"][2]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    stray, unfinished = check_data_set(folder).problems
    assert "shard-000002.tar is not in the manifest" in stray
    assert "4 of 5 episodes" in unfinished


def _tilted(rollout: Rollout) -> Rollout:
    pose = rollout.pose.copy()
    pose[2, 0, 0] += 0.01
    return replace(rollout, pose=pose)


def _with(name: str, motion: int, offset: float) -> Callable[[Rollout], Rollout]:
    """The rollout with something else written for ``name`` than what follows from its poses."""

    def spoil(rollout: Rollout) -> Rollout:
        copy = replace(rollout)
        wrong = getattr(copy, name).copy()
        wrong[motion, ..., -1] += offset
        copy.__dict__[name] = wrong  # where the property keeps what it worked out
        return copy

    return spoil


def _sensor(name: str, value: float) -> Callable[[Rollout], Rollout]:
    def spoil(rollout: Rollout) -> Rollout:
        values = rollout.sensors[name].copy()
        values[1, 3, 3] = value
        return replace(rollout, sensors={**rollout.sensors, name: values})

    return spoil


def _flow(rollout: Rollout, pixels: float = 0.7) -> Rollout:
    flow = rollout.pairs["flow_forward"].copy()
    flow[1, ..., 0] += pixels
    return replace(rollout, pairs={**rollout.pairs, "flow_forward": flow})


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_tilted, "pose is no rotation and translation (at 2"),
        (lambda r: replace(r, intrinsics=r.intrinsics * np.nan), "intrinsics has numbers that are not finite"),
        (lambda r: replace(r, intrinsics=r.intrinsics * 0), "intrinsics cannot be inverted"),
        (_with("egomotion", 1, 1e-3), "egomotion is not the difference of the poses (motion 1: off by 1.0e-03)"),
        (_with("egomotion", 1, 1e-3), "do not lead to the last pose"),
        (_with("twist", 2, 1e-3), "egomotion_twist is not the logarithm of the egomotion (motion 2"),
        (_sensor("depth", -1.0), "depth has entries that are negative or not finite"),
        (_sensor("depth", np.nan), "depth has entries that are negative or not finite"),
        (_flow, "flow_forward is not where depth and egomotion put the points, in pixels (motion 1: off by 7.0e-01)"),
    ],
)
def test_a_false_claim_is_named_though_the_checksum_is_right(
    tmp_path: Path, spoil: Callable[[Rollout], Rollout], words: str
) -> None:
    write_data_set(tmp_path, [box_rollout(seed=0), spoil(box_rollout(seed=1)), box_rollout(seed=2)])
    assert check_data_set(tmp_path).problems == ()
    problem = only_problem(tmp_path, deep=True)
    assert words in problem
    assert "shard-000000.tar: episode 1: " in problem
    assert "mend what recorded them" in problem


def test_flow_under_half_a_pixel_off_and_noisy_depth_are_no_damage(tmp_path: Path) -> None:
    noisy = _flow(box_rollout(), 3.0)
    noisy = replace(noisy, protocol={**noisy.protocol, "sensor_noise": "kinect"})
    write_data_set(tmp_path, [_flow(box_rollout(), 0.3), noisy])
    assert check_data_set(tmp_path, deep=True).problems == ()


def test_the_command_prints_a_line_a_shard_and_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    CheckData(str(folder)).run()
    assert "is whole" in capsys.readouterr().out
    (folder / "shard-000000.tar").unlink()
    (folder / "shard-000002.tar").write_bytes(b"")
    with pytest.raises(UserError, match="2 problems"):
        CheckData(str(folder)).run()
    first, second = capsys.readouterr().out.strip().splitlines()
    assert "shard-000000.tar: is missing" in first
    assert "shard-000002.tar: does not have the checksum" in second
