"""``manifest.json``: what a folder of rollouts holds, under which conventions, and how to know it is undamaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from activevision.errors import UserError
from activevision.files import read_json, write_json

SCHEMA = 1
FILE = "manifest.json"

CONVENTIONS = {
    "frames": "right-handed, Y up, the camera looks along -Z with +X to the right (OpenGL, glTF, habitat-sim)",
    "units": "metres, radians",
    "pose": "world_from_camera, 4x4 float64",
    "egomotion": "camera_t_from_camera_t1, 4x4 float64: realised motion from view t to t+1, in the camera's frame at t",
    "motion": "the action that was commanded; at a border the realised egomotion differs from it",
    "intrinsics": "3x3 in pixels, OpenCV convention (+X right, +Y down, +Z forward), origin in the top left corner",
    "rgb": "8-bit sRGB",
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
    """A finished file of the data set: its name in the folder, how many episodes it holds, and its SHA-256."""

    name: str
    episodes: int
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
    def classes(self) -> tuple[str, ...]:
        return tuple(self.settings["classes"])

    def with_shard(self, shard: Shard) -> Manifest:
        return replace(self, shards=(*self.shards, shard))

    def write(self, folder: Path) -> None:
        write_json(folder / FILE, {"schema": SCHEMA, "conventions": CONVENTIONS, **asdict(self)})

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """UserError when the folder has no manifest, or one that is damaged or of another schema."""
        path = folder / FILE
        if not path.exists():
            raise UserError(f"{folder} holds no rollouts (no {FILE}): give a folder that `activevision collect` wrote.")
        content = read_json(path)
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            found = content.get("schema") if isinstance(content, dict) else None
            raise UserError(f"{path} has schema {found!r}, this version reads {SCHEMA}: collect the rollouts again.")
        try:
            return cls(
                settings=content["settings"],
                source=Source(**content["source"]),
                episodes=content["episodes"],
                shards=tuple(Shard(**shard) for shard in content["shards"]),
            )
        except (KeyError, TypeError) as error:
            raise UserError(f"{path} is damaged ({error}): delete the folder and collect again.") from None
