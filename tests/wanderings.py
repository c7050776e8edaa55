"""Data sets of a camera that wanders at random: every frame carries its own number, so that windows can be told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from activevision.geometry import exp_se3
from activevision.rollouts.manifest import Manifest, Source
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import shard_name, write_shard
from activevision.rollouts.storage import Storage


def wander(number: int, views: int, label: str = "video", size: int = 8, uneven: bool = False) -> Rollout:
    """Episode ``number``: frame t shows (number, t // 256, t % 256) in its first row, and noise below."""
    generator = np.random.default_rng([number, 5])
    twists = generator.normal(0, 0.2, (views - 1, 6))
    pose = [np.eye(4)]
    for motion in exp_se3(twists):
        pose.append(pose[-1] @ motion)
    rgb = generator.integers(0, 256, (views, size, size, 3), np.uint8)
    rgb[:, 0] = np.stack(np.broadcast_arrays(number, np.arange(views) // 256, np.arange(views) % 256), -1)[:, None]
    steps = generator.uniform(0.02, 0.08, views) if uneven else np.full(views, 0.1)
    return Rollout(
        spec={"id": "wander"},
        seed=number,
        scene_id=f"place-{number}",
        scene_key=str(number),
        label=label,
        protocol={},
        intrinsics=np.diag([9.0 + number, 9.0 + number, 1.0]),
        time=np.cumsum(steps) - steps[0],
        rgb=rgb,
        pose=np.stack(pose),
        motion=twists,
        commanded=exp_se3(twists),
        collided=np.zeros(views - 1, bool),
        sensors={"depth": generator.random((views, size, size), np.float32)},
        pairs={"flow_forward": generator.random((views - 1, size, size, 2), np.float32)},
    )


def write(
    out: Path | str,
    rollouts: Sequence[Rollout],
    per_shard: int = 3,
    classes: Sequence[str] = ("video",),
    image: str = "png",
) -> Manifest:
    storage, shards = Storage(out), []
    for number, start in enumerate(range(0, len(rollouts), per_shard)):
        name = shard_name(number)
        shards.append(write_shard(storage, name, start, rollouts[start : start + per_shard], image))
    manifest = Manifest({"classes": list(classes)}, Source("walks", "train", "CC0-1.0", "a test"), len(rollouts))
    manifest = manifest.with_shards(tuple(shards))
    manifest.write(storage)
    return manifest


def numbers(frames: np.ndarray) -> np.ndarray:
    """(…, 2) episode and view of frames (…, 3, H, W)."""
    corner = np.asarray(frames)[..., 0, 0].astype(int)
    return np.stack([corner[..., 0], corner[..., 1] * 256 + corner[..., 2]], -1)
