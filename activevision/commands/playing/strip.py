"""``played.png``: the views of the episodes that were played, and what led from each to the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from activevision.commands.playing.halfblocks import resized
from activevision.files import atomic_write
from activevision.rollouts.rollout import Rollout

_TILE, _GAP, _MARGIN, _CAPTION, _HEADER, _TITLE = 168, 10, 28, 26, 40, 54
_COLUMNS, _EPISODES = 10, 8
_INK, _SOFT, _BLUE, _RED = (32, 36, 42), (120, 126, 134), (38, 98, 168), (200, 46, 46)


def write_strip(path: Path, rollouts: Sequence[Rollout], words: Sequence[str]) -> None:
    """Write the latest episodes as a PNG. words: what each motion is called, by its index."""
    shown = list(rollouts[-_EPISODES:])
    columns = min(_COLUMNS, max(len(rollout.rgb) for rollout in shown))
    lines = [-(-len(rollout.rgb) // columns) for rollout in shown]
    width = 2 * _MARGIN + max(columns, 4) * (_TILE + _GAP) - _GAP
    page = Image.new("RGB", (width, _TITLE + sum(map(_height, lines)) + _MARGIN), "white")
    pen = ImageDraw.Draw(page)
    first = rollouts[0]
    pen.text((_MARGIN, 20), first.spec["id"], _INK, _font(20))
    left_out = f", the last {len(shown)} shown" if len(shown) < len(rollouts) else ""
    note = f"{first.protocol['name']}  ·  {_count(len(rollouts), 'episode')}{left_out}"
    pen.text((width - _MARGIN, 24), note, _SOFT, _font(14), anchor="ra")
    top = _TITLE
    for rollout, count in zip(shown, lines, strict=True):
        _episode(page, pen, top, rollout, columns, words)
        top += _height(count)
    with atomic_write(path) as file:
        page.save(file, "PNG", optimize=True)


def _height(lines: int) -> int:
    return _HEADER + lines * (_TILE + _CAPTION)


def _episode(
    page: Image.Image, pen: ImageDraw.ImageDraw, top: int, rollout: Rollout, columns: int, words: Sequence[str]
) -> None:
    """One episode: what it was of, and its views in reading order."""
    end = pen.textlength(rollout.label, _font(17))
    pen.text((_MARGIN, top + 12), rollout.label, _INK, _font(17))
    views = _count(len(rollout.rgb), "view")
    if len(rollout.rgb) < rollout.protocol["views"]:
        views = f"{len(rollout.rgb)} of {rollout.protocol['views']} views"
    pen.text((_MARGIN + end + 12, top + 15), f"{rollout.scene_id}  ·  {views}", _SOFT, _font(13))
    stopped = _stopped(rollout)
    for index, frame in enumerate(rollout.rgb):
        x = _MARGIN + index % columns * (_TILE + _GAP)
        y = top + _HEADER + index // columns * (_TILE + _CAPTION)
        page.paste(Image.fromarray(_square(frame)), (x, y))
        number = str(index + 1)
        pen.text((x, y + _TILE + 5), number, _BLUE, _font(13))
        motion = words[int(rollout.motion[index - 1])] if index else "start"
        said = f"{motion}, collided" if stopped[index] else motion
        place = x + pen.textlength(number, _font(13)) + 7
        pen.text((place, y + _TILE + 5), said, _RED if stopped[index] else _SOFT, _font(13))


def _square(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The view as large as its tile, in the middle of it."""
    height, width = frame.shape[:2]
    scale = _TILE / max(height, width)
    view = resized(frame, max(1, round(width * scale)), max(1, round(height * scale)))
    tile = np.full((_TILE, _TILE, 3), 255, np.uint8)
    row, column = (_TILE - view.shape[0]) // 2, (_TILE - view.shape[1]) // 2
    tile[row : row + view.shape[0], column : column + view.shape[1]] = view
    return tile


def _stopped(rollout: Rollout) -> NDArray[np.bool_]:
    """(T,) whether something stopped the motion to each view."""
    collided = rollout.sensors.get("collided")
    return np.zeros(len(rollout.rgb), bool) if collided is None else collided.reshape(len(rollout.rgb)) > 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
