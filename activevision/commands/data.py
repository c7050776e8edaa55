"""``activevision data``: check a data set, and show what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from activevision.commands.importing import ImportData

if TYPE_CHECKING:
    from activevision.rollouts.checking.data_set import Health


@dataclass(frozen=True)
class CheckData:
    """Check that a data set is whole: manifest, checksums, indices; with --deep every episode and what it claims.

    Prints a line for each damaged shard and ends with exit code 2 where there is one, else says what the set holds.
    """

    folder: tyro.conf.Positional[str]
    """Folder or URL of the data set."""
    deep: bool = False
    """Decode every episode: egomotions are the differences of the poses and lead to the last one, twists are their
    logarithms, time rises, rotations are rotations, and depth, poses and optical flow agree to half a pixel."""

    def run(self) -> None:
        from activevision.errors import UserError
        from activevision.rollouts.checking.data_set import check_data_set

        health = check_data_set(self.folder, self.deep)
        for problem in health.problems:
            print(problem)
        if health.problems:
            count = len(health.problems)
            raise UserError(f"{self.folder} is damaged: {count} {'problem' if count == 1 else 'problems'}, see above.")
        print(_summary(self.folder, health, self.deep))


@dataclass(frozen=True)
class ShowData:
    """Write one HTML page about a data set: pictures, motions, where the camera was, classes, sensors, settings."""

    folder: tyro.conf.Positional[str]
    """Folder or URL of the data set."""
    out: Path = Path("data.html")
    """The page; it loads nothing else."""
    episodes: int = 500
    """Episodes to read for motions and pictures, at most: evenly spread ones where there are more."""

    def run(self) -> None:
        from activevision.rollouts.looking.page import write_data_page

        write_data_page(self.folder, self.out, self.episodes)
        print(self.out)


@dataclass(frozen=True)
class Data:
    """Data sets of rollouts: check, show, import real video."""

    action: Annotated[
        Annotated[CheckData, tyro.conf.subcommand("check")]
        | Annotated[ShowData, tyro.conf.subcommand("show")]
        | Annotated[ImportData, tyro.conf.subcommand("import")],
        tyro.conf.arg(name=""),
    ]

    def run(self) -> None:
        self.action.run()


def _summary(folder: str, health: Health, deep: bool) -> str:
    manifest = health.manifest
    source = manifest.source
    lasts = "" if health.seconds is None else f", {_lasting(health.seconds)}"
    depth = "every episode holds what it claims" if deep else "checksums and indices agree; --deep checks the episodes"
    classes = f" of {len(manifest.classes)} classes" if manifest.classes else ""
    return "\n".join(
        [
            f"{folder} is whole: {depth}.",
            f"{manifest.finished:,} episodes, {manifest.frames:,} frames{lasts}, {health.bytes / 1e6:,.1f} MB in "
            f"{len(manifest.shards)} shards",
            f"{health.scenes:,} scenes{classes} from {source.catalogue} ({source.split})",
            f"sensors: {', '.join(health.sensors)}",
            f"licence: {source.licence}; credit: {source.credit}",
        ]
    )


def _lasting(seconds: float) -> str:
    for unit, size in (("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.1f} seconds"
