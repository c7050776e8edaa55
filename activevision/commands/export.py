"""``activevision export``: rollouts in the forms that others read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro


@dataclass(frozen=True)
class Export:
    """Export rollouts to LeRobot, Minari, WebDataset, KITTI odometry or TUM RGB-D. Whose they are goes along."""

    folder: tyro.conf.Positional[str]
    """Rollouts: a folder or URL that collect or data import wrote."""
    to: str = "lerobot"
    """lerobot (v3.0), minari, webdataset, kitti or tum."""
    out: Path = Path("runs/exported")
    """Folder to write; it must not hold anything yet."""
    clip: int | None = None
    """Of webdataset: frames a sample. 1 unless given."""
    task: str | None = None
    """Of lerobot: the task in words. "look around" unless given."""
    fps: int | None = None
    """Of lerobot: frames a second. Those of the first episode, rounded, unless given."""
    id: Annotated[str | None, tyro.conf.arg(metavar="NAME-vN")] = None
    """Of minari: the dataset's id. The name of --out, with -v0 where it has no version, unless given."""

    def run(self) -> None:
        from activevision.rollouts.exporters import export, get_exporter

        left_out = export(self.folder, get_exporter(self.to, **self._options()), self.out)
        print(f"{self.folder} is in {self.out} as {self.to}")
        if left_out:
            print(f"left out, as {self.to} has no place for it: {', '.join(left_out)}")

    def _options(self) -> dict[str, Any]:
        import re

        names = ("clip", "task", "fps", "id")
        options = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.to == "minari" and self.id is None:
            name = re.sub(r"[^-\w.]", "-", self.out.resolve().name)
            options["id"] = name if re.search(r"-v\d+$", name) else f"{name}-v0"
        return options
