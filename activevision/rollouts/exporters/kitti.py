"""KITTI odometry's form, a sequence an episode: see ``readers/kitti.py`` for its files and axes.

Poses are written in the OpenCV convention, in the rollout's world turned so that +Y is down. KITTI's own start at the
identity; these keep the rollout's world, and what evaluates odometry takes relative poses. P0 to P3 are the one camera
there is, whose images are image_2. There is no laser scanner: ``Tr``, which some readers insist on, is the identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from numpy.typing import NDArray

from activevision.rollouts.axes import to_opencv
from activevision.rollouts.exporters.exporter import folder_names, require_pinhole, write_png
from activevision.rollouts.manifest import Manifest
from activevision.rollouts.pose_text import matrix_line, number
from activevision.rollouts.readers.intrinsics import HALF_PIXEL
from activevision.rollouts.readers.kitti import UP
from activevision.rollouts.rollout import Rollout


@dataclass(frozen=True)
class KittiExporter:
    name: ClassVar[str] = "kitti"
    pairs: ClassVar[bool] = False

    def has_place_for(self, sensor: str) -> bool:
        return False

    def write(self, manifest: Manifest, rollouts: Iterator[Rollout], out: Path) -> None:
        (out / "poses").mkdir()
        for name, rollout in zip(folder_names(manifest.episodes, 2), rollouts, strict=True):
            require_pinhole(rollout, "kitti")
            sequence = out / "sequences" / name
            (sequence / "image_2").mkdir(parents=True)
            for t, image in enumerate(rollout.rgb):
                write_png(sequence / "image_2" / f"{t:06d}.png", image)
            (sequence / "times.txt").write_text("".join(f"{number(time)}\n" for time in rollout.time))
            (sequence / "calib.txt").write_text(_calibration(rollout.intrinsics))
            poses = to_opencv(rollout.pose, UP)
            (out / "poses" / f"{name}.txt").write_text("".join(f"{matrix_line(pose)}\n" for pose in poses))


def _calibration(intrinsics: NDArray) -> str:
    (fx, _, cx), (_, fy, cy) = intrinsics[:2]
    camera = [fx, 0, cx - HALF_PIXEL, 0, 0, fy, cy - HALF_PIXEL, 0, 0, 0, 1, 0]
    rows = {**dict.fromkeys(("P0", "P1", "P2", "P3"), camera), "Tr": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]}
    return "".join(f"{key}: {' '.join(map(number, row))}\n" for key, row in rows.items())
