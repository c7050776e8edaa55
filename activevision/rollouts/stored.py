"""``StoredEpisode``: an episode in the bytes of its shard, of which only what is asked for is decoded."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError, unknown
from activevision.rollouts.rollout import Rollout

STORED = ("time", "pose", "motion", "commanded", "collided")  # fields of a rollout that are arrays of their own
MOTIONS = ("motion", "commanded", "collided")  # those of them that have an entry a motion
DERIVED = ("egomotion", "intrinsics", "pose", "time")  # what every episode has, beside its frames
BLOCK = 512  # bytes of a tar header, to which members are padded

Data: TypeAlias = "bytes | memoryview"


def members(data: Data) -> dict[str, memoryview]:
    """The files in the bytes of a tar (USTAR) by their names without the key, none of them copied.

    ValueError where the bytes are not those of whole members.
    """
    view = memoryview(data)
    found = {}
    at = 0
    while at + BLOCK <= len(view):
        header = bytes(view[at : at + BLOCK])
        if header[0] == 0:  # the end of a tar
            break
        if sum(header) - sum(header[148:156]) + 8 * 32 != int(header[148:156].strip(b"\0 ") or b"0", 8):
            raise ValueError("a tar header that does not have its checksum")
        size = int(header[124:136].strip(b"\0 ") or b"0", 8)
        at += BLOCK
        if at + size > len(view):
            raise ValueError("a member that ends too early")
        name = header[:100].rstrip(b"\0").decode()
        found[name.partition(".")[2]] = view[at : at + size]
        at += -(-size // BLOCK) * BLOCK
    return found


class StoredEpisode:
    """An episode in the bytes of its members.

    data: see ``read_index``; kept for as long as the episode is. path: of the shard, for errors.

    UserError, here and in every method, where the bytes are damaged.
    """

    def __init__(self, data: Data, path: str):
        self.path = path
        try:
            self._members = members(data)
            self.about: dict[str, Any] = json.loads(bytes(self._members["json"]))
            self.views = int(self.about["views"])
            self.sensors: list[str] = self.about["sensors"]
            self.pairs: list[str] = self.about["pairs"]
        except (KeyError, ValueError, TypeError) as error:
            raise self._damage(error) from None

    def rgb(self, views: Iterable[int] | None = None) -> NDArray[np.uint8]:
        """Frames (n, H, W, 3) uint8 of some views, or of all."""
        image = self.about["image"]
        chosen = range(self.views) if views is None else views
        try:
            return np.stack([_decoded(self._members[f"rgb.{t:06d}.{image}"]) for t in chosen])
        except (KeyError, ValueError, cv2.error) as error:
            raise self._damage(error) from None

    def array(self, name: str) -> NDArray[Any]:
        """A stored array; not to be written to."""
        try:
            array = _array(self._members[f"{name}.npy"])
            return array.astype(self.about["types"].get(name, array.dtype), copy=False)
        except (KeyError, ValueError, IndexError) as error:
            raise self._damage(error) from None

    def between(self, name: str) -> bool:
        """Whether an array lies between views (T − 1, …), not at them (T, …). UserError where there is none such."""
        if name in self.pairs or name in MOTIONS:
            return True
        if name in self.sensors:
            return False
        raise unknown("field", name, {*self.sensors, *self.pairs, *MOTIONS, *DERIVED})

    @cached_property
    def time(self) -> NDArray[np.float64]:
        return self.array("time")

    @cached_property
    def pose(self) -> NDArray[np.float64]:
        return self.array("pose")

    @property
    def twist(self) -> NDArray[np.float32]:
        return self.array("egomotion_twist").astype(np.float32)

    def rollout(self) -> Rollout:
        """All of it."""
        about = self.about
        copied = {name: self.array(name).copy() for name in (*STORED, *self.sensors, *self.pairs)}
        try:
            return Rollout(
                spec=about["spec"],
                seed=about["seed"],
                scene_id=about["scene_id"],
                scene_key=about["scene_key"],
                label=about["label"],
                protocol=about["protocol"],
                camera=about["camera"],
                intrinsics=np.array(about["intrinsics"]),
                rgb=self.rgb(),
                sensors={name: copied[name] for name in self.sensors},
                pairs={name: copied[name] for name in self.pairs},
                **{name: copied[name] for name in STORED},
            )
        except (KeyError, ValueError) as error:
            raise self._damage(error) from None

    def _damage(self, error: Exception) -> UserError:
        what = f"no {error}" if isinstance(error, KeyError) else error
        return UserError(f"shard {self.path} is damaged ({what}): see `activevision data check`.")


def _array(data: memoryview) -> NDArray[Any]:
    """The array of an NPY file, not copied."""
    start = 10 if data[6] == 1 else 12  # bytes before the header proper, by the format's major version
    length = int.from_bytes(data[8:start], "little")
    dtype, shape = _header(bytes(data[: start + length]))
    count = int(np.prod(shape))
    return np.frombuffer(data, dtype, count, start + length).reshape(shape)


@lru_cache(maxsize=256)
def _header(header: bytes) -> tuple[np.dtype, tuple[int, ...]]:
    """Parsed once for all arrays that are alike: an episode has a dozen small arrays."""
    file = io.BytesIO(header)
    major, _ = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if fortran or dtype.hasobject:
        raise ValueError("an array that is not laid out row by row")
    return dtype, shape


def _decoded(data: memoryview) -> NDArray[np.uint8]:
    frame = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if frame is None:
        raise ValueError("a frame that is no image")
    return np.asarray(frame, np.uint8)
