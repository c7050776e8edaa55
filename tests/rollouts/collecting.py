"""Rollouts of the turning camera, collected in this process."""

from __future__ import annotations

from pathlib import Path

from turning_camera import TurningCamera

from activevision.rollouts.collect import collect as collect_with
from activevision.rollouts.environment import EnvironmentRecorder, Policy
from activevision.rollouts.manifest import Manifest, Source

SOURCE = Source("panoramas", "train", "CC0-1.0", "made by a formula")


def collect(
    env: TurningCamera,
    policy: Policy | None,
    episodes: int,
    out: Path,
    seed: int,
    source: Source = SOURCE,
    episodes_per_shard: int = 64,
) -> Manifest:
    mover = None if policy is None else (type(policy).__name__, lambda seed: policy)
    return collect_with(
        lambda: EnvironmentRecorder(env, {"id": "Turning-v0"}, seed, mover),
        episodes,
        out,
        source,
        episodes_per_shard=episodes_per_shard,
    )
