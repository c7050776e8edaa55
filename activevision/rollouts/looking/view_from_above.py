"""A small map of an episode, from above: where the camera has been, which way it looks, what it has seen so far."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from activevision.rollouts.looking.colours import ACCENT, FAINT, INK, PANEL, SEEN, SOFT, WARNING
from activevision.rollouts.looking.standing import standing_points
from activevision.rollouts.looking.viewpoints import ORBIT, kind_of
from activevision.rollouts.rollout import Rollout

_FINER = 2  # drawn so many times larger and shrunk, for smooth lines
_POINTS, _DOT = 2000, 3  # of a view; finer pixels of a point's side
_LEAST = 1.0  # metres that a map shows at least
_OBJECT = 6 * _FINER  # half of the side of the square that stands for the object
_LEVEL = 0.1  # cosine: what looks steeper up or down has no direction on a map
_WEDGE = 0.16  # length of the view's wedge, of the map's smaller side


class ViewFromAbove:
    """Draws maps of one episode in one scale, of ``width`` × ``height`` pixels."""

    def __init__(self, rollout: Rollout, width: int, height: int):
        self._size = np.array([width, height]) * _FINER
        self._positions = rollout.pose[:, [0, 2], 3]
        self._ahead = -rollout.pose[:, [0, 2], 2]
        self._seen = standing_points(rollout, _POINTS)
        self._collided = np.concatenate([[False], rollout.collided])
        self._half = math.pi if rollout.camera == "equirectangular" else self._half_angle(rollout)
        self._round_object = kind_of([rollout.pose]) == ORBIT
        together = np.concatenate([self._positions, np.zeros((1, 2))]) if self._round_object else self._positions
        standing = np.concatenate(self._seen)
        if len(standing):
            together = np.concatenate([together, np.percentile(standing, [2, 98], axis=0)])
        low, high = together.min(0), together.max(0)
        self._middle = (low + high) / 2
        self._drawn, self._canvas = 0, self._empty()
        self._scale = float((self._size * 0.84 / np.maximum(high - low, _LEAST)).min())

    def draw(self, view: int) -> NDArray[np.uint8]:
        """(height, width, 3) at a view (from 0 on), with what it and those before it saw."""
        picture = Image.fromarray(self._ground(view))
        pen = ImageDraw.Draw(picture, "RGBA")
        if self._round_object:
            x, y = self._places(np.zeros(2)).tolist()
            pen.rectangle((x - _OBJECT, y - _OBJECT, x + _OBJECT, y + _OBJECT), (*SOFT, 255))
        path = [tuple(place) for place in self._places(self._positions).tolist()]
        width = 2 * _FINER
        if len(path) > 1:
            pen.line(path[view:], (*FAINT, 255), width)
            pen.line(path[: view + 1], (*ACCENT, 255), width)
        for x, y in path[: view + 1]:
            pen.ellipse((x - width, y - width, x + width, y + width), ACCENT)
        self._draw_wedge(pen, path[view], view)
        smaller = picture.resize(tuple((self._size // _FINER).tolist()), Image.Resampling.LANCZOS)
        return np.asarray(smaller, np.uint8)

    def _ground(self, view: int) -> NDArray[np.uint8]:
        """What was seen up to a view; goes on from the view before, for long episodes have many points."""
        if view < self._drawn:
            self._drawn, self._canvas = 0, self._empty()
        for points in self._seen[self._drawn : view + 1]:
            places = np.floor(self._places(points)).astype(int)
            for step in np.ndindex(_DOT, _DOT):
                columns, rows = (places + step).T
                inside = (columns >= 0) & (columns < self._size[0]) & (rows >= 0) & (rows < self._size[1])
                self._canvas[rows[inside], columns[inside]] = SEEN
        self._drawn = view + 1
        return self._canvas

    def _empty(self) -> NDArray[np.uint8]:
        return np.full((*self._size[::-1], 3), PANEL, np.uint8)

    def _draw_wedge(self, pen: ImageDraw.ImageDraw, place: tuple[float, ...], view: int) -> None:
        x, y = place
        length = _WEDGE * float(self._size.min())
        heading = math.degrees(math.atan2(self._ahead[view, 1], self._ahead[view, 0]))
        half = math.degrees(self._half)
        colour = WARNING if self._collided[view] else ACCENT
        box = (x - length, y - length, x + length, y + length)
        if np.linalg.norm(self._ahead[view]) > _LEVEL:
            pen.pieslice(box, heading - half, heading + half, (*colour, 90))
        radius = 4 * _FINER
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), colour, INK, _FINER)

    def _places(self, points: NDArray) -> NDArray[np.float64]:
        return (points - self._middle) * self._scale + self._size / 2

    @staticmethod
    def _half_angle(rollout: Rollout) -> float:
        return math.atan(rollout.rgb.shape[2] / 2 / float(rollout.intrinsics[0, 0]))
