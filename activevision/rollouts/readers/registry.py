"""Readers by the name of their format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from activevision.errors import UserError, unknown
from activevision.rollouts.readers.folder import FrameFolder
from activevision.rollouts.readers.kitti import KittiOdometry
from activevision.rollouts.readers.sequence import Reader
from activevision.rollouts.readers.seven_scenes import SevenScenes
from activevision.rollouts.readers.tum import TumRgbd

READERS: Mapping[str, type[Any]] = {
    reader.format: reader for reader in (KittiOdometry, TumRgbd, SevenScenes, FrameFolder)
}


def get_reader(format: str, folder: Path, **options: Any) -> Reader:
    """The reader of a format over a folder.

    UserError for an unknown format, an option that it does not have, or a folder that is not there.
    """
    if format not in READERS:
        raise unknown("format", format, READERS)
    allowed = {field.name for field in fields(READERS[format])} - {"folder"}
    for name in options:
        if name not in allowed:
            raise UserError(
                f"{_flag(name)} does not apply to the format {format!r}: leave it out; "
                f"it has {', '.join(_flag(one) for one in sorted(allowed))}."
            )
    if not folder.is_dir():
        raise UserError(f"no folder {folder}: give the one that the data set was unpacked to.")
    return READERS[format](folder, **options)


def _flag(option: str) -> str:
    return "--fx or --hfov" if option == "intrinsics" else f"--{option}"
