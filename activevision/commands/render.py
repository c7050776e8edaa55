"""``activevision render``: a video of recorded episodes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro


@dataclass(frozen=True)
class Render:
    """Write a video of recorded episodes with their egomotion drawn in: frames, other sensors, map, motion.

    MP4 is H.264, which browsers play, and needs PyAV: pip install 'activevision[video]'. GIF needs nothing.
    """

    folder: tyro.conf.Positional[str]
    """Folder or URL of the data set."""
    out: Path = Path("clip.mp4")
    """The video; its name ends in .mp4 or .gif."""
    episode: tuple[int, ...] = (0,)
    """Numbers of episodes, one after the other."""
    scale: int | None = None
    """Pixels that a pixel of a frame becomes; frames are about 480 pixels high unless given."""
    rate: float | None = None
    """Frames a second; unless given as recorded, or 4 where fewer than 5 were recorded a second."""

    def run(self) -> None:
        from activevision.rollouts.looking.video import render_video

        frames = render_video(self.folder, self.out, self.episode, self.scale, self.rate)
        print(f"{self.out}: {frames} frames")
