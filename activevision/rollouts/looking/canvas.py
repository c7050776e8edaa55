"""One picture of an episode at a time: what the camera sees, its other sensors, where it is, and how it moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from activevision.geometry import log_se3
from activevision.pages.words import MINUS, number
from activevision.rollouts.looking import pictures
from activevision.rollouts.looking.colours import ACCENT, COMMANDED, FAINT, INK, PANEL, PAPER, SOFT, WARNING
from activevision.rollouts.looking.view_from_above import ViewFromAbove
from activevision.rollouts.rollout import Rollout

_MARGIN, _GAP, _HEADER, _FOOTER = 20, 10, 52, 96
_LEAST_MAP = 200  # pixels of the map's width where it has a column to itself
_AXES = (
    ("right", "x", "m"), ("up", "y", "m"), ("back", "z", "m"),
    ("pitch", "x", "°"), ("yaw", "y", "°"), ("roll", "z", "°"),
)  # fmt: skip


@dataclass(frozen=True)
class _Panel:
    """A sensor beside the frame: its name, and its pictures by views, None where a view has none."""

    title: str
    picture: Callable[[int], NDArray[np.uint8] | None]


def enlargement(rollout: Rollout) -> int:
    """How many times larger frames are shown so that they are about 480 pixels high."""
    return max(1, round(480 / rollout.rgb.shape[1]))


class Canvas:
    """Draws the views of one episode, all in one size.

    scale: whole pixels that a pixel of the frame becomes. most: (2,) metres and degrees of the longest bars.
    """

    def __init__(self, rollout: Rollout, episode: int, scale: int, most: NDArray[np.float64]):
        self._rollout, self._episode, self._most = rollout, episode, most
        height, width = (size * scale for size in rollout.rgb.shape[1:3])
        self._panels = list(_panels(rollout))
        cell = round((height - _GAP) / 2 * width / height), (height - _GAP) // 2
        columns = (len(self._panels) + 1) // 2
        left = _MARGIN + width + _GAP
        self._cells = [
            (left + (i // 2) * (cell[0] + _GAP), _HEADER + (i % 2) * (cell[1] + _GAP), *cell)
            for i in range(len(self._panels))
        ]
        if len(self._panels) % 2:  # the map fills what is left of the last column, or has one to itself
            self._map_box = (left + (columns - 1) * (cell[0] + _GAP), _HEADER + cell[1] + _GAP, *cell)
        else:
            self._map_box = (left + columns * (cell[0] + _GAP), _HEADER, max(cell[0], _LEAST_MAP), height)
        self._frame_box = (_MARGIN, _HEADER, width, height)
        self.width = self._map_box[0] + self._map_box[2] + _MARGIN
        self.height = _HEADER + height + _FOOTER
        self._map = ViewFromAbove(rollout, *self._map_box[2:])
        self._twists = np.concatenate([np.full((1, 6), np.nan), rollout.twist])
        self._commanded = np.concatenate([np.full((1, 6), np.nan), log_se3(rollout.commanded)])
        self._collided = np.concatenate([[False], rollout.collided])

    def draw(self, view: int) -> NDArray[np.uint8]:
        """(height, width, 3) of a view, from 0 on; bars are of the motion that led to it."""
        canvas = np.full((self.height, self.width, 3), PAPER, np.uint8)
        _paste(canvas, self._frame_box, self._rollout.rgb[view])
        shown = [panel.picture(view) for panel in self._panels]
        for box, picture in zip(self._cells, shown, strict=True):
            if picture is None:
                _fill(canvas, box, PANEL)
            else:
                _paste(canvas, box, picture)
        _paste(canvas, self._map_box, self._map.draw(view))
        image = Image.fromarray(canvas)
        pen = ImageDraw.Draw(image)
        self._draw_words(pen, view, [picture is not None for picture in shown])
        self._draw_bars(pen, view)
        return np.asarray(image, np.uint8)

    def _draw_words(self, pen: ImageDraw.ImageDraw, view: int, shown: list[bool]) -> None:
        rollout = self._rollout
        title = rollout.label or rollout.scene_id
        pen.text((_MARGIN, 25), title, INK, _font(20), anchor="lm")
        after = _MARGIN + pen.textlength(title, _font(20)) + 12
        pen.text((after, 26), f"episode {self._episode}", SOFT, _font(14), anchor="lm")
        time = f"view {view + 1} of {rollout.views}   {rollout.time[view]:.2f} s"
        pen.text((self.width - _MARGIN, 26), time, SOFT, _font(14), anchor="rm")
        for box, panel, there in zip(self._cells, self._panels, shown, strict=True):
            _caption(pen, box, panel.title if there else f"{panel.title}: no next view")
        _caption(pen, self._map_box, "from above")
        if self._collided[view]:
            x, y, width, height = self._frame_box
            pen.rectangle((x, y, x + width - 1, y + height - 1), outline=WARNING, width=7)
            pen.rectangle((x, y, x + 104, y + 30), WARNING)
            pen.text((x + 52, y + 16), "collision", PAPER, _font(16), anchor="mm")

    def _draw_bars(self, pen: ImageDraw.ImageDraw, view: int) -> None:
        top = self.height - _FOOTER + 18
        room = (self.width - 2 * _MARGIN + 2 * _GAP) / len(_AXES)
        for axis, (name, letter, unit) in enumerate(_AXES):
            left, width = _MARGIN + axis * room, room - 2 * _GAP
            value, asked = self._in_units(self._twists[view], axis), self._in_units(self._commanded[view], axis)
            pen.text((left, top + 8), name, INK, _font(14), anchor="lm")
            if width > 130:
                pen.text((left + pen.textlength(name, _font(14)) + 5, top + 8), letter, SOFT, _font(13), anchor="lm")
            # the typeface has no minus sign of its own
            written = number(value, 2 if unit == "m" else 1, sign=True).replace(MINUS, "-")
            shown = "" if np.isnan(value) else f"{written} m" if unit == "m" else f"{written}°"
            pen.text((left + width, top + 8), shown, SOFT, _font(13), anchor="rm")
            middle, y = left + width / 2, top + 26
            pen.rectangle((left, y, left + width, y + 16), PANEL)
            if not np.isnan(value):
                reach = width / 2 / self._most[axis // 3]
                ends = sorted((middle, middle + float(np.clip(value * reach, -width / 2, width / 2))))
                pen.rectangle((ends[0], y, ends[1], y + 16), WARNING if self._collided[view] else ACCENT)
                mark = middle + float(np.clip(asked * reach, -width / 2, width / 2))
                pen.rectangle((mark - 1.5, y - 3, mark + 1.5, y + 19), COMMANDED)
            pen.line((middle, y - 2, middle, y + 18), FAINT, 1)
        y = self.height - 14
        pen.text((_MARGIN, y), "motion to this view", SOFT, _font(12), anchor="lm")
        pen.rectangle((_MARGIN + 136, y - 5, _MARGIN + 139, y + 6), COMMANDED)
        pen.text((_MARGIN + 146, y), "as commanded", SOFT, _font(12), anchor="lm")

    @staticmethod
    def _in_units(twist: NDArray[np.float64], axis: int) -> float:
        return float(twist[axis] if axis < 3 else np.degrees(twist[axis]))


def longest_bars(rollouts: list[Rollout]) -> NDArray[np.float64]:
    """(2,) metres and degrees of the largest component of any motion, realised or commanded: one scale for all."""
    twists = np.concatenate([part for r in rollouts for part in (r.twist, log_se3(r.commanded))])
    largest = np.abs(twists.reshape(-1, 2, 3)).max(axis=(0, 2), initial=0.0)
    return np.maximum(largest * [1.0, 180 / np.pi], [1e-3, 0.1])


def _panels(rollout: Rollout) -> Iterator[_Panel]:
    depth = rollout.sensors.get("depth")
    if depth is not None:
        near, far = pictures.depth_range(depth)
        yield _Panel(f"depth {near:.2g} to {far:.2g} m", lambda t: pictures.depth_colours(depth[t], near, far))
    for name in pictures.IDS:
        ids = rollout.sensors.get(name)
        if ids is not None:
            yield _Panel(name, lambda t, ids=ids: pictures.contours(ids[t], pictures.id_colours(ids[t])))  # type: ignore[misc]
    flow = rollout.pairs.get("flow_forward")
    if flow is not None:
        masks = [rollout.pairs.get(f"flow_forward_{name}") for name in ("valid", "covisible")]
        most = pictures.flow_range(flow, masks[0])
        yield _Panel(
            f"flow to the next view, up to {most:.2g} pixels",
            lambda t: (
                pictures.flow_colours(flow[t], most, *(None if mask is None else mask[t] for mask in masks))
                if t < len(flow)
                else None
            ),
        )


def _paste(canvas: NDArray[np.uint8], box: tuple[int, ...], picture: NDArray[np.uint8]) -> None:
    x, y, width, height = box
    if picture.shape[:2] != (height, width):  # pixels stay pixels
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    canvas[y : y + height, x : x + width] = picture


def _fill(canvas: NDArray[np.uint8], box: tuple[int, ...], colour: tuple[int, int, int]) -> None:
    x, y, width, height = box
    canvas[y : y + height, x : x + width] = colour


def _caption(pen: ImageDraw.ImageDraw, box: tuple[int, ...], words: str) -> None:
    x, y = box[:2]
    width = min(pen.textlength(words, _font(13)) + 12, box[2])
    pen.rectangle((x, y, x + width, y + 21), PAPER)
    pen.text((x + 6, y + 11), words, SOFT, _font(13), anchor="lm")


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
