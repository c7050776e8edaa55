"""Episodes as a video, one after the other, with their egomotion drawn in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.progress import progress
from activevision.rollouts.looking.canvas import Canvas, enlargement, longest_bars
from activevision.rollouts.looking.colours import PAPER
from activevision.rollouts.looking.encoding import check_video, write_video
from activevision.rollouts.looking.episodes import chosen_episodes, read_numbered
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.storage import Storage

SLOWEST, FASTEST, UNTIMED = 5.0, 60.0, 4.0
"""Frames a second that are played as they were recorded, at least and at most; and how many where they were not."""


def render_video(
    folder: Path | str, out: Path, episodes: Sequence[int], scale: int | None = None, rate: float | None = None
) -> int:
    """Write a video of these episodes of a data set, a frame a view, and return how many frames it has.

    out: ends in .mp4 or .gif. scale: pixels that a pixel of a frame becomes; about 480 pixels high unless given.
    rate: frames a second; unless given as recorded, or UNTIMED where that is too slow to see a motion.
    UserError for episodes that are not there, another ending, a missing encoder, or a scale or rate that is no more
    than 0.
    """
    if (scale is not None and scale < 1) or (rate is not None and not 0 < rate < np.inf):
        raise UserError(f"scale={scale}, rate={rate}: both must be numbers above 0.")
    check_video(out)
    storage = Storage(folder)
    chosen = chosen_episodes(folder, episodes)
    rollouts = [read_numbered(storage, episode) for episode in chosen]
    most = longest_bars(rollouts)
    canvases = [
        Canvas(rollout, episode.number, scale or enlargement(rollout), most)
        for rollout, episode in zip(rollouts, chosen, strict=True)
    ]
    frames = sum(rollout.views for rollout in rollouts)
    with progress("Drawing", frames, "frames") as advance:
        write_video(out, _frames(rollouts, canvases, advance), rate or recorded_rate(rollouts))
    return frames


def recorded_rate(rollouts: Sequence[Rollout]) -> float:
    """Frames a second."""
    steps = np.concatenate([np.diff(rollout.time) for rollout in rollouts])
    rate = 1 / float(np.median(steps)) if len(steps) else UNTIMED
    return min(rate, FASTEST) if rate >= SLOWEST else UNTIMED


def _frames(
    rollouts: Sequence[Rollout], canvases: Sequence[Canvas], advance: Callable[[int], None]
) -> Iterator[NDArray[np.uint8]]:
    """All in the size of the largest, for a video has one size."""
    width, height = max(c.width for c in canvases), max(c.height for c in canvases)
    for rollout, canvas in zip(rollouts, canvases, strict=True):
        for view in range(rollout.views):
            page = np.full((height, width, 3), PAPER, np.uint8)
            page[: canvas.height, : canvas.width] = canvas.draw(view)
            yield page
            advance(1)
