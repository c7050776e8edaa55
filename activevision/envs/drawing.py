"""The picture of an episode: what the camera sees, where it has been, what is believed."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_SIDE, _MARGIN, _HEADER = 320, 20, 44
# the look that all pictures of episodes share
INK, SOFT, FAINT, PAPER = (32, 36, 42), (120, 126, 134), (226, 229, 233), (255, 255, 255)
BLUE, ORANGE = (38, 98, 168), (214, 118, 22)
_SHOWN_CLASSES = 10


def draw_episode(
    frame: NDArray[np.uint8],
    angles: NDArray[np.float64],
    views: int,
    classes: Sequence[str],
    label: int,
    belief: NDArray[np.float64] | None,
    scene_id: str,
) -> NDArray[np.uint8]:
    """One picture (H, W, 3) uint8 of an episode so far.

    frame: (H, W, 3) the current view. angles: (t, 2) elevation and azimuth in radians of the viewpoints so far, of
    ``views`` in all. belief: (C,) probabilities, or None where nobody recognises.
    """
    panels = 3 if belief is not None else 2
    canvas = Image.new("RGB", (panels * (_SIDE + _MARGIN) + _MARGIN, _SIDE + _HEADER + _MARGIN), PAPER)
    pen = ImageDraw.Draw(canvas)
    left = _MARGIN
    canvas.paste(Image.fromarray(cv2.resize(frame, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)), (left, _HEADER))
    pen.text((left, 14), f"View {len(angles)} of {views}", INK, font(17))
    pen.text((left + _SIDE, 17), f"{classes[label]}  ·  {scene_id}", SOFT, font(13), anchor="ra")
    left += _SIDE + _MARGIN
    pen.text((left, 14), "Viewpoints", INK, font(17))
    _draw_path(pen, left, angles)
    if belief is not None:
        left += _SIDE + _MARGIN
        pen.text((left, 14), "Belief", INK, font(17))
        draw_belief(pen, left, classes, label, belief)
    return np.asarray(canvas)


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own, in pixels."""
    return ImageFont.load_default(size)


def _draw_path(pen: ImageDraw.ImageDraw, left: int, angles: NDArray[np.float64]) -> None:
    """The sphere seen from above as a disc: azimuth round it, the horizon half way out, the top in the middle."""
    radius = _SIDE / 2 - 18
    centre = np.array([left + _SIDE / 2, _HEADER + _SIDE / 2])

    def place(elevation: float, azimuth: float) -> tuple[float, float]:
        reach = radius * (0.5 - elevation / np.pi)
        x, y = centre + reach * np.array([np.sin(azimuth), np.cos(azimuth)])
        return float(x), float(y)

    for elevation in (-90, -60, -30, 0, 30, 60):
        reach = radius * (0.5 - elevation / 180)
        colour, width = (SOFT, 2) if elevation == 0 else (FAINT, 1)
        pen.ellipse((*(centre - reach), *(centre + reach)), outline=colour, width=width)
    for azimuth in range(0, 360, 30):
        pen.line((*centre, *place(-np.pi / 2, np.radians(azimuth))), fill=FAINT)
    x, y = place(-np.pi / 2, 0.0)
    pen.text((x, y + 3), "front", SOFT, font(12), anchor="ma")
    points = [place(*pair) for pair in angles]
    if len(points) > 1:
        pen.line(points, fill=BLUE, width=3, joint="curve")
    for number, (x, y) in enumerate(points, 1):
        colour = ORANGE if number == len(points) else BLUE
        pen.ellipse((x - 11, y - 11, x + 11, y + 11), fill=colour, outline=PAPER, width=2)
        pen.text((x, y), str(number), PAPER, font(13), anchor="mm")


def draw_belief(
    pen: ImageDraw.ImageDraw, left: int, classes: Sequence[str], label: int, belief: NDArray[np.float64]
) -> None:
    """The most probable classes as bars; the true class always, in orange."""
    order = [int(index) for index in np.argsort(-belief, kind="stable")[:_SHOWN_CLASSES]]
    if label not in order:
        order[-1] = label
    row, name_width = _SIDE / _SHOWN_CLASSES, 110
    for place, index in enumerate(order):
        middle = _HEADER + (place + 0.5) * row
        colour = ORANGE if index == label else BLUE
        name = classes[index] if len(classes[index]) <= 15 else classes[index][:14] + "…"
        pen.text((left + name_width - 8, middle), name, colour if index == label else INK, font(14), anchor="rm")
        full = _SIDE - name_width - 44
        pen.rectangle((left + name_width, middle - 8, left + name_width + full, middle + 8), fill=FAINT)
        pen.rectangle(
            (left + name_width, middle - 8, left + name_width + full * belief[index], middle + 8), fill=colour
        )
        pen.text((left + _SIDE, middle), f"{100 * belief[index]:.0f} %", SOFT, font(13), anchor="rm")
