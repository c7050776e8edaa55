"""``manifest.json``: what a folder of rollouts holds, under which conventions, and how to know it is undamaged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from activevision.errors import UserError
from activevision.files import parse_json
from activevision.rollouts.storage import Storage

SCHEMA = 2
FILE = "manifest.json"

CONVENTIONS = {
    "frames": "right-handed, Y up, the camera looks along -Z with +X to the right (OpenGL, glTF, habitat-sim)",
    "units": "metres, radians, seconds",
    "pose": "world_from_camera, 4x4 float64",
    "egomotion": "camera_t_from_camera_t1, 4x4 float64: realised motion from view t to t+1, in the camera's frame at t",
    "commanded": "camera_t_from_camera_t1 that was asked for; at a border or an obstacle the realised one differs",
    "twist": "[v, w] of an egomotion, its SE(3) logarithm: egomotion_twist and commanded_twist",
    "motion": "the action that was commanded, in the environment's action space; a twist where there was none",
    "intrinsics": "3x3 in pixels, OpenCV convention (+X right, +Y down, +Z forward), origin in the top left corner",
    "rgb": "8-bit sRGB",
    "depth": "planar z of a pinhole camera, distance along the ray of an equirectangular one; 0 where nothing is hit",
    "instance, category": "0 is background",
    "flow_forward, flow_backward": "pixels (column, row) from view t to t+1 and from t+1 to t, at pixel centres; "
    "_valid: a point is seen and lies within the other view; _covisible: it is seen there too",
}


@dataclass(frozen=True)
class Source:
    """Where the scenes come from and what using them asks for; travels with every copy of the data."""

    catalogue: str
    split: str
    licence: str
    credit: str


@dataclass(frozen=True)
class Shard:
    """A finished file of the data set: its name in the folder, what it holds, and its SHA-256."""

    name: str
    episodes: int
    frames: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Contents of ``manifest.json``.

    settings: everything that decides the bytes of an episode (environment, protocol, policy, seed, shard size), and
    the class names in the order of their indices.
    episodes: how many the data set has when it is whole.
    shards: those that are finished; the data set is whole when they hold ``episodes``.
    """

    settings: Mapping[str, Any]
    source: Source
    episodes: int
    shards: tuple[Shard, ...] = field(default=())

    @property
    def finished(self) -> int:
        """Episodes in finished shards."""
        return sum(shard.episodes for shard in self.shards)

    @property
    def frames(self) -> int:
        """Frames in finished shards."""
        return sum(shard.frames for shard in self.shards)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.settings["classes"])

    def with_shards(self, shards: tuple[Shard, ...]) -> Manifest:
        return replace(self, shards=shards)

    def write(self, folder: Path | str | Storage) -> None:
        content = {"schema": SCHEMA, "conventions": CONVENTIONS, **asdict(self)}
        with _storage(folder).write(FILE) as file:
            file.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())

    @classmethod
    def read(cls, folder: Path | str | Storage) -> Manifest:
        """UserError when the folder has no manifest, or one that is damaged or of another schema."""
        storage = _storage(folder)
        path = f"{storage}/{FILE}"
        if not storage.exists(FILE):
            raise UserError(
                f"{storage} holds no rollouts (no {FILE}): give a folder that `collect` or `data import` wrote."
            )
        content = parse_json(storage.read(FILE), path)
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            found = content.get("schema") if isinstance(content, dict) else None
            raise UserError(f"{path} has schema {found!r}, this version reads {SCHEMA}: collect the rollouts again.")
        try:
            manifest = cls(
                settings=dict(content["settings"]),
                source=Source(**content["source"]),
                episodes=content["episodes"],
                shards=tuple(Shard(**shard) for shard in content["shards"]),
            )
            numbers = (manifest.episodes, manifest.finished, manifest.frames, len(manifest.classes))
            if not all(isinstance(number, int) for number in numbers):
                raise TypeError(f"counts of {numbers}")
        except (KeyError, TypeError, ValueError) as error:
            what = f"no {error}" if isinstance(error, KeyError) else error
            raise UserError(f"{path} is damaged ({what}): delete the folder, and make it again.") from None
        return manifest


def _storage(folder: Path | str | Storage) -> Storage:
    return folder if isinstance(folder, Storage) else Storage(folder)
