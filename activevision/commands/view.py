"""``activevision view``: a recorded episode in Rerun."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro


@dataclass(frozen=True)
class View:
    """Open a recorded episode in Rerun: path in 3D, frames, depth, segmentation, motion and belief over time.

    Needs Rerun: pip install 'activevision[rerun]'.
    """

    folder: tyro.conf.Positional[str]
    """Folder or URL of the data set."""
    episode: int = 0
    """Number of the episode."""
    save: Path | None = None
    """Write a file for `rerun FILE.rrd` instead, where there is no screen."""

    def run(self) -> None:
        from activevision.rollouts.looking import rerun_view
        from activevision.rollouts.looking.episodes import chosen_episodes, read_numbered
        from activevision.rollouts.manifest import Manifest
        from activevision.rollouts.storage import Storage

        (found,) = chosen_episodes(self.folder, [self.episode])
        rollout = read_numbered(Storage(self.folder), found)
        classes = Manifest.read(self.folder).classes
        if self.save is None:
            rerun_view.show(rollout, self.episode, classes)
        else:
            rerun_view.save(rollout, self.episode, self.save, classes)
            print(f"{self.save}: open it with `rerun {self.save}`")
