"""TUM RGB-D: a Kinect carried by hand or robot, with poses from motion capture; and ETH3D SLAM, which has its form.

J. Sturm, N. Engelhard, F. Endres, W. Burgard, D. Cremers: A benchmark for the evaluation of RGB-D SLAM systems. IROS
2012. The data set's page on file formats and its tool associate.py say:

``rgb.txt``, ``depth.txt``  ``timestamp filename``, lines with # are comments; seconds since 1970
``groundtruth.txt``         ``timestamp tx ty tz qx qy qz qw``, the colour camera's pose in the motion capture's world;
                            camera with +X right, +Y down, +Z forward
depth                       16-bit PNG, 5000 to the metre, 0 where there is none, registered to colour

Colour, depth and poses have clocks of their own. As in associate.py, a frame has the pose (and the depth image) that is
nearest in time: of all pairs less than ``tolerance`` seconds apart the closest is taken first, and each is used once.
Poses are not interpolated. A frame that finds none is left out.

The world's Z axis points up, as the data shows (cameras stand upright in it and above its floor), and is turned to Y.

Intrinsics are those that the data set publishes for freiburg1, 2 and 3, else those of a ``calibration.txt`` with
``fx fy cx cy`` as ETH3D SLAM has it, or those that are given. The images of freiburg1 and 2 have lens distortion (up to
some pixels in the corners), which is not removed; those of freiburg3 are rectified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.rollouts.axes import from_convention
from activevision.rollouts.manifest import Source
from activevision.rollouts.pose_text import poses_from_quaternions, read_table, read_words
from activevision.rollouts.readers.images import read_rgb
from activevision.rollouts.readers.intrinsics import Intrinsics, pinhole
from activevision.rollouts.readers.sequence import LOST, DepthUnit, Frame, Sequence, chosen, reason, rising

UP = "z"
DEPTH = DepthUnit(per_metre=5000)
_PUBLISHED = {
    "1": (517.3, 516.5, 318.6, 255.3),
    "2": (520.9, 521.0, 325.1, 249.7),
    "3": (535.4, 539.2, 320.1, 247.6),
}


@dataclass(frozen=True)
class TumRgbd:
    """folder: a sequence (it has rgb.txt), or several. depth: read it, too. tolerance: seconds to the nearest pose."""

    format: ClassVar[str] = "tum"
    source: ClassVar[Source] = Source(
        "TUM RGB-D",
        "all",
        "CC BY 4.0",
        "J. Sturm, N. Engelhard, F. Endres, W. Burgard, D. Cremers: A benchmark for the evaluation of RGB-D SLAM "
        "systems. IROS 2012",
    )

    folder: Path
    sequence: tuple[str, ...] = ()
    depth: bool = False
    tolerance: float = 0.02
    intrinsics: Intrinsics = field(default_factory=Intrinsics)

    def sequences(self) -> Iterator[Sequence]:
        lists = [self.folder / "rgb.txt"] if (self.folder / "rgb.txt").exists() else self.folder.glob("*/rgb.txt")
        folders = {path.parent.resolve().name: path.parent for path in lists}
        for name in chosen(sorted(folders), self.sequence, self.folder):
            yield self._sequence(name, folders[name])

    def _sequence(self, name: str, folder: Path) -> Sequence:
        images, times = _file_list(folder / "rgb.txt")
        truth = read_table(folder / "groundtruth.txt", (8,))
        poses = from_convention(poses_from_quaternions(truth[:, 1:]), "opencv", UP)
        pose_of = associate(times, truth[:, 0], self.tolerance)
        depths: list[Path] = []
        depth_of: dict[int, int] = {}
        if self.depth:
            depths, depth_times = _file_list(folder / "depth.txt")
            depth_of = associate(times, depth_times, self.tolerance)
        apart = f"within {1000 * self.tolerance:g} ms"
        frames = []
        for i, image in enumerate(images):
            pose = poses[pose_of[i]] if i in pose_of else None
            depth = depths[depth_of[i]] if i in depth_of else None
            missing = reason(image.exists(), pose, f"no pose {apart}")
            if self.depth and not missing:
                missing = f"no depth {apart}" if depth is None else "" if depth.exists() else "no depth image"
            frames.append(Frame(float(times[i]), image, LOST if pose is None else pose, depth, missing))
        there = next((frame.image for frame in frames if frame.missing != "no image"), None)
        if there is None:
            raise UserError(f"no images in {folder} of those that its rgb.txt names: fetch the data set's images, too.")
        return Sequence(name, self._intrinsics(folder, there), tuple(frames), DEPTH if self.depth else None)

    def _intrinsics(self, folder: Path, image: Path) -> NDArray[np.float64]:
        if self.intrinsics.given:
            height, width = read_rgb(image).shape[:2]
            return self.intrinsics.matrix(width, height)
        if (path := folder / "calibration.txt").exists():
            rows = read_table(path, (4,))
            if len(rows) != 1:
                raise UserError(f"{path} must be one line, 'fx fy cx cy', and has {len(rows)}.")
            return pinhole(str(path), *map(float, rows[0]))
        if freiburg := re.search(r"freiburg([123])", folder.resolve().name):
            return pinhole("published", *_PUBLISHED[freiburg[1]])
        raise UserError(
            f"{folder} is of no known camera (no freiburg1, 2 or 3 in its name, no calibration.txt): "
            "give --fx --fy --cx --cy, or --hfov."
        )


def associate(first: NDArray[np.float64], second: NDArray[np.float64], tolerance: float) -> dict[int, int]:
    """Indices of ``second`` (M,) for those of ``first`` (N,): closest pairs first, each once, within the tolerance."""
    order = np.argsort(second, kind="stable")
    low = np.searchsorted(second[order], first - tolerance)
    high = np.searchsorted(second[order], first + tolerance, side="right")
    pairs = [(abs(first[i] - second[j]), i, int(j)) for i in range(len(first)) for j in order[low[i] : high[i]]]
    found: dict[int, int] = {}
    used: set[int] = set()
    for apart, i, j in sorted(pairs):
        if apart < tolerance and i not in found and j not in used:
            found[i] = j
            used.add(j)
    return found


def _file_list(path: Path) -> tuple[list[Path], NDArray[np.float64]]:
    """Files (N) and times (N,) of an rgb.txt or depth.txt."""
    files, times = [], []
    for number, words in read_words(path):
        try:
            times.append(float(words[0]))
            files.append(path.parent / words[1])
        except (ValueError, IndexError):
            raise UserError(f"{path}, line {number} is not 'timestamp filename': is the file whole?") from None
    return files, rising(np.array(times), path)
