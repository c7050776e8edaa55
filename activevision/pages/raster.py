"""Drawings as pixels: what a page shows as SVG, for where there is no browser."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray
from PIL import Image

from activevision.pages.style import Look, Style

_DPI, _POINTS = 100, 0.72  # of which a user unit has so many
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}
_MOVES = re.compile(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)(?:\s*rotate\(([-\d.]+)\))?")
_SQUARE = re.compile(r"M([-\d.]+) ([-\d.]+)h([-\d.]+)v([-\d.]+)h-[-\d.]+z")


def painted(drawing: Element, package: str, scale: float = 2.0) -> NDArray[np.uint8]:
    """(H, W, 3) of an ``svg`` as ``pages.html`` draws them, so many pixels to a unit, on white; it looks as on a light
    page that ``write_page`` gives the look of ``package``. ValueError for a part that is none of those that our figures
    are made of."""
    return _Painter(drawing, style_of(package)).paint(scale)


def style_of(package: str) -> Style:
    """The style sheet of all pages and that of ``package``, as one."""
    return Style(
        "\n".join(
            resources.files(where).joinpath(name).read_text(encoding="utf-8")
            for where, name in ((__package__, "base.css"), (package, "style.css"))
        )
    )


class _Painter:
    def __init__(self, drawing: Element, style: Style):
        self._drawing, self._style = drawing, style
        self._width, self._height = float(drawing.get("width", 0)), float(drawing.get("height", 0))
        self._figure = Figure(figsize=(self._width / _DPI, self._height / _DPI), facecolor="white")
        self._axes = self._figure.add_axes((0, 0, 1, 1), frameon=False)
        self._axes.set(xlim=(0, self._width), ylim=(self._height, 0), xticks=[], yticks=[])

    def paint(self, scale: float) -> NDArray[np.uint8]:
        self._figure.set_dpi(_DPI * scale)
        for part in self._drawing:
            self._part(part, [self._drawing], self._style.look([self._drawing], self._style.root), np.eye(3), 1.0)
        canvas = FigureCanvasAgg(self._figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3].copy()

    def _part(
        self, part: Element, ancestors: Sequence[Element], inherited: Look, place: NDArray[np.float64], solid: float
    ) -> None:
        if part.tag == "title":
            return
        line = [*ancestors, part]
        look = self._style.look(line, inherited)
        place, solid = place @ _placed(part), solid * float(look.get("opacity", 1))
        if part.tag == "g":
            for child in part:
                self._part(child, line, look, place, solid)
            return
        drawn = self._drawn(part, look, solid)
        drawn.set_transform(Affine2D(place) + self._axes.transData)
        if not isinstance(drawn, Text):
            drawn.set_clip_on(False)
        drawn.set_zorder(1 + len(self._axes.get_children()))
        self._axes.add_artist(drawn)
        if isinstance(drawn, Text):
            drawn.set_transform(self._axes.transData)
            x, y, _ = place @ (*drawn.get_position(), 1.0)
            drawn.set(position=(x, y), rotation=-np.degrees(np.arctan2(place[1, 0], place[0, 0])))

    def _drawn(self, part: Element, look: Look, solid: float) -> Any:
        def number(name: str) -> float:
            return float(part.get(name, 0))

        area = _area(look, solid)
        if part.tag == "rect":
            x, y, width, height, round_ = map(number, ("x", "y", "width", "height", "rx"))
            if round_ > 0 and min(width, height) > 0:
                round_ = min(round_, width / 2, height / 2)
                box = f"round,pad=0,rounding_size={round_}"
                return FancyBboxPatch((x, y), width, height, boxstyle=box, mutation_aspect=1, **area)
            return Rectangle((x, y), width, height, **area)
        if part.tag == "circle":
            return Circle((number("cx"), number("cy")), number("r"), **area)
        if part.tag == "line":
            ends = [number("x1"), number("x2")], [number("y1"), number("y2")]
            return Line2D(*ends, **_stroke(look, solid))
        if part.tag in ("polyline", "polygon"):
            marks = np.array([pair.split(",") for pair in part.get("points", "").split()], float)
            if part.tag == "polygon":
                return Polygon(marks, closed=True, **area)
            return Line2D(*marks.T, **_stroke(look, solid))
        if part.tag == "path":
            return PathPatch(_squares(part.get("d", "")), **area)
        if part.tag == "text":
            return Text(number("x"), number("y"), part.text or "", **_letters(look, solid))
        if part.tag == "image":
            return self._image(part)
        raise ValueError(f"a drawing has a {part.tag!r}, which nobody here can paint")

    def _image(self, part: Element) -> Any:
        x, y, width, height = (float(part.get(name, 0)) for name in ("x", "y", "width", "height"))
        pixels = Image.open(io.BytesIO(base64.b64decode(part.get("href", "").partition(",")[2])))
        found = AxesImage(self._axes, extent=(x, x + width, y + height, y), origin="upper", interpolation="hanning")
        found.set_data(np.asarray(pixels.convert("RGB")))
        return found


def _placed(part: Element) -> NDArray[np.float64]:
    match = _MOVES.fullmatch(part.get("transform", ""))
    if match is None:
        return np.eye(3)
    x, y, turn = float(match[1]), float(match[2]), np.radians(float(match[3] or 0))
    return np.array([[np.cos(turn), -np.sin(turn), x], [np.sin(turn), np.cos(turn), y], [0, 0, 1.0]])


def _squares(d: str) -> Outline:
    """The outline of rectangles as ``figures.levels`` writes them."""
    boxes = [[float(n) for n in match.groups()] for match in _SQUARE.finditer(d)]
    return Outline.make_compound_path(
        *(Outline([(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)], closed=True) for x, y, w, h in boxes)
    )


def _colour(name: str, alpha: float) -> Any:
    return (0, 0, 0, 0) if name in ("", "none") else to_rgba(name, alpha)


def _area(look: Look, solid: float) -> dict[str, Any]:
    fill = _colour(look.get("fill", "black"), solid * float(look.get("fill-opacity", 1)))
    edge = look.get("stroke", "none")
    width = 0.0 if edge == "none" else _POINTS * float(look.get("stroke-width", "1").removesuffix("px"))
    return {"facecolor": fill, "edgecolor": _colour(edge, solid), "linewidth": width}


def _stroke(look: Look, solid: float) -> dict[str, Any]:
    width = float(look.get("stroke-width", "1").removesuffix("px"))
    dashes = [float(n) / width for n in look.get("stroke-dasharray", "none").replace(",", " ").split() if n != "none"]
    return {
        "color": _colour(look.get("stroke", "none"), solid),
        "linewidth": _POINTS * width,
        "linestyle": (0, dashes) if dashes else "-",
        "solid_capstyle": "round" if look.get("stroke-linecap") == "round" else "butt",
        "dash_capstyle": "round" if look.get("stroke-linecap") == "round" else "butt",
        "solid_joinstyle": "round",
    }


def _letters(look: Look, solid: float) -> dict[str, Any]:
    weight = look.get("font-weight", "400")
    return {
        "color": _colour(look.get("fill", "black"), solid),
        "fontsize": _POINTS * float(look.get("font-size", "13px").removesuffix("px")),
        "fontweight": "bold" if weight == "bold" or (weight.isdigit() and int(weight) >= 600) else "normal",
        "fontstyle": look.get("font-style", "normal"),
        "fontfamily": "DejaVu Sans",
        "horizontalalignment": _ANCHORS[look.get("text-anchor", "start")],
        "verticalalignment": "baseline",
        "parse_math": False,
    }
