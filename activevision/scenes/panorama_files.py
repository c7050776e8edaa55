"""Equirectangular pictures as files: what can be read, checking them, and bringing high dynamic range to 8 bits."""

from __future__ import annotations

import importlib
import io
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from activevision.errors import UserError
from activevision.scenes.srgb import LINEAR, bytes_from_linear

FORMATS = ("jpg", "jpeg", "png", "hdr", "exr")

READER_VERSION = 1
"""Part of every key of a picture read here: to be raised when a change makes any file come out differently."""

ASPECT_TOLERANCE = 0.01
"""By how much of itself width / height may differ from 2."""

_KEY = 0.18  # what a mid grey gives back, to which the mean of the light is brought
_WHITE = 99.5  # percentile of the light that becomes white


def check_picture(path: Path, data: bytes) -> None:
    """UserError that names the file where its bytes are no whole equirectangular picture.

    A JPEG is decoded at an eighth of its size, which still meets every byte.
    """
    if path.suffix.lower() in (".hdr", ".exr"):
        height, width = _radiance(path, data).shape[:2]
        _check_aspect(path, width, height)
        return
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            image.draft("RGB", (width // 8, height // 8))
            image.load()
    except Exception as error:  # Pillow's decoders raise whatever the damage happens to cause
        raise _unreadable(path, error) from None
    _check_aspect(path, width, height)


def read_picture(path: Path, width: int) -> NDArray[np.uint8]:
    """The picture (H, W, 3) uint8 sRGB, shrunk by area to at most ``width`` columns. UserError names a bad file.

    HDR and EXR hold linear light; it is tone-mapped (``tone_mapped``).
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror}): check the path and its permissions.") from None
    if path.suffix.lower() in (".hdr", ".exr"):
        radiance = _radiance(path, data)
        _check_aspect(path, radiance.shape[1], radiance.shape[0])
        return tone_mapped(_shrunk(radiance, width))
    try:
        with Image.open(io.BytesIO(data)) as image:
            _check_aspect(path, *image.size)
            image.draft("RGB", (2 * width, width))  # a JPEG far larger than that is decoded at a fraction of its size
            pixels: NDArray[np.uint8] = np.array(image.convert("RGB"))
    except UserError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from None
    return pixels if pixels.shape[1] <= width else bytes_from_linear(_shrunk(LINEAR[pixels], width))


def tone_mapped(radiance: NDArray[np.floating]) -> NDArray[np.uint8]:
    """8-bit sRGB (H, W, 3) of an equirectangular image of linear light.

    Reinhard et al., Photographic tone reproduction for digital images (SIGGRAPH 2002), the global operator: the
    log-mean luminance is brought to 0.18 and the 99.5th percentile to white, both over the sphere, where a row
    near a pole counts less than one at the horizon. Colours keep their ratios; what is not finite is black.
    """
    light = np.clip(np.nan_to_num(radiance, nan=0.0, posinf=0.0, neginf=0.0), 0.0, None).astype(np.float64)
    luminance = light @ [0.2126, 0.7152, 0.0722]
    if not luminance.any():
        return np.zeros(light.shape, np.uint8)
    height = len(luminance)
    weight = np.broadcast_to(np.sin((np.arange(height) + 0.5) / height * math.pi)[:, None], luminance.shape)
    floor = luminance.max() * 1e-6  # a black pixel's logarithm would outweigh all others
    scale = _KEY / math.exp(np.average(np.log(np.maximum(luminance, floor)), weights=weight))
    scaled = luminance * scale
    order = np.argsort(scaled, axis=None)
    share = np.cumsum(weight.reshape(-1)[order])
    white = scaled.reshape(-1)[order[np.searchsorted(share, _WHITE / 100 * share[-1])]]
    shown = (1 + scaled / max(white, _KEY) ** 2) / (1 + scaled)
    return bytes_from_linear(light * (scale * shown)[..., None])


def _radiance(path: Path, data: bytes) -> NDArray[np.float32]:
    """Linear light (H, W, 3) of a Radiance HDR or an OpenEXR file."""
    if path.suffix.lower() == ".exr":
        return _openexr(path)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if pixels is None or pixels.ndim != 3 or pixels.dtype != np.float32:
        raise _unreadable(path, ValueError("damaged or not Radiance RGBE"))
    return np.ascontiguousarray(pixels[..., 2::-1])


def _openexr(path: Path) -> NDArray[np.float32]:
    try:
        library: Any = importlib.import_module("OpenEXR")
    except ImportError:
        raise UserError(f"{path}: EXR files need the OpenEXR package: pip install OpenEXR") from None
    try:
        channels = library.File(str(path), separate_channels=True).channels()
    except Exception as error:
        raise _unreadable(path, error) from None
    names = ("R", "G", "B") if {"R", "G", "B"} <= channels.keys() else ("Y", "Y", "Y")
    if names[0] not in channels:
        raise _unreadable(path, ValueError(f"has channels {', '.join(sorted(channels))}, not R, G, B"))
    return np.stack([channels[name].pixels for name in names], axis=-1).astype(np.float32)


def _shrunk(light: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    if light.shape[1] <= width:
        return light
    height = max(round(light.shape[0] * width / light.shape[1]), 1)
    return np.asarray(cv2.resize(light, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _check_aspect(path: Path, width: int, height: int) -> None:
    if abs(width / height / 2 - 1) > ASPECT_TOLERANCE:
        raise UserError(
            f"{path}: is {width}×{height}, but an equirectangular panorama, which shows every direction, is twice as "
            "wide as high: stitch it again or pad it to 2:1."
        )


def _unreadable(path: Path, error: Exception) -> UserError:
    kind = path.suffix[1:].upper()
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, UnidentifiedImageError):  # its own words name the object in memory that was read
        reason = "of no known picture format"
    return UserError(f"{path}: not a readable {kind} picture ({reason[:120]}): export it again.")
