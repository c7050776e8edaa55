"""KITTI odometry: a car's stereo cameras, with poses from GPS and inertial measurements for sequences 00 to 10.

A. Geiger, P. Lenz, R. Urtasun: Are we ready for autonomous driving? The KITTI vision benchmark suite. CVPR 2012. What
follows is in the readme of its development kit:

``sequences/NN/image_0 … image_3/000000.png``  rectified images, left and right in grey (0, 1) and in colour (2, 3)
``sequences/NN/calib.txt``   ``P0:`` to ``P3:``, the 3×4 projections from the left grey camera into each image
``sequences/NN/times.txt``   seconds, a line a frame
``poses/NN.txt``             a line a frame: the upper 3×4 of the transform from the left camera of that frame to that
                             of frame 0, row by row; +X right, +Y down, +Z forward

The poses are those of the left grey camera. A projection is K [I | t], so camera i stands at −t in its frame, and the
poses given here are moved there: 6 cm for the left colour camera.

The world is the first frame's camera turned so that Y is up. Gravity is not in the data: where the car stood on a
slope, or the camera was tilted, so is the world.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError, unknown
from activevision.geometry import from_rotation_translation
from activevision.rollouts.axes import from_convention
from activevision.rollouts.manifest import Source
from activevision.rollouts.pose_text import poses_from_matrices, read_table, read_words
from activevision.rollouts.readers.intrinsics import pinhole
from activevision.rollouts.readers.sequence import LOST, Frame, Sequence, chosen, reason, rising

CAMERAS = ("image_0", "image_1", "image_2", "image_3")
UP = "-y"


@dataclass(frozen=True)
class KittiOdometry:
    """folder: holds ``sequences`` and ``poses``.

    camera: one of CAMERAS; not given: the left one, in colour if it is there.
    """

    format: ClassVar[str] = "kitti"
    source: ClassVar[Source] = Source(
        "KITTI odometry",
        "all",
        "CC BY-NC-SA 3.0",
        "A. Geiger, P. Lenz, R. Urtasun: Are we ready for autonomous driving? The KITTI vision benchmark suite. "
        "CVPR 2012",
    )

    folder: Path
    sequence: tuple[str, ...] = ()
    camera: str | None = None

    def sequences(self) -> Iterator[Sequence]:
        root = self.folder / "sequences"
        names = sorted(path.parent.name for path in root.glob("*/calib.txt"))
        for name in chosen(names, self.sequence, root):
            yield self._sequence(name, root / name)

    def _sequence(self, name: str, folder: Path) -> Sequence:
        images = folder / self._camera(folder)
        intrinsics, camera0_from_camera = read_calibration(folder / "calib.txt", images.name)
        times = rising(read_table(folder / "times.txt", (1,))[:, 0], folder / "times.txt")
        poses = self._poses(name, len(times)) @ camera0_from_camera
        there = {path.name for path in images.glob("*.png")}
        surplus = there - {f"{i:06d}.png" for i in range(len(times))}
        if surplus:
            raise UserError(
                f"{images} has {min(surplus)}, and {folder / 'times.txt'} the times of {len(times)} frames: "
                "is that file whole?"
            )
        frames = []
        for i, time in enumerate(times):
            image = images / f"{i:06d}.png"
            pose = poses[i] if i < len(poses) else None
            frames.append(
                Frame(float(time), image, LOST if pose is None else pose, missing=reason(image.name in there, pose))
            )
        return Sequence(name, intrinsics, tuple(frames))

    def _camera(self, folder: Path) -> str:
        if self.camera is not None and self.camera not in CAMERAS:
            raise unknown("camera", self.camera, CAMERAS)
        for camera in (self.camera,) if self.camera else ("image_2", "image_0"):
            if any((folder / camera).glob("*.png")):
                return camera
        raise UserError(f"no images in {folder}/{self.camera or 'image_2'}: fetch the data set's images, too.")

    def _poses(self, name: str, frames: int) -> NDArray[np.float64]:
        """(N, 4, 4) in our axes; N is less than the frames where the file ends early, 0 where there is none."""
        path = self.folder / "poses" / f"{name}.txt"
        if not path.exists():  # those of sequences 11 to 21 are not published
            return np.empty((0, 4, 4))
        rows = read_table(path, (12,))
        if len(rows) > frames:
            raise UserError(f"{path} has {len(rows)} poses for {frames} frames: is times.txt whole?")
        return from_convention(poses_from_matrices(rows, path), "opencv", UP)


def read_calibration(path: Path, camera: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """K (3, 3) of a camera and its ``camera0_from_camera`` (4, 4) in our axes.

    UserError where the file lacks the camera's projection or its numbers are no rectified camera's.
    """
    key = camera.replace("image_", "P")
    lines = {words[0].rstrip(":"): words[1:] for _, words in read_words(path)}
    try:
        projection = np.array([float(word) for word in lines[key]]).reshape(3, 4)
    except (KeyError, ValueError):
        raise UserError(f"{path} has no line '{key}:' of 12 numbers: is it the calib.txt of this sequence?") from None
    calibration = projection[:, :3]
    if not (np.isfinite(projection).all() and np.array_equal(calibration[[1, 2, 2, 2], [0, 0, 1, 2]], [0, 0, 0, 1])):
        raise UserError(f"{path}: {key} is no projection of a rectified camera: is it the calib.txt of this sequence?")
    fx, fy, (cx, cy) = calibration[0, 0], calibration[1, 1], calibration[:2, 2]
    intrinsics = pinhole(f"{path}, {key}", fx, fy, cx, cy)
    position = -np.linalg.solve(calibration, projection[:, 3])
    return intrinsics, from_rotation_translation(np.eye(3), position * [1, -1, -1])
