"""What a reader of a data set gives: sequences of frames, each with its pose or the reason why it cannot be used."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError, unknown
from activevision.rollouts.manifest import Source


@dataclass(frozen=True)
class Frame:
    """time: seconds. pose: ``world_from_camera`` (4, 4) in our axes. missing: why it cannot be used; "" if it can."""

    time: float
    image: Path
    pose: NDArray[np.float64]
    depth: Path | None = None
    missing: str = ""


@dataclass(frozen=True)
class DepthUnit:
    """How a 16-bit depth image is meant: values per metre, and the value, beside 0, of pixels without depth."""

    per_metre: float
    invalid: int = 0


@dataclass(frozen=True)
class Sequence:
    """One recording. intrinsics: K (3, 3) in pixels of the images as they are stored. frames: in order of time."""

    name: str
    intrinsics: NDArray[np.float64]
    frames: tuple[Frame, ...]
    depth: DepthUnit | None = None


class Reader(Protocol):
    """A data set on disk. Its settings, but for the folder, decide with the files what is read."""

    format: ClassVar[str]
    source: Source

    def sequences(self) -> Iterator[Sequence]:
        """Text files are read here, images later. UserError for what is not of this format, damaged or absent."""
        ...


def chosen(names: Collection[str], wanted: Collection[str], folder: Path) -> list[str]:
    """The wanted sequences of those that there are; all, if none is named.

    UserError for an unknown one, or where there are none at all.
    """
    if not names:
        raise UserError(f"{folder} holds no sequences of this format: check the folder and the format.")
    for name in wanted:
        if name not in names:
            raise unknown("sequence", name, names)
    return list(wanted) if wanted else list(names)


def rising(times: NDArray[np.float64], path: Path) -> NDArray[np.float64]:
    """The times (N,) unchanged. UserError where one is not later than the one before."""
    back = np.flatnonzero(~(np.diff(times) > 0))
    if len(back):
        raise UserError(f"{path}: time {int(back[0]) + 2} is not later than the one before it: is the file damaged?")
    return times


def reason(image: bool, pose: NDArray[np.float64] | None, posed: str = "no pose") -> str:
    """Why a frame is missing. image: whether it is there. pose: (4, 4), of NaN where it was lost; None for none."""
    if not image:
        return "no image"
    if pose is None:
        return posed
    return "" if np.isfinite(pose).all() else "pose lost"


LOST = np.full((4, 4), np.nan)
