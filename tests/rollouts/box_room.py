"""Rollouts of a camera in an empty box-shaped room, whose depth is known in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from activevision.camera import Camera, CameraModel
from activevision.geometry import egomotion, from_rotation_translation
from activevision.rollouts.manifest import Manifest, Source
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import write_shard
from activevision.rollouts.storage import Storage
from activevision.simulators.flow import optical_flow

SOURCE = Source("boxes", "train", "CC0-1.0", "made by a formula")
CAMERA = Camera(32, 24, 80.0)
_HALF = np.array([2.0, 1.5, 2.5])  # metres from the room's middle to its walls
_COLOURS = np.array([[200, 80, 80], [230, 160, 160], [90, 90, 200], [170, 200, 240], [90, 190, 90], [190, 240, 160]])


def box_rollout(
    views: int = 6,
    seed: int = 0,
    label: str = "room",
    camera: CameraModel = CAMERA,
    depth: bool = True,
    flow: bool = True,
    rate: float = 10.0,
) -> Rollout:
    """A camera that drifts and turns at random; every third motion was commanded to go farther, and collided."""
    generator = np.random.default_rng(seed)
    steps = np.cumsum(generator.normal(0, [0.05, 0.02, 0.05], (views, 3)), axis=0)
    turns = np.cumsum(generator.normal(0, [0.1, 0.04, 0.02], (views, 3)), axis=0)
    pose = from_rotation_translation(Rotation.from_euler("YXZ", turns).as_matrix(), steps)
    distance, wall = zip(*(_seen(p, camera) for p in pose), strict=True)
    metres, walls = np.stack(distance), np.stack(wall)
    shade = np.clip(1.2 - metres / 8, 0.2, 1.0)[..., None]
    commanded, collided = egomotion(pose[:-1], pose[1:]), np.arange(views - 1) % 3 == 2
    commanded[collided, :3, 3] *= 1.5
    sensors = {"depth": metres, "instance": walls + 1} if depth else {}
    pairs = {}
    if depth and flow and views > 1:
        for name, one, other in (("forward", slice(None, -1), slice(1, None)), ("backward", slice(1, None), slice(-1))):
            found = optical_flow(metres[one], metres[other], pose[one], pose[other], camera)
            pairs[f"flow_{name}"] = found.flow
            pairs[f"flow_{name}_valid"], pairs[f"flow_{name}_covisible"] = found.valid, found.covisible
    return Rollout(
        spec={"id": "Box-v0"},
        seed=seed,
        scene_id=f"box-{seed % 3}",
        scene_key=f"key-{seed % 3}",
        label=label,
        protocol={"name": "box"},
        camera=camera.model,
        intrinsics=camera.intrinsics(),
        time=np.arange(views) / rate,
        rgb=np.round(_COLOURS[walls] * shade).astype(np.uint8),
        pose=pose,
        motion=np.zeros((views - 1, 6)),
        commanded=commanded,
        collided=collided,
        sensors=sensors,
        pairs=pairs,
    )


def write_data_set(
    folder: Path, rollouts: Sequence[Rollout], per_shard: int = 2, classes: Sequence[str] = ("room", "hall")
) -> Manifest:
    storage = Storage(folder)
    shards = [
        write_shard(storage, f"shard-{start // per_shard:06d}.tar", start, rollouts[start : start + per_shard])
        for start in range(0, len(rollouts), per_shard)
    ]
    settings = {"classes": list(classes), "seed": 0, "rate": 10.0, "spec": {"id": "Box-v0"}, "image": "png"}
    manifest = Manifest(settings, SOURCE, len(rollouts), tuple(shards))
    manifest.write(folder)
    return manifest


def _seen(pose: np.ndarray, camera: CameraModel) -> tuple[np.ndarray, np.ndarray]:
    """Depth (H, W) and number of the wall (H, W) that every pixel sees."""
    rays = camera.rays() @ pose[:3, :3].T
    with np.errstate(divide="ignore"):
        to_walls = (np.sign(rays) * _HALF - pose[:3, 3]) / rays
    axis = np.argmin(to_walls, axis=-1)
    depth = np.take_along_axis(to_walls, axis[..., None], -1)[..., 0]
    side = np.take_along_axis(rays, axis[..., None], -1)[..., 0] > 0
    return depth.astype(np.float32), (2 * axis + side).astype(np.int32)
