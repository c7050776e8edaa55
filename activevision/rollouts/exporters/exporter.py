"""``Exporter``: what writes episodes in one form, and the checks that several share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.rollouts.manifest import Manifest
from activevision.rollouts.rollout import Rollout


class Exporter(Protocol):
    """name: of the form. pairs: whether it has a place for optical flow and its like."""

    name: ClassVar[str]
    pairs: ClassVar[bool]

    def has_place_for(self, sensor: str) -> bool:
        """Whether a sensor other than rgb goes along."""
        ...

    def write(self, manifest: Manifest, rollouts: Iterator[Rollout], out: Path) -> None:
        """Write all episodes into ``out``, an empty folder. UserError for what this form cannot hold."""
        ...


def require_pinhole(rollout: Rollout, form: str) -> None:
    """UserError for a rollout of another camera."""
    if rollout.camera != "pinhole":
        raise UserError(
            f"{form} is a form for pinhole cameras, and these rollouts have an {rollout.camera} one: "
            "export to lerobot, minari or webdataset."
        )


def write_png(path: Path, image: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """(H, W, 3) uint8 RGB or (H, W) uint16, without loss."""
    path.write_bytes(png(image))


def png(image: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    colour = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    return cv2.imencode(".png", colour, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def folder_names(episodes: int, digits: int) -> list[str]:
    """Numbers with at least so many digits, and all with as many."""
    return [f"{number:0{max(digits, len(str(episodes - 1)))}d}" for number in range(episodes)]
