"""The picture of an episode of completion: what is seen, what is predicted from it, what is there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from activevision.envs.drawing import BLUE, INK, ORANGE, PAPER, SOFT, font
from activevision.protocol import Protocol

_SIDE, _MARGIN, _HEADER, _FOOTER, _SCALE_WIDTH = 300, 24, 46, 26, 34
_GRID_WIDTH = 480


def draw_completion(
    frame: NDArray[np.uint8],
    target: NDArray[np.uint8],
    prediction: NDArray[np.uint8] | None,
    predicted_from: int,
    error: float,
    angles: NDArray[np.float64],
    protocol: Protocol,
    title: str,
) -> NDArray[np.uint8]:
    """One picture (H, W, 3) uint8 of an episode so far.

    frame: (H, W, 3) the current view. target, prediction: (E, A, H, W, 3) view grids whose column 0 has the azimuth of
    the first view; the prediction was made of the first ``predicted_from`` views (None of none), and ``error`` is its
    mean squared error × 1000.
    angles: (t, 2) elevation and azimuth in radians of the glimpses, azimuth from the first.
    """
    tile = _GRID_WIDTH // protocol.azimuths
    rows, columns = protocol.grid_shape
    height = max(_SIDE, rows * tile)
    panel = _MARGIN + _SCALE_WIDTH + columns * tile
    canvas = Image.new("RGB", (_MARGIN + _SIDE + 2 * panel + _MARGIN, _HEADER + height + _FOOTER + _MARGIN // 2), PAPER)
    pen = ImageDraw.Draw(canvas)
    canvas.paste(_enlarged(frame, _SIDE, _SIDE), (_MARGIN, _HEADER))
    pen.text((_MARGIN, 14), f"View {len(angles)} of {protocol.views}", INK, font(17))
    known = f"from view{'s' * (predicted_from > 1)} 1{f' to {predicted_from}' * (predicted_from > 1)}"
    note = f"{known if predicted_from else 'nothing yet'}  ·  error {error:.1f}"
    guess = np.full_like(target, 127) if prediction is None else prediction
    for place, (name, views, words) in enumerate((("Predicted", guess, note), ("True", target, title))):
        left = _MARGIN + _SIDE + _MARGIN + _SCALE_WIDTH + place * panel
        pen.text((left, 14), name, INK, font(17))
        pen.text((left + columns * tile, 17), words, SOFT, font(13), anchor="ra")
        canvas.paste(_grid(views, angles, protocol, tile), (left, _HEADER))
        _draw_scales(pen, left, protocol, tile)
    return np.asarray(canvas)


def _grid(views: NDArray[np.uint8], angles: NDArray[np.float64], protocol: Protocol, tile: int) -> Image.Image:
    """The views of a grid, glimpses framed and numbered: highest elevation on top, the first azimuth in the middle."""
    rows, columns = protocol.grid_shape
    picture = Image.new("RGB", (columns * tile, rows * tile), PAPER)
    for row in range(rows):
        for column in range(columns):
            x, y = _place(float(row), float(column), protocol)
            picture.paste(_enlarged(views[row, column], tile - 1, tile - 1), (round(x * tile), round(y * tile)))
    pen = ImageDraw.Draw(picture)
    for number, (elevation, azimuth) in enumerate(angles, 1):
        again = [other for other, angle in enumerate(angles[:number], 1) if np.allclose(angle, angles[number - 1])]
        words = ",".join(map(str, again))
        height = float(np.interp(elevation, protocol.elevations, np.arange(rows)))
        x, y = _place(height, azimuth / protocol.azimuth_step, protocol)
        colour = ORANGE if number == len(angles) else BLUE
        for left in (x, x - columns):  # a glimpse between columns may lie across the seam
            corner = (left * tile, y * tile)
            pen.rectangle((*corner, corner[0] + tile - 2, corner[1] + tile - 2), outline=colour, width=3)
            width = pen.textlength(words, font(13)) + 8
            pen.rectangle((*corner, corner[0] + width, corner[1] + 16), fill=colour)
            pen.text((corner[0] + width / 2, corner[1] + 8), words, PAPER, font(13), anchor="mm")
    return picture


def _place(row: float, column: float, protocol: Protocol) -> tuple[float, float]:
    """Where a view is drawn, in tiles from the top left. A camera that turns sees greater azimuths farther left."""
    rows, columns = protocol.grid_shape
    from_first = column if protocol.viewpoints == "orbit" else -column
    return (from_first + columns // 2) % columns, rows - 1 - row


def _draw_scales(pen: ImageDraw.ImageDraw, left: int, protocol: Protocol, tile: int) -> None:
    """Elevation beside the rows, azimuth from the first view below every column."""
    for row, elevation in enumerate(protocol.elevations_deg):
        _, y = _place(float(row), 0.0, protocol)
        pen.text((left - 6, _HEADER + (y + 0.5) * tile), f"{elevation:+.0f}°", SOFT, font(11), anchor="rm")
    for column in range(protocol.azimuths):
        x, _ = _place(0.0, float(column), protocol)
        degrees = 180 - (180 - column * 360 / protocol.azimuths) % 360  # from −180, not included, to 180
        bottom = _HEADER + len(protocol.elevations_deg) * tile
        pen.text((left + (x + 0.5) * tile, bottom + 4), f"{degrees:.0f}°", SOFT, font(11), anchor="ma")


def _enlarged(view: NDArray[np.uint8], width: int, height: int) -> Image.Image:
    shrinks = view.shape[0] > height
    return Image.fromarray(
        cv2.resize(view, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    )
