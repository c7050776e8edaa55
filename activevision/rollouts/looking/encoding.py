"""Frames into a file that plays: H.264 in MP4, which every browser shows, or GIF."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from activevision.errors import UserError
from activevision.optional import require

_CODECS = {
    "libx264": {"crf": "16", "preset": "medium"},
    "libopenh264": {},
    "libvpx-vp9": {"crf": "24", "b:v": "0"},
}
"""Encoders that browsers can play, in order of preference, with settings that keep small text sharp."""


def write_video(path: Path, frames: Iterator[NDArray[np.uint8]], rate: float) -> None:
    """Write frames (H, W, 3), ``rate`` of them a second; the file appears whole or not at all.

    UserError for a name that ends in neither .mp4 nor .gif, and for MP4 without PyAV or an encoder that browsers play.
    """
    write = {".mp4": _mp4, ".gif": _gif}.get(path.suffix.lower())
    if write is None:
        raise UserError(f"{path}: choose a name that ends in .mp4 or .gif.")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    try:
        write(aside, frames, rate)
        os.replace(aside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()


def check_video(path: Path) -> None:
    """What ``write_video`` would raise for this name, before anything is drawn."""
    if path.suffix.lower() == ".mp4":
        _encoder()
    elif path.suffix.lower() != ".gif":
        raise UserError(f"{path}: choose a name that ends in .mp4 or .gif.")


def _encoder() -> tuple[Any, str]:
    av = require("av", "video")
    for name in _CODECS:
        if name in av.codecs_available:
            return av, name
    raise UserError(
        f"PyAV has none of the encoders {', '.join(_CODECS)} here: install its wheel with "
        "pip install 'activevision[video]', or choose a name that ends in .gif."
    )


def _mp4(path: Path, frames: Iterator[NDArray[np.uint8]], rate: float) -> None:
    av, codec = _encoder()
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream(codec, rate=Fraction(rate).limit_denominator(1000), options=_CODECS[codec])
        stream.pix_fmt = "yuv420p"  # the only one that all players know; it asks for even sizes
        first = next(frames)
        stream.height, stream.width = (size + size % 2 for size in first.shape[:2])
        for frame in chain([first], frames):
            odd = [(0, size % 2) for size in frame.shape[:2]]
            even = np.pad(frame, [*odd, (0, 0)], mode="edge")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode())


def _gif(path: Path, frames: Iterator[NDArray[np.uint8]], rate: float) -> None:
    pictures = (Image.fromarray(frame) for frame in frames)
    first = next(pictures)
    first.save(path, format="GIF", save_all=True, append_images=pictures, duration=round(1000 / rate), loop=0)
