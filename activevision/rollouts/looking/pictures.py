"""Sensors as colours: (..., H, W, 3) uint8 pictures of depth, ids, flow and masks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Picture = NDArray[np.uint8]

IDS = ("instance", "category")
FLOWS = ("flow_forward", "flow_backward")
"""Names of the sensors, and of the pairs, that are drawn."""

NOTHING = (118, 122, 128)
"""The grey of what was not hit, not valid, or background: told apart from every colour that means something."""


def depth_colours(depth: ArrayLike, nearest: float, farthest: float) -> Picture:
    """Near is bright and far is dark, in steps that look even; ``NOTHING`` where nothing is hit."""
    depth = np.asarray(depth, np.float64)
    share = (depth - nearest) / max(farthest - nearest, 1e-9)
    colours = scale_colours()[np.round(255 * np.clip(share, 0.0, 1.0)).astype(np.intp)]
    colours[depth <= 0] = NOTHING
    return colours


def scale_colours() -> Picture:
    """(256, 3) colours of depths from the nearest to the farthest."""
    table = cv2.applyColorMap(np.arange(255, -1, -1, dtype=np.uint8)[:, None], cv2.COLORMAP_VIRIDIS)
    return np.asarray(table[:, 0, ::-1], np.uint8)


def id_colours(ids: ArrayLike) -> Picture:
    """A colour for each id, always the same; neighbouring ids differ in hue and lightness. 0 is ``NOTHING``."""
    ids = np.asarray(ids)
    values, places = np.unique(ids, return_inverse=True)
    table = np.array([id_colour(int(value)) for value in values], np.uint8).reshape(-1, 3)
    return table[places.reshape(ids.shape)]


def id_colour(value: int) -> tuple[int, int, int]:
    if value <= 0:
        return NOTHING
    # the golden ratio spreads hues evenly, however many there are
    hue, strength, light = value * 0.61803398875 % 1.0, (150, 215, 100)[value % 3], (235, 190, 255)[value % 3]
    pixel = np.array([[[round(hue * 179), strength, light]]], np.uint8)
    red, green, blue = cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0].tolist()
    return red, green, blue


def flow_colours(
    flow: ArrayLike, most: float, valid: ArrayLike | None = None, covisible: ArrayLike | None = None
) -> Picture:
    """Direction is hue and length saturation, full at ``most`` pixels: no motion is white.

    flow: (..., 2) pixels (column, row). ``NOTHING`` where it is not ``valid``; what is valid but not ``covisible``,
    because something hides it in the other view, is darkened.
    """
    flow = np.asarray(flow, np.float64)
    hue = np.mod(np.arctan2(flow[..., 1], flow[..., 0]), 2 * np.pi) / (2 * np.pi)
    length = np.clip(np.linalg.norm(flow, axis=-1) / max(most, 1e-9), 0.0, 1.0)
    shape = (*flow.shape[:-1], 3)
    hsv = np.stack([hue * 179, length * 230, np.full(length.shape, 255.0)], axis=-1).astype(np.uint8)
    colours = cv2.cvtColor(hsv.reshape(1, -1, 3), cv2.COLOR_HSV2RGB).reshape(shape)
    if covisible is not None:
        colours[~np.asarray(covisible, bool)] //= 2
    if valid is not None:
        colours[~np.asarray(valid, bool)] = NOTHING
    return np.asarray(colours, np.uint8)


def flow_wheel(size: int) -> Picture:
    """(size, size, 3): the colour of a point is that of flow from the middle to it."""
    places = (np.arange(size) + 0.5) / size * 2 - 1
    flow = np.stack(np.meshgrid(places, places), axis=-1)
    return flow_colours(flow, 1.0)


def contours(ids: NDArray, colours: Picture) -> Picture:
    """Colours (..., H, W, 3) with the borders between ids (..., H, W) darkened."""
    border = np.zeros(ids.shape, bool)
    border[..., :, 1:] |= ids[..., :, 1:] != ids[..., :, :-1]
    border[..., 1:, :] |= ids[..., 1:, :] != ids[..., :-1, :]
    marked = colours.copy()
    marked[border] //= 2
    return marked


def depth_range(depth: ArrayLike) -> tuple[float, float]:
    """Nearest and farthest depth to colour, in metres, but for outliers; (0, 1) where nothing is hit."""
    hit = np.asarray(depth)
    hit = hit[hit > 0]
    if hit.size == 0:
        return 0.0, 1.0
    nearest, farthest = np.percentile(hit, [1, 99]).tolist()
    return nearest, max(farthest, nearest + 1e-3)


def flow_range(flow: ArrayLike, valid: ArrayLike | None) -> float:
    """Pixels of flow that get the full colour: all but the longest hundredth are within."""
    length = np.linalg.norm(np.asarray(flow), axis=-1)
    length = length[np.asarray(valid, bool)] if valid is not None else length.ravel()
    return max(float(np.percentile(length, 99)), 1e-3) if length.size else 1.0
