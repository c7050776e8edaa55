"""TUM RGB-D's form, a folder an episode: see ``readers/tum.py`` for its files and axes.

Poses are written in the OpenCV convention, in the rollout's world turned so that +Z is up. Times are seconds since the
first view. Depth, where there is some, becomes 16-bit PNG in steps of 0.2 mm; what is farther than its 13.1 m, or not
there, is 0. Intrinsics are in ``calibration.txt``, as in ETH3D SLAM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.rollouts.axes import to_opencv
from activevision.rollouts.exporters.exporter import folder_names, require_pinhole, write_png
from activevision.rollouts.manifest import Manifest
from activevision.rollouts.pose_text import number, quaternion_line
from activevision.rollouts.readers.intrinsics import HALF_PIXEL
from activevision.rollouts.readers.tum import DEPTH, UP
from activevision.rollouts.rollout import Rollout


@dataclass(frozen=True)
class TumExporter:
    name: ClassVar[str] = "tum"
    pairs: ClassVar[bool] = False

    def has_place_for(self, sensor: str) -> bool:
        return sensor == "depth"

    def write(self, manifest: Manifest, rollouts: Iterator[Rollout], out: Path) -> None:
        for name, rollout in zip(folder_names(manifest.episodes, 6), rollouts, strict=True):
            require_pinhole(rollout, "tum")
            _write_episode(rollout, out / name)


def _write_episode(rollout: Rollout, folder: Path) -> None:
    stamps = [f"{time:.6f}" for time in rollout.time]
    if len(set(stamps)) < len(stamps):
        raise UserError("tum names frames by microseconds, and these rollouts have views that are closer in time.")
    images: dict[str, NDArray] = {"rgb": rollout.rgb}
    if "depth" in rollout.sensors:
        images["depth"] = _sixteen_bit(rollout.sensors["depth"])
    for kind, values in images.items():
        (folder / kind).mkdir(parents=True)
        lines = ["# timestamp filename\n"]
        for time, stamp, image in zip(rollout.time, stamps, values, strict=True):
            write_png(folder / kind / f"{stamp}.png", image)
            lines.append(f"{number(time)} {kind}/{stamp}.png\n")
        (folder / f"{kind}.txt").write_text("".join(lines))
    poses = zip(rollout.time, to_opencv(rollout.pose, UP), strict=True)
    truth = "".join(f"{quaternion_line(time, pose)}\n" for time, pose in poses)
    (folder / "groundtruth.txt").write_text(f"# timestamp tx ty tz qx qy qz qw\n{truth}")
    (fx, _, cx), (_, fy, cy) = rollout.intrinsics[:2]
    calibration = " ".join(map(number, [fx, fy, cx - HALF_PIXEL, cy - HALF_PIXEL]))
    (folder / "calibration.txt").write_text(f"{calibration}\n")


def _sixteen_bit(depth: NDArray) -> NDArray[np.uint16]:
    values = np.round(depth.astype(np.float64) * DEPTH.per_metre)
    return np.where(np.isfinite(values) & (values <= np.iinfo(np.uint16).max), values, 0).astype(np.uint16)
