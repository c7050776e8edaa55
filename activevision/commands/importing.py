"""``activevision data import``: egomotion videos that others recorded, as rollouts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

if TYPE_CHECKING:
    from activevision.rollouts.readers import VideoRecorder

_INTRINSICS = ("fx", "fy", "cx", "cy", "hfov")


@dataclass(frozen=True)
class ImportData:
    """Import a data set of real egomotion video into shards. Goes on where it was stopped.

    Frames without an image or a pose are left out, and said to be; an episode never spans one.
    """

    format: tyro.conf.Positional[str]
    """kitti (odometry), tum (RGB-D, also ETH3D SLAM), 7-scenes, or folder (frames and a file of poses)."""
    folder: tyro.conf.Positional[Path]
    """Where the data set was unpacked to."""
    out: str = "runs/imported"
    """Folder for the shards, or an fsspec URL (s3://…)."""
    sequence: tuple[str, ...] = ()
    """Only these sequences."""
    views: int = 16
    """Frames an episode; 0: as many as come without a gap, so that episodes differ in length."""
    pixels: int | None = None
    """Images' middle square at so many pixels a side, averaged; not given: images as they are."""
    jump: float = 3.0
    """A step of more than so many usual ones ends an episode."""
    depth: bool = False
    """Of tum and 7-scenes: depth, too."""
    split: str | None = None
    """Of 7-scenes: train, test or all."""
    camera: str | None = None
    """Of kitti: image_0 to image_3."""
    tolerance: float | None = None
    """Of tum and folder: seconds between a frame and its pose at most. 0.02 unless given."""
    poses: Path | None = None
    """Of folder: the file of poses, TUM's or KITTI's text, .csv or .npy."""
    convention: str | None = None
    """Of folder: opencv or opengl, what the camera's axes are."""
    up: str | None = None
    """Of folder: the axis of the poses' world that points up, y, -y, z …; -y for opencv, y for opengl unless given."""
    rate: float | None = None
    """Of folder: frames a second, where there are no time stamps. 30 unless given."""
    fx: float | None = None
    """Focal length in pixels, where the files do not tell it; also fy, cx, cy, as OpenCV has them."""
    fy: float | None = None
    cx: float | None = None
    cy: float | None = None
    hfov: Annotated[float | None, tyro.conf.arg(metavar="DEGREES")] = None
    """Instead of fx: the horizontal field of view."""
    licence: str | None = None
    """What using the images asks for; that of the data set unless given."""
    credit: str | None = None
    """Whom to name; the data set's authors unless given."""
    image: str = "png"
    """png, lossless, or jpg."""

    def run(self) -> None:
        from dataclasses import replace

        from activevision.commands.run_folder import note_run
        from activevision.rollouts.collect import collect
        from activevision.rollouts.storage import Storage

        recorder = self._recorder()
        for name, account in recorder.accounts.items():
            print(f"{name}: {account}")
        given = {"licence": self.licence, "credit": self.credit}
        source = replace(recorder.source, **{name: value for name, value in given.items() if value is not None})
        # the recorder has read the text files of all sequences, so that the one that is checked is the one that records
        collect(partial(_same, recorder), recorder.episodes, self.out, source, image=self.image)
        if folder := Storage(self.out).path:
            note_run(folder, "data import", self)
        print(f"{recorder.episodes} episodes are in {self.out} ({source.licence})")

    def _recorder(self) -> VideoRecorder:
        from activevision.rollouts.readers import VideoRecorder, get_reader

        reader = get_reader(self.format, self.folder, **self._options())
        return VideoRecorder(reader, self.views or None, self.pixels, self.jump)

    def _options(self) -> dict[str, Any]:
        """Settings of the reader that were given."""
        from activevision.rollouts.readers.intrinsics import Intrinsics

        names = ("split", "camera", "tolerance", "poses", "convention", "up", "rate")
        options = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.sequence:
            options["sequence"] = self.sequence
        if self.depth:
            options["depth"] = True
        if any(getattr(self, name) is not None for name in _INTRINSICS):
            options["intrinsics"] = Intrinsics(self.fx, self.fy, self.cx, self.cy, self.hfov)
        return options


def _same(recorder: VideoRecorder) -> VideoRecorder:
    return recorder
