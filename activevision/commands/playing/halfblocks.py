"""Pictures in a terminal: every character is two pixels, one above the other."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_LEVELS = np.array([0, 95, 135, 175, 215, 255])
_CUBE = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS, indexing="ij"), axis=-1).reshape(-1, 3)
_GREYS = np.repeat(np.arange(8, 248, 10)[:, None], 3, axis=1)
_PALETTE = np.concatenate([_CUBE, _GREYS]).astype(np.float32)
"""Colours 16 to 255 of a terminal that has 256, as xterm defines them."""


def fit_size(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """The size in pixels (width, even height) of a picture undistorted in ``columns`` × ``rows`` characters."""
    scale = min(columns / width, 2 * rows / height)
    return max(1, int(width * scale)), max(2, int(height * scale) // 2 * 2)


def resized(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The picture at another size, without aliasing where that is smaller."""
    shrinks = picture.shape[0] > height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)


def half_blocks(picture: NDArray[np.uint8], truecolor: bool) -> list[str]:
    """Lines of text with colour codes that show a picture (H, W, 3), H even, as H / 2 lines of W characters.

    truecolor: 24-bit colours; else the nearest of the terminal's 256.
    """
    if truecolor:
        codes = [[f"2;{r};{g};{b}" for r, g, b in row] for row in picture.tolist()]
    else:
        distance = (_PALETTE**2).sum(1) - 2 * picture.reshape(-1, 3).astype(np.float32) @ _PALETTE.T
        nearest = (16 + distance.argmin(1)).reshape(picture.shape[:2])
        codes = [[f"5;{index}" for index in row] for row in nearest.tolist()]
    return [_line(upper, lower) for upper, lower in zip(codes[::2], codes[1::2], strict=True)]


def _line(upper: list[str], lower: list[str]) -> str:
    """One line, which names a colour only where it changes: over a slow line that is what takes time."""
    parts, front, back = [], "", ""
    for top, bottom in zip(upper, lower, strict=True):
        changes = [f"38;{top}"] * (top != front) + [f"48;{bottom}"] * (bottom != back)
        parts.append(f"\x1b[{';'.join(changes)}m▀" if changes else "▀")
        front, back = top, bottom
    return "".join(parts) + "\x1b[0m"
