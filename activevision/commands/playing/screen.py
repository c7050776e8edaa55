"""What a player has before them: the view, the views so far, and a few lines of words."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from activevision.commands.playing.episode import Episode
from activevision.commands.playing.halfblocks import fit_size, half_blocks, resized
from activevision.commands.playing.steering import Steering
from activevision.geometry import rotation_angle

_LINES = 4  # of words below the picture, the empty one included
_SMALL = 8  # pixels below which a view says nothing
_LEAST = (24, 10)  # columns and rows below which there is nothing to see


class Screen:
    """The terminal's other screen, drawn anew for every view."""

    def __init__(self, console: Console, steering: Steering):
        self._console, self._steering = console, steering

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows now. Asked of the terminal: COLUMNS and LINES do not follow a window."""
        columns, rows = os.get_terminal_size(self._console.file.fileno())
        return columns, rows

    def draw(self, episode: Episode, reveal: bool) -> None:
        """Show an episode as it stands. reveal: say what the scene is before the end."""
        columns, rows = self._console.size = self.size
        if columns < _LEAST[0] or rows < _LEAST[1]:
            self._write("\x1b[2J\x1b[H")
            self._console.print(f"play needs {_LEAST[0]} × {_LEAST[1]} characters", end="")
            return
        picture = compose(episode.frames, columns, rows - _LINES)
        lines = half_blocks(picture, self._console.color_system in ("truecolor", "windows"))
        self._write("\x1b[H" + "".join(f"{line}\x1b[K\r\n" for line in lines) + "\x1b[J\r\n")
        texts = (status(episode), about(episode, reveal), _help(episode.over, self._steering))
        for number, text in enumerate(texts):
            text.truncate(columns - 1, overflow="ellipsis")
            self._console.print(text, no_wrap=True, end="\n" if number < 2 else "")

    def say(self, text: str) -> None:
        """A word below the picture, while something takes its time."""
        columns, rows = self.size
        self._write(f"\x1b[{rows};1H\x1b[K\x1b[2m{text[: columns - 1]}\x1b[0m")

    def _write(self, codes: str) -> None:
        self._console.file.write(codes)
        self._console.file.flush()


@contextlib.contextmanager
def open_screen(steering: Steering) -> Iterator[Screen]:
    """The terminal's other screen; what was there before is back when the block is left, however that is."""
    console = Console(highlight=False)
    with console.screen():
        yield Screen(console, steering)


def compose(frames: Sequence[NDArray[np.uint8]], columns: int, rows: int) -> NDArray[np.uint8]:
    """The latest view as large as it can be in ``columns`` × ``rows`` characters; beside it the earlier ones, if wide.

    Returns (H, W, 3) with an even H ≤ 2 · rows and W ≤ columns.
    """
    height, width = frames[-1].shape[:2]
    wide, high = fit_size(width, height, columns, rows)
    view = resized(frames[-1], wide, high)
    side = _earlier(frames[:-1], columns - wide - 2, high)
    return view if side is None else np.concatenate([view, np.zeros((high, 2, 3), np.uint8), side], axis=1)


def _earlier(frames: Sequence[NDArray[np.uint8]], width: int, high: int) -> NDArray[np.uint8] | None:
    """The latest of the earlier views as small pictures in reading order, (high, W ≤ width, 3); None without room."""
    if not frames or width < _SMALL:
        return None
    tall = (high - 4) // 3  # three below one another, with gaps of two
    wide, tall = fit_size(frames[0].shape[1], frames[0].shape[0], width, tall // 2)
    if min(wide, tall) < _SMALL:
        return None
    across = (width + 2) // (wide + 2)
    side = np.zeros((high, across * (wide + 2) - 2, 3), np.uint8)
    for index, frame in enumerate(frames[-3 * across :]):
        y, x = (place * (size + 2) for place, size in zip(divmod(index, across), (tall, wide), strict=True))
        side[y : y + tall, x : x + wide] = resized(frame, wide, tall)
    return side


def status(episode: Episode) -> Text:
    """View k of T, the egomotion, and what the task says of the view."""
    info, line = episode.info, Text()
    line.append(f"view {len(episode.frames)} of {episode.protocol.views}", "bold")
    if episode.motions:
        moved, turned = np.linalg.norm(info["egomotion"][:3, 3]), np.degrees(rotation_angle(info["egomotion"]))
        parts = [f"moved {moved:.2f} m"] * bool(moved > 5e-3) + [f"turned {turned:.0f}°"] * bool(turned > 0.5)
        line.append(f" · {', '.join(parts) or 'stayed'}")
    if info.get("collided"):
        line.append(" · collided", "bold red")
    if "quality" in info:
        line.append(f" · quality of the view {100 * info['quality']:.0f} %")
    if "coverage" in info:
        line.append(f" · floor seen {100 * info['coverage']:.0f} %")
    if "error" in info:
        line.append(f" · error of the completion {info['error']:.1f}")
    return line


def about(episode: Episode, reveal: bool) -> Text:
    """Which scene, and what it is when that may be told: a scene's id says as much as its label."""
    line = Text(f"scene {int(episode.info['scene']) + 1} of {episode.scenes}")
    if episode.goal is not None:
        line.append(" · find: ").append(episode.goal, "bold")
    if episode.over or reveal:
        line.append(" · ").append(episode.label, "bold green").append(f" ({episode.info['scene_id']})")
    if episode.over:
        line.append(" · found!" if episode.info.get("success") else " · the episode is over")
    return line


def _help(over: bool, steering: Steering) -> Text:
    line = Text()
    for keys, what in (*(() if over else steering.help), ("r", "new episode"), ("q", "quit and save")):
        line.append(f"{'  ' if line else ''}{keys} ", "bold").append(what, "dim")
    return line
