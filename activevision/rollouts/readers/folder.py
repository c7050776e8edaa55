"""A plain folder of frames with a file of poses: one's own video.

``*.png``, ``*.jpg``, ``*.jpeg`` are the frames, in the order of their names, numbers in them counted (frame2 before
frame10). The poses are ``world_from_camera`` in one of these forms, told apart by name and columns:

``.npy``   (N, 4, 4) or (N, 3, 4)
``.csv``   16 or 12 numbers a line, row by row; a first line of names is skipped
else       text, a line a pose: 16 or 12 numbers as above (12 is KITTI's form), or TUM's
           ``timestamp tx ty tz qx qy qz qw``

Pose k is frame k's, and there must be as many. Only where the form is TUM's and the frames' names are time stamps
(numbers with a decimal point) do frames take the pose nearest in time instead, as of TUM RGB-D.

A pose of nan marks a frame whose pose is not known. The world's up axis is what the user says it is: +Y for OpenGL's
cameras and −Y for OpenCV's unless another is given.
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
from activevision.rollouts.pose_text import poses_from_matrices, poses_from_quaternions, read_table
from activevision.rollouts.readers.images import SUFFIXES, read_rgb
from activevision.rollouts.readers.intrinsics import Intrinsics
from activevision.rollouts.readers.sequence import LOST, Frame, Sequence, reason, rising
from activevision.rollouts.readers.tum import associate


@dataclass(frozen=True)
class FrameFolder:
    """folder: of the frames. poses: their file. convention: opengl or opencv, of the camera. up: the world's up axis.

    intrinsics must be given. rate: frames a second, where there are no time stamps. tolerance: in seconds, see above.
    """

    format: ClassVar[str] = "folder"

    folder: Path
    poses: Path | None = None
    convention: str = "opencv"
    up: str | None = None
    rate: float = 30.0
    tolerance: float = 0.02
    intrinsics: Intrinsics = field(default_factory=Intrinsics)

    @property
    def source(self) -> Source:
        return Source(self.folder.resolve().name, "all", "not stated", "")

    def sequences(self) -> Iterator[Sequence]:
        images = sorted((p for p in self.folder.iterdir() if p.suffix.lower() in SUFFIXES), key=_natural)
        if not images:
            raise UserError(f"no images in {self.folder}: it must hold {', '.join(SUFFIXES)} files.")
        if self.poses is None:
            raise UserError("a folder of frames needs the file of their poses: give --poses.")
        if not self.rate > 0:
            raise UserError(f"--rate {self.rate}: it must be positive.")
        height, width = read_rgb(images[0]).shape[:2]
        times, poses = self._read(self.poses)
        up = self.up or ("-y" if self.convention == "opencv" else "y")
        poses = from_convention(poses, self.convention, up)
        stamps = [_stamp(image) for image in images]
        if times is not None and None not in stamps:
            frames = self._nearest(images, np.array(stamps, np.float64), times, poses)
        else:
            frames = self._in_order(images, times, poses)
        yield Sequence(self.folder.resolve().name, self.intrinsics.matrix(width, height), frames)

    def _nearest(
        self, images: list[Path], stamps: NDArray[np.float64], times: NDArray[np.float64], poses: NDArray[np.float64]
    ) -> tuple[Frame, ...]:
        rising(stamps, self.folder)
        pose_of = associate(stamps, times, self.tolerance)
        apart = f"no pose within {1000 * self.tolerance:g} ms"
        found = [poses[pose_of[i]] if i in pose_of else None for i in range(len(images))]
        return tuple(
            Frame(float(stamp), image, LOST if pose is None else pose, missing=reason(True, pose, apart))
            for image, stamp, pose in zip(images, stamps, found, strict=True)
        )

    def _in_order(
        self, images: list[Path], times: NDArray[np.float64] | None, poses: NDArray[np.float64]
    ) -> tuple[Frame, ...]:
        if len(poses) != len(images):
            raise UserError(
                f"{self.poses} has {len(poses)} poses and {self.folder} {len(images)} frames: there must be one each, "
                "with nan for a frame whose pose is not known."
            )
        times = np.arange(len(images)) / self.rate if times is None else rising(times, self.poses or self.folder)
        return tuple(
            Frame(float(time), image, pose, missing=reason(True, pose))
            for time, image, pose in zip(times, images, poses, strict=True)
        )

    def _read(self, path: Path) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
        """Times (N,), where there are any, and poses (N, 4, 4) as they are in the file."""
        if path.suffix.lower() == ".npy":
            rows = _array(path)
        else:
            rows = read_table(path, (8, 12, 16), header=path.suffix.lower() == ".csv")
        if rows.shape[1] == 8:
            return rows[:, 0], poses_from_quaternions(rows[:, 1:])
        return None, poses_from_matrices(rows, path)


def _array(path: Path) -> NDArray[np.float64]:
    try:
        values = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"no file {path}: check --poses.") from None
    except (ValueError, EOFError, OSError) as error:
        raise UserError(f"{path} is no array of numbers ({error}): is the file whole?") from None
    if values.ndim != 3 or values.shape[1:] not in ((4, 4), (3, 4)) or values.dtype.kind not in "fiu":
        raise UserError(f"{path} has the shape {values.shape}: poses are (N, 4, 4) or (N, 3, 4) numbers.")
    return np.asarray(values.reshape(len(values), -1), np.float64)


def _stamp(path: Path) -> float | None:
    return float(path.stem) if re.fullmatch(r"\d+\.\d+", path.stem) else None


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Sorts numbers in a name as numbers."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts]
