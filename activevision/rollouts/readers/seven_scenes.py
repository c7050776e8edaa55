"""7-Scenes: a Kinect carried through seven rooms, with poses from KinectFusion.

J. Shotton, B. Glocker, C. Zach, S. Izadi, A. Criminisi, A. Fitzgibbon: Scene coordinate regression forests for camera
relocalization in RGB-D images. CVPR 2013. The data set's page says of its files:

``SCENE/seq-XX/frame-NNNNNN.color.png``  24-bit colour
``SCENE/seq-XX/frame-NNNNNN.depth.png``  16-bit depth in millimetres, 65535 where there is none
``SCENE/seq-XX/frame-NNNNNN.pose.txt``   4×4 world_from_camera, +X right, +Y down, +Z forward
``SCENE/TrainSplit.txt``, ``TestSplit.txt``  lines such as ``sequence3``, which is seq-03

Colour and depth are not registered to each other, and the poses are the depth camera's: some centimetres and degrees
from the colour camera's. Published are a focal length of 585 and a principal point of (320, 240), the middle, which are
taken for both unless others are given; work on localisation uses 525 for colour. There are no time stamps: frames
are taken to be 1/30 second apart, the Kinect's rate.

The world is the tracker's, with Y down as in its first camera, turned so that Y is up. Gravity is not in the data: the
world is as level as that camera was held.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError, unknown
from activevision.rollouts.axes import from_convention
from activevision.rollouts.manifest import Source
from activevision.rollouts.pose_text import poses_from_matrices, read_table, read_words
from activevision.rollouts.readers.images import read_rgb
from activevision.rollouts.readers.intrinsics import HALF_PIXEL, Intrinsics, pinhole
from activevision.rollouts.readers.sequence import LOST, DepthUnit, Frame, Sequence, chosen, reason

UP = "-y"
DEPTH = DepthUnit(per_metre=1000, invalid=65535)
SPLITS = ("all", "train", "test")
_RATE = 30.0
_SOURCE = Source(
    "7-Scenes",
    "all",
    "non-commercial research, under Microsoft's terms that come with the data set",
    "J. Shotton, B. Glocker, C. Zach, S. Izadi, A. Criminisi, A. Fitzgibbon: Scene coordinate regression forests for "
    "camera relocalization in RGB-D images. CVPR 2013",
)


@dataclass(frozen=True)
class SevenScenes:
    """folder: a scene (it has seq-XX), or several. split: train or test, as published, or all. depth: read it, too."""

    format: ClassVar[str] = "7-scenes"

    folder: Path
    sequence: tuple[str, ...] = ()
    split: str = "all"
    depth: bool = False
    intrinsics: Intrinsics = field(default_factory=Intrinsics)

    @property
    def source(self) -> Source:
        return replace(_SOURCE, split=self.split)

    def sequences(self) -> Iterator[Sequence]:
        if self.split not in SPLITS:
            raise unknown("split", self.split, SPLITS)
        folders = {self._name(folder): folder for scene in self._scenes() for folder in self._of_split(scene)}
        for name in chosen(sorted(folders), self.sequence, self.folder):
            yield self._sequence(name, folders[name])

    def _scenes(self) -> list[Path]:
        if any(self.folder.glob("seq-*")):
            return [self.folder]
        return sorted({path.parent for path in self.folder.glob("*/seq-*")})

    def _name(self, folder: Path) -> str:
        return f"{folder.parent.resolve().name}/{folder.name}"

    def _of_split(self, scene: Path) -> list[Path]:
        there = sorted(path for path in scene.glob("seq-*") if path.is_dir())
        if self.split == "all":
            return there
        path = scene / f"{self.split.capitalize()}Split.txt"
        folders = []
        for number, words in read_words(path):
            found = re.fullmatch(r"sequence(\d+)", words[0])
            folder = scene / f"seq-{int(found[1]):02d}" if found else None
            if folder not in there:
                raise UserError(f"{path}, line {number}: {words[0]!r} is none of the sequences there are in {scene}.")
            folders.append(folder)
        return folders

    def _sequence(self, name: str, folder: Path) -> Sequence:
        kinds: dict[str, dict[int, Path]] = {"color": {}, "depth": {}, "pose": {}}
        for path in folder.glob("frame-*.*.*"):
            if found := re.fullmatch(r"frame-(\d+)\.(color|depth|pose)\.(png|txt)", path.name):
                kinds[found[2]][int(found[1])] = path
        if not kinds["color"]:
            raise UserError(f"no images in {folder}: is its archive unpacked?")
        frames = []
        for number in range(max(max(kind, default=0) for kind in kinds.values()) + 1):
            image = kinds["color"].get(number)
            pose = _pose(kinds["pose"][number]) if number in kinds["pose"] else None
            depth = kinds["depth"].get(number) if self.depth else None
            missing = reason(image is not None, pose)
            if self.depth and depth is None and not missing:
                missing = "no depth image"
            frames.append(Frame(number / _RATE, image or folder, LOST if pose is None else pose, depth, missing))
        image = next(iter(kinds["color"].values()))
        return Sequence(name, self._intrinsics(image), tuple(frames), DEPTH if self.depth else None)

    def _intrinsics(self, image: Path) -> NDArray[np.float64]:
        if self.intrinsics.given:
            height, width = read_rgb(image).shape[:2]
            return self.intrinsics.matrix(width, height)
        return pinhole("published", 585.0, 585.0, 320.0 - HALF_PIXEL, 240.0 - HALF_PIXEL)


def _pose(path: Path) -> NDArray[np.float64]:
    rows = read_table(path, (4,))
    if len(rows) != 4:
        raise UserError(f"{path} has {len(rows)} of the 4 rows of a pose: is the file whole?")
    return from_convention(poses_from_matrices(rows.reshape(1, 16), path), "opencv", UP)[0]
