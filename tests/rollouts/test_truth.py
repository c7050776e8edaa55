"""What a user must be able to rely on in recorded rooms: motions, depth, flow and ids that agree with one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from test_collect import contents

from activevision.camera import Camera
from activevision.commands.collect import collect_rollouts
from activevision.commands.world import World, WorldChoice
from activevision.geometry import exp_se3, invert
from activevision.rollouts.engines import Processes
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import read_rollouts

SENSORS = ("rgb", "depth", "instance", "category", "position", "flow")
CHOICE = WorldChoice(env="activevision/Explore-v0", per_class=1)
EPISODES = 4


@pytest.fixture(scope="module")
def world() -> World:
    return CHOICE.world()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, world: World) -> Path:
    out = tmp_path_factory.mktemp("truth") / "rooms"
    collect_rollouts(world, "train", EPISODES, out, seed=4, policy="wander", sensors=SENSORS)
    return out


@pytest.fixture(scope="module")
def rollouts(folder: Path) -> list[Rollout]:
    return list(read_rollouts(folder))


def camera(rollout: Rollout) -> Camera:
    return Camera(rollout.rgb.shape[2], rollout.rgb.shape[1], rollout.protocol["hfov_deg"])


def test_composed_egomotions_lead_from_the_first_pose_to_the_last(rollouts: list[Rollout]) -> None:
    for rollout in rollouts:
        pose = rollout.pose[0]
        for step in rollout.egomotion:
            pose = pose @ step
        np.testing.assert_allclose(pose, rollout.pose[-1], atol=1e-9)
        np.testing.assert_allclose(exp_se3(rollout.twist), rollout.egomotion, atol=1e-9)


def test_motions_that_meet_nothing_come_out_as_commanded(rollouts: list[Rollout]) -> None:
    collided = np.concatenate([rollout.collided for rollout in rollouts])
    off = np.concatenate([np.abs(rollout.commanded - rollout.egomotion).max((1, 2)) for rollout in rollouts])
    assert collided.any(), "who wanders bumps into things"
    assert off[~collided].max() < 1e-9
    assert off[collided].max() > 0.01


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_flow_is_where_depth_and_poses_put_each_point(rollouts: list[Rollout], direction: str) -> None:
    """Independent of the code under test: lift pixels by the recorded depth, move them, project them with K."""
    for rollout in rollouts:
        k = rollout.intrinsics
        height, width = rollout.rgb.shape[1:3]
        columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        ahead = np.stack([(columns - k[0, 2]) / k[0, 0], (rows - k[1, 2]) / k[1, 1], np.ones_like(rows)], -1)
        cv_from_gl = np.diag([1.0, -1.0, -1.0, 1.0])
        for t in range(rollout.views - 1):
            here, there = (t, t + 1) if direction == "forward" else (t + 1, t)
            motion = cv_from_gl @ invert(rollout.pose[there]) @ rollout.pose[here] @ cv_from_gl
            points = rollout.sensors["depth"][here][..., None] * ahead @ motion[:3, :3].T + motion[:3, 3]
            with np.errstate(divide="ignore", invalid="ignore"):
                image = points @ k.T / points[..., 2:]
            flow = rollout.pairs[f"flow_{direction}"][t]
            valid = rollout.pairs[f"flow_{direction}_valid"][t]
            expected = np.stack([image[..., 0] - columns, image[..., 1] - rows], -1)
            assert np.abs(flow - expected)[valid].max() < 0.01


def test_co_visible_points_are_the_same_place_in_both_views(rollouts: list[Rollout]) -> None:
    """The forward and the backward flow undo each other to half a pixel, and both ends see one point of the room."""
    for rollout in rollouts:
        height, width = rollout.rgb.shape[1:3]
        columns, rows = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
        for t in range(rollout.views - 1):
            seen = rollout.pairs["flow_forward_covisible"][t]
            if not seen.any():
                continue
            flow = rollout.pairs["flow_forward"][t]
            at = np.stack([rows + flow[..., 1], columns + flow[..., 0]])[:, seen]
            there = [
                map_coordinates(rollout.sensors["position"][t + 1][..., axis], at, order=1, mode="nearest")
                for axis in range(3)
            ]
            apart = np.linalg.norm(np.stack(there, -1) - rollout.sensors["position"][t][seen], axis=-1)
            pixel = rollout.sensors["depth"][t][seen] / rollout.intrinsics[0, 0]  # metres that a pixel is wide there
            assert np.mean(apart < 3 * pixel) > 0.98
            assert not (seen & ~rollout.pairs["flow_forward_valid"][t]).any()
            back = rollout.pairs["flow_backward"][t]
            undone = np.stack([map_coordinates(back[..., axis], at, order=1, mode="nearest") for axis in range(2)], -1)
            assert np.median(np.abs(undone + flow[seen])) < 0.5


def test_an_instance_keeps_its_id_and_its_category_through_an_episode(rollouts: list[Rollout]) -> None:
    for rollout in rollouts:
        pairs = np.stack([rollout.sensors["instance"].ravel(), rollout.sensors["category"].ravel()], 1)
        of = dict(map(tuple, np.unique(pairs, axis=0).tolist()))
        assert len(of) == len(np.unique(pairs, axis=0)), "an id with two categories"
        # what a co-visible pixel shows is the same thing a moment later, but for edges
        for t in range(rollout.views - 1):
            seen = rollout.pairs["flow_forward_covisible"][t]
            flow = rollout.pairs["flow_forward"][t]
            rows, columns = np.nonzero(seen)
            row = np.clip(np.round(rows + flow[seen][:, 1]), 0, seen.shape[0] - 1).astype(int)
            column = np.clip(np.round(columns + flow[seen][:, 0]), 0, seen.shape[1] - 1).astype(int)
            same = rollout.sensors["instance"][t][seen] == rollout.sensors["instance"][t + 1][row, column]
            assert same.mean() > 0.9 if seen.sum() > 100 else True


def test_depth_is_the_distance_of_the_recorded_positions_ahead(rollouts: list[Rollout]) -> None:
    for rollout in rollouts:
        world = rollout.sensors["position"]
        ahead = -np.einsum("tij,thwj->thwi", rollout.pose[:, :3, :3].transpose(0, 2, 1),
                           world - rollout.pose[:, None, None, :3, 3])[..., 2]  # fmt: skip
        hit = rollout.sensors["depth"] > 0
        np.testing.assert_allclose(rollout.sensors["depth"][hit], ahead[hit], rtol=1e-4, atol=1e-4)


def test_another_run_with_other_workers_gives_the_same_checksums(folder: Path, world: World, tmp_path: Path) -> None:
    collect_rollouts(world, "train", EPISODES, tmp_path / "again", 4, "wander", SENSORS, engine=Processes(2))
    assert contents(tmp_path / "again") == contents(folder)
