"""Tar shards of rollouts, one WebDataset sample an episode.

A shard is an uncompressed tar. All members of one episode share the key before the first dot, the episode's number
with eight digits, and stand together in this order:

``KEY.json``                  UTF-8 JSON: ``spec``, ``seed``, ``scene_id``, ``scene_key``, ``label``, ``protocol``,
                              ``camera``, ``intrinsics`` (3, 3), ``views`` (T), ``image`` ("png" or "jpg"), ``sensors``
                              and ``pairs`` (names of further arrays), ``types`` (of arrays stored in a smaller type)
``KEY.time.npy``              (T,) float64 seconds
``KEY.pose.npy``              (T, 4, 4) float64 world_from_camera
``KEY.motion.npy``            (T − 1, …) the commanded motions
``KEY.commanded.npy``         (T − 1, 4, 4) float64 camera_t_from_camera_t1, commanded
``KEY.commanded_twist.npy``   (T − 1, 6) float64 its twist
``KEY.egomotion.npy``         (T − 1, 4, 4) float64 camera_t_from_camera_t1, realised
``KEY.egomotion_twist.npy``   (T − 1, 6) float64 its twist
``KEY.collided.npy``          (T − 1,) bool
``KEY.NAME.npy``              (T, …) of each sensor, (T − 1, …) of each pair
``KEY.rgb.TTTTTT.png``        view TTTTTT (six digits) as 8-bit RGB; PNG is lossless, JPEG was asked for

Frames and units are in words in ``manifest.json``. Members carry no times or owners, so equal episodes are equal bytes.

Beside ``shard-NNNNNN.tar`` lies ``shard-NNNNNN.index.json``: for every episode of the shard its ``key``, the ``offset``
and ``size`` of its members within the tar, its ``views``, ``label`` and ``scene_id``. Those bytes are a tar of their
own, so an episode is had without reading the rest. An index that is missing is made again from its shard.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import mmap
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.geometry import log_se3
from activevision.rollouts.manifest import Manifest, Shard
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.storage import Storage
from activevision.rollouts.stored import STORED, StoredEpisode

IMAGES = ("png", "jpg")
_JPEG_QUALITY = 95
AGAIN = "run the command that made it again"
ANEW = f"{AGAIN}, which makes that shard anew, or go on without it (pretrain --skip-damaged, skip_damaged=True)"


@dataclass(frozen=True)
class Episode:
    """Where an episode stands in its shard, and what it is about."""

    key: str
    offset: int
    size: int
    views: int
    label: str
    scene_id: str


def shard_name(index: int) -> str:
    return f"shard-{index:06d}.tar"


def index_name(shard: str) -> str:
    """Name of the index that lies beside a shard of this name."""
    return shard.removesuffix(".tar") + ".index.json"


def write_shard(
    storage: Storage, name: str, first_episode: int, rollouts: Iterable[Rollout], image: str = "png"
) -> Shard:
    """Write rollouts that are numbered from ``first_episode`` on; the files appear whole or not at all."""
    episodes: list[Episode] = []
    with storage.write(name) as file:
        hashed = _Hashed(file)
        with tarfile.open(fileobj=hashed, mode="w|", format=tarfile.USTAR_FORMAT) as tar:  # type: ignore[call-overload]
            for rollout in rollouts:
                key = f"{first_episode + len(episodes):08d}"
                start = tar.offset
                for member_name, data in _members(rollout, image):
                    member = tarfile.TarInfo(f"{key}.{member_name}")
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))
                episodes.append(Episode(key, start, tar.offset - start, rollout.views, rollout.label, rollout.scene_id))
    _write_index(storage, name, episodes)
    return Shard(name, len(episodes), sum(episode.views for episode in episodes), hashed.sha256.hexdigest())


class _Hashed:
    """A file to write to that knows the SHA-256 of what was written."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return self._file.write(data)


def checksum(storage: Storage, name: str) -> str:
    """SHA-256 of a file, in hexadecimal."""
    hasher = hashlib.sha256()
    with storage.open(name) as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


def damage(storage: Storage, shard: Shard) -> str | None:
    """What is wrong with a shard and what to do about it, in one line; None where nothing is."""
    if not storage.exists(shard.name):
        what = "is missing"
    elif checksum(storage, shard.name) != shard.sha256:
        what = "does not have the checksum in its manifest"
    else:
        return None
    return _remedied(storage, shard, what)


def _remedied(storage: Storage, shard: Shard, what: str) -> str:
    return f"shard {storage}/{shard.name} {what}: {ANEW}."


@contextlib.contextmanager
def _fetched(storage: Storage, name: str) -> Iterator[IO[bytes]]:
    """A file from afar as one without a name on this machine."""
    with storage.open(name) as source, tempfile.TemporaryFile() as file:
        shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        yield file


def read_index(storage: Storage, shard: Shard) -> list[Episode]:
    """The episodes of a shard, in order; made from the shard where the index is missing or damaged.

    UserError where the shard is not fit for that either.
    """
    try:
        return stored_index(storage, shard)
    except (FileNotFoundError, ValueError):
        pass
    try:
        return list(_scan(storage, shard))
    except FileNotFoundError:
        raise UserError(_remedied(storage, shard, "is missing")) from None
    except (tarfile.TarError, ValueError, KeyError) as error:
        raise UserError(_remedied(storage, shard, f"and its index are damaged ({error})")) from None


def stored_index(storage: Storage, shard: Shard) -> list[Episode]:
    """The episodes as the index has them. FileNotFoundError without one, ValueError where it is not of this shard."""
    content = storage.read(index_name(shard.name))
    try:
        episodes = [Episode(**entry) for entry in json.loads(content)["episodes"]]
        frames = sum(episode.views for episode in episodes)
        starts = [0, *(episode.offset + episode.size for episode in episodes)]
        numbers = [int(episode.key) for episode in episodes]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"does not parse ({error})") from None
    if (len(episodes), frames) != (shard.episodes, shard.frames):
        raise ValueError(
            f"speaks of {len(episodes)} episodes and {frames} frames, its manifest of {shard.episodes} and "
            f"{shard.frames}"
        )
    if [episode.offset for episode in episodes] != starts[:-1] or numbers != sorted(numbers):
        raise ValueError("does not point to where episodes begin")
    return episodes


def read_episode(storage: Storage, shard: Shard, episode: Episode) -> Rollout:
    """One episode, see ``stored_episode``."""
    return stored_episode(storage, shard, episode).rollout()


def stored_episode(storage: Storage, shard: Shard, episode: Episode) -> StoredEpisode:
    """One episode, without reading what stands before it; its shard is not checked against its checksum.

    UserError where there is no such shard, or the bytes are not those of an episode.
    """
    try:
        with storage.open(shard.name) as file:
            file.seek(episode.offset)
            data = file.read(episode.size)
    except FileNotFoundError:
        raise UserError(_remedied(storage, shard, "is missing")) from None
    return StoredEpisode(data, f"{storage}/{shard.name}")


def shard_bytes(storage: Storage, shard: Shard) -> memoryview:
    """All bytes of a shard that are as the manifest vouches for, mapped into memory; from afar by way of a file here.

    UserError names a shard that is missing or damaged.
    """
    try:
        with storage.open(shard.name) if storage.path else _fetched(storage, shard.name) as file:
            size = file.seek(0, io.SEEK_END)
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b"")
    except FileNotFoundError:
        raise UserError(_remedied(storage, shard, "is missing")) from None
    if hashlib.sha256(data).hexdigest() != shard.sha256:
        raise UserError(_remedied(storage, shard, "does not have the checksum in its manifest"))
    return data


def stored_episodes(storage: Storage, shard: Shard) -> list[StoredEpisode]:
    """The episodes of one shard, in order, nothing decoded. UserError names a shard that is missing or damaged."""
    data, path = shard_bytes(storage, shard), f"{storage}/{shard.name}"
    return [StoredEpisode(data[e.offset : e.offset + e.size], path) for e in read_index(storage, shard)]


def read_shard(storage: Storage, shard: Shard) -> Iterator[Rollout]:
    """Rollouts of one shard, in order. UserError names a shard that is missing or damaged, before the first rollout."""
    for episode in stored_episodes(storage, shard):
        yield episode.rollout()


def read_rollouts(folder: Path | str) -> Iterator[Rollout]:
    """All rollouts of a whole data set, in order.

    UserError when the folder holds no rollouts, when collection was interrupted, or for a damaged shard, by name.
    """
    storage = Storage(folder)
    for shard in whole_manifest(folder).shards:
        yield from read_shard(storage, shard)


def whole_manifest(folder: Path | str) -> Manifest:
    """The manifest of a data set whose collection ran to its end, else a UserError."""
    manifest = Manifest.read(folder)
    if manifest.finished != manifest.episodes:
        raise UserError(f"{folder} holds {manifest.finished} of {manifest.episodes} episodes: {AGAIN} to finish it.")
    return manifest


def _write_index(storage: Storage, shard: str, episodes: list[Episode]) -> None:
    with storage.write(index_name(shard)) as file:
        lines = ",\n".join(json.dumps(asdict(episode), ensure_ascii=False) for episode in episodes)
        file.write(f'{{"episodes": [\n{lines}\n]}}\n'.encode())


def _scan(storage: Storage, shard: Shard) -> Iterator[Episode]:
    with storage.open(shard.name) as file, tarfile.open(fileobj=file, mode="r:") as tar:
        about: dict[str, Any] = {}
        key, start = "", 0
        for member in tar:
            member_key, _, name = member.name.partition(".")
            if member_key != key:
                if key:
                    yield Episode(key, start, member.offset - start, *about.values())
                key, start = member_key, member.offset
            if name == "json":
                content = json.load(tar.extractfile(member))  # type: ignore[arg-type]
                about = {field: content[field] for field in ("views", "label", "scene_id")}
        if key:
            yield Episode(key, start, tar.offset - start, *about.values())


def _members(rollout: Rollout, image: str) -> Iterator[tuple[str, bytes]]:
    arrays = {**rollout.sensors, **rollout.pairs}
    narrowed = {name: _narrowed(values) for name, values in arrays.items()}
    about = {
        "spec": dict(rollout.spec),
        "seed": rollout.seed,
        "scene_id": rollout.scene_id,
        "scene_key": rollout.scene_key,
        "label": rollout.label,
        "protocol": dict(rollout.protocol),
        "camera": rollout.camera,
        "intrinsics": rollout.intrinsics.tolist(),
        "views": rollout.views,
        "image": image,
        "sensors": sorted(rollout.sensors),
        "pairs": sorted(rollout.pairs),
        "types": {
            name: str(arrays[name].dtype) for name in sorted(arrays) if narrowed[name].dtype != arrays[name].dtype
        },
    }
    yield "json", json.dumps(about, ensure_ascii=False, sort_keys=True).encode()
    for name in STORED:
        yield f"{name}.npy", _npy(getattr(rollout, name))
    yield "commanded_twist.npy", _npy(log_se3(rollout.commanded))
    yield "egomotion.npy", _npy(rollout.egomotion)
    yield "egomotion_twist.npy", _npy(rollout.twist)
    for name in sorted(arrays):
        yield f"{name}.npy", _npy(narrowed[name])
    for t, frame in enumerate(rollout.rgb):
        yield f"rgb.{t:06d}.{image}", _encoded(frame, image)


def _narrowed(array: NDArray[Any]) -> NDArray[Any]:
    """Ids in the smallest unsigned type that holds them all; other arrays as they are."""
    if array.dtype.kind not in "iu" or array.size == 0 or array.min() < 0:
        return array
    return array.astype(np.min_scalar_type(int(array.max())))


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _encoded(frame: NDArray[np.uint8], image: str) -> bytes:
    # PNG's lowest level is several times quicker than the default and a few per cent larger on rendered frames
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 1] if image == "png" else [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, data = cv2.imencode(f".{image}", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), settings)
    return data.tobytes()
