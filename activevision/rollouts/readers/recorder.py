"""``VideoRecorder``: recorded videos as the episodes of a data set, so that they are collected like any others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import as_json, digest
from activevision.geometry import egomotion, log_se3
from activevision.rollouts.readers.cutting import Account, Cut, cut
from activevision.rollouts.readers.images import read_depth, read_rgb, square, square_intrinsics
from activevision.rollouts.readers.sequence import Reader, Sequence
from activevision.rollouts.recorder import Advance
from activevision.rollouts.rollout import Rollout

JUMP = 3.0


class VideoRecorder:
    """Episode k is the k-th cut of a reader's sequences, in their order.

    views: of every episode; None: as long as frames without holes come, at least 2.
    pixels: the images' largest square in the middle, averaged down to pixels × pixels; None: images as they are.
    jump: a step of more than so many median steps of its sequence ends an episode.
    Nobody commanded these motions: what counts as commanded is what was realised, and labels are empty.
    source, accounts: whose data it is, and what became of the frames of each sequence.

    Raises UserError where no episode comes out, with the reasons.
    """

    def __init__(self, reader: Reader, views: int | None = None, pixels: int | None = None, jump: float = JUMP):
        if views is not None and views < 2:
            raise UserError(f"--views {views}: an episode has at least 2, which a motion lies between.")
        if pixels is not None and pixels < 1:
            raise UserError(f"--pixels {pixels}: ask for at least 1.")
        if not jump > 1:
            raise UserError(f"--jump {jump}: it must be above 1, the usual step.")
        self.source = reader.source
        self._format, self._title, self._pixels = reader.format, reader.source.catalogue, pixels
        self.accounts: dict[str, Account] = {}
        self._keys: dict[str, str] = {}
        self._cuts: list[Cut] = []
        for sequence in reader.sequences():
            cuts, self.accounts[sequence.name] = cut(sequence, views, jump)
            self._cuts += cuts
            self._keys[sequence.name] = _key(sequence)
        if not self._cuts:
            reasons = " | ".join(f"{name}: {account}" for name, account in self.accounts.items())
            raise UserError(f"no episode of {views or 2} views comes out of this: {reasons}.")
        self.views = max(len(one.frames) for one in self._cuts)
        self.settings: Mapping[str, Any] = as_json(
            {
                "spec": {"format": self._format, "dataset": self._title},
                "protocol": {},
                "classes": [],
                "views": views,
                "pixels": pixels,
                "jump": jump,
                "sequences": {
                    name: {"key": self._keys[name], **account.to_json()} for name, account in self.accounts.items()
                },
            }
        )

    @property
    def episodes(self) -> int:
        return len(self._cuts)

    def record(self, first: int, count: int, advance: Advance) -> Iterator[Rollout]:
        for one in self._cuts[first : first + count]:
            rollout = self._rollout(one)
            advance(rollout.views)
            yield rollout

    def close(self) -> None:
        """Nothing is kept open."""

    def _rollout(self, one: Cut) -> Rollout:
        sequence = one.sequence
        height, width = read_rgb(one.frames[0].image).shape[:2]
        _check_intrinsics(one, height, width)
        rgb = self._read(one, (height, width))
        depth = self._read_depth(one, (height, width))
        intrinsics = sequence.intrinsics
        if self._pixels is not None:
            intrinsics = square_intrinsics(intrinsics, height, width, self._pixels)
        pose = np.stack([frame.pose for frame in one.frames])
        time = np.array([frame.time for frame in one.frames])
        realised = egomotion(pose[:-1], pose[1:])
        return Rollout(
            spec={
                "format": self._format,
                "dataset": self._title,
                "sequence": sequence.name,
                "first_frame": one.first,
            },
            seed=0,
            scene_id=sequence.name,
            scene_key=self._keys[sequence.name],
            label="",
            protocol={},
            intrinsics=intrinsics,
            time=time - time[0],
            rgb=rgb,
            pose=pose,
            motion=log_se3(realised),
            commanded=realised,
            collided=np.zeros(len(realised), bool),
            sensors=depth,
        )

    def _read(self, one: Cut, size: tuple[int, int]) -> NDArray[np.uint8]:
        images = []
        for frame in one.frames:
            image = read_rgb(frame.image)
            if image.shape[:2] != size:
                raise UserError(
                    f"{frame.image} has {image.shape[1]}×{image.shape[0]} pixels and the frames before it "
                    f"{size[1]}×{size[0]}: a sequence has images of one size."
                )
            images.append(self._fitted(image))
        return np.stack(images)

    def _fitted(self, image: NDArray[Any], exact: bool = False) -> NDArray[Any]:
        """At the size that is asked for: at once, for those of a long episode do not fit into memory as they are."""
        return image if self._pixels is None else square(image, self._pixels, exact)

    def _read_depth(self, one: Cut, size: tuple[int, int]) -> dict[str, NDArray[Any]]:
        unit = one.sequence.depth
        if unit is None:
            return {}
        images = []
        for frame in one.frames:
            assert frame.depth is not None, "a frame without its depth is a missing one"
            image = read_depth(frame.depth, unit)
            if image.shape != size:
                raise UserError(
                    f"{frame.depth} has {image.shape[1]}×{image.shape[0]} pixels and its colour image "
                    f"{size[1]}×{size[0]}: depth must be registered to colour."
                )
            images.append(self._fitted(image, exact=True))
        return {"depth": np.stack(images)}


def read_rollouts(
    reader: Reader, views: int | None = None, pixels: int | None = None, jump: float = JUMP
) -> Iterator[Rollout]:
    """The episodes of a data set on disk, one after the other, images read as they are asked for."""
    recorder = VideoRecorder(reader, views, pixels, jump)
    yield from recorder.record(0, recorder.episodes, lambda frames: None)


def _key(sequence: Sequence) -> str:
    """Of what the text files say; images are known by their names."""
    usable = [frame for frame in sequence.frames if not frame.missing]
    names = [[frame.image.name, frame.depth.name if frame.depth else ""] for frame in usable]
    times, poses = np.array([f.time for f in usable]), np.array([f.pose for f in usable])
    return digest(sequence.name, names, sequence.intrinsics.tobytes(), times.tobytes(), poses.tobytes())


def _check_intrinsics(one: Cut, height: int, width: int) -> None:
    column, row = one.sequence.intrinsics[:2, 2]
    if not (0 < column < width and 0 < row < height):
        raise UserError(
            f"sequence {one.sequence.name}: the principal point ({column:g}, {row:g}) lies outside of its images of "
            f"{width}×{height}: the calibration is of other images, or of this size before they were resized."
        )
