"""Tar shards of rollouts, one WebDataset sample an episode.

A shard is an uncompressed tar. All members of one episode share the key before the first dot, the episode's number
with eight digits, and stand together in this order:

``KEY.json``             UTF-8 JSON: ``env_id``, ``seed``, ``scene_id``, ``label``, ``protocol``, ``intrinsics`` (3, 3),
                         ``views`` (T), ``sensors`` (the names of the last kind of member)
``KEY.pose.npy``         (T, 4, 4) float64 world_from_camera
``KEY.motion.npy``       (T − 1, …) the commanded motions
``KEY.egomotion.npy``    (T − 1, 4, 4) float64 camera_t_from_camera_t1, realised
``KEY.rgb.TTT.png``      view TTT (three digits) as 8-bit RGB PNG, lossless
``KEY.sensor.NAME.npy``  (T, …) any further sensor

Frames and units are in words in ``manifest.json``. Members carry no times or owners, so equal episodes are equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import atomic_write
from activevision.rollouts.manifest import Manifest, Shard
from activevision.rollouts.rollout import Rollout


def write_shard(path: Path, first_episode: int, rollouts: Iterable[Rollout]) -> Shard:
    """Write rollouts that are numbered from ``first_episode`` on; the file appears whole or not at all."""
    episodes = 0
    with atomic_write(path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for rollout in rollouts:
            for name, data in _members(rollout):
                member = tarfile.TarInfo(f"{first_episode + episodes:08d}.{name}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
            episodes += 1
    return Shard(path.name, episodes, checksum(path))


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


def is_intact(folder: Path, shard: Shard) -> bool:
    """Whether the shard's file exists with the bytes that the manifest vouches for."""
    path = folder / shard.name
    return path.is_file() and checksum(path) == shard.sha256


def read_shard(folder: Path, shard: Shard) -> Iterator[Rollout]:
    """Rollouts of one shard, in order. UserError names a shard that is missing or damaged, before the first rollout."""
    if not is_intact(folder, shard):
        what = "does not have the checksum in its manifest" if (folder / shard.name).exists() else "is missing"
        raise UserError(
            f"shard {folder / shard.name} {what}: run the same `activevision collect` again, it makes that shard anew."
        )
    with tarfile.open(folder / shard.name, mode="r:") as tar:
        members: dict[str, bytes] = {}
        key = ""
        for member in tar:
            member_key, _, name = member.name.partition(".")
            if members and member_key != key:
                yield _rollout(members)
                members = {}
            key = member_key
            members[name] = tar.extractfile(member).read()  # type: ignore[union-attr]  # shards hold files only
        if members:
            yield _rollout(members)


def read_rollouts(folder: Path) -> Iterator[Rollout]:
    """All rollouts of a whole data set, in order.

    UserError when the folder holds no rollouts, when collection was interrupted, or for a damaged shard, by name.
    """
    manifest = whole_manifest(folder)
    for shard in manifest.shards:
        yield from read_shard(folder, shard)


def whole_manifest(folder: Path) -> Manifest:
    """The manifest of a data set whose collection ran to its end, else a UserError."""
    manifest = Manifest.read(folder)
    if manifest.finished != manifest.episodes:
        raise UserError(
            f"{folder} holds {manifest.finished} of {manifest.episodes} episodes: "
            "run the same `activevision collect` again to finish it."
        )
    return manifest


def _members(rollout: Rollout) -> Iterator[tuple[str, bytes]]:
    about = {
        "env_id": rollout.env_id,
        "seed": rollout.seed,
        "scene_id": rollout.scene_id,
        "label": rollout.label,
        "protocol": dict(rollout.protocol),
        "intrinsics": rollout.intrinsics.tolist(),
        "views": len(rollout.rgb),
        "sensors": sorted(rollout.sensors),
    }
    yield "json", json.dumps(about, ensure_ascii=False, sort_keys=True).encode()
    yield "pose.npy", _npy(rollout.pose)
    yield "motion.npy", _npy(rollout.motion)
    yield "egomotion.npy", _npy(rollout.egomotion)
    for t, frame in enumerate(rollout.rgb):
        yield f"rgb.{t:03d}.png", _png(frame)
    for name in sorted(rollout.sensors):
        yield f"sensor.{name}.npy", _npy(rollout.sensors[name])


def _rollout(members: dict[str, bytes]) -> Rollout:
    about: dict[str, Any] = json.loads(members["json"])
    return Rollout(
        env_id=about["env_id"],
        seed=about["seed"],
        scene_id=about["scene_id"],
        label=about["label"],
        protocol=about["protocol"],
        intrinsics=np.array(about["intrinsics"]),
        rgb=np.stack([_frame(members[f"rgb.{t:03d}.png"]) for t in range(about["views"])]),
        pose=_array(members["pose.npy"]),
        motion=_array(members["motion.npy"]),
        egomotion=_array(members["egomotion.npy"]),
        sensors={name: _array(members[f"sensor.{name}.npy"]) for name in about["sensors"]},
    )


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _array(data: bytes) -> NDArray[Any]:
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def _png(frame: NDArray[np.uint8]) -> bytes:
    # The lowest level is several times quicker than the default and a few per cent larger on rendered frames.
    _, data = cv2.imencode(".png", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return data.tobytes()


def _frame(data: bytes) -> NDArray[np.uint8]:
    frame = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(frame, np.uint8)
