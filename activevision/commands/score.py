"""``activevision score``: figures, intervals and a report of trajectory logs, whoever made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from activevision.commands.choices import SceneChoice
from activevision.commands.run_folder import command_line, note_run
from activevision.errors import UserError

if TYPE_CHECKING:
    from activevision.evaluation.log import TrajectoryLog


@dataclass(frozen=True)
class Score:
    """Score trajectory logs, of `activevision evaluate` or made elsewhere (docs/trajectory_log.md says how): a table,
    results.json and report.html. Logs of the same policy, fusion and recogniser are joined; all must be of the same
    protocol, scenes and starts."""

    logs: tyro.conf.Positional[tuple[Path, ...]]
    """Parquet files, or folders in which all of them are taken."""
    choice: Annotated[SceneChoice, tyro.conf.arg(name="")] = field(default_factory=SceneChoice)
    """Catalogue whose classes the logs' must be among; its classes also name those of logs that do not."""
    fusion: str | None = None
    """The main fusion, which policies are compared with; that of most policies unless given."""
    compare: tuple[tuple[str, str], ...] = ()
    """Further agents to compare, two by two. An agent is policy, policy/fusion or policy/fusion/recogniser."""
    floor: str | None = None
    """Agent from which gaps are measured: random, unless given."""
    ceiling: str | None = None
    """Agent up to which gaps are measured: all_views, unless given."""
    resamples: int = 10_000
    """Of the bootstrap."""
    out: Path = Path("runs/score")
    """Folder for the results and the report."""

    def run(self) -> None:
        if self.resamples < 100:
            raise UserError(f"--resamples {self.resamples}: an interval needs at least 100.")
        files = _files(self.logs)

        from rich.console import Console

        from activevision.evaluation.intervals import Bootstrap
        from activevision.evaluation.report.page import write_report
        from activevision.evaluation.results import build_results
        from activevision.evaluation.results_file import write_results
        from activevision.evaluation.tables import tables
        from activevision.files import read_json

        logs = _read(files, self.choice)
        results = build_results(
            logs, {}, {}, bootstrap=Bootstrap(resamples=self.resamples), fusion=self.fusion, pairs=self.compare,
            floor=self.floor, ceiling=self.ceiling,
        )  # fmt: skip
        note_run(self.out, "score", self)
        write_results(results, self.out / "results.json")
        report = self.out / "report.html"
        write_report(results, [], report, command=command_line(), config=read_json(self.out / "config.json"))
        console = Console()
        for shown in tables(results):
            console.print(shown)
        print(f"report: {report}")


def _files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and those of folders in the order of their names; each once."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
        if not inside:
            raise UserError(f"no trajectory log (*.parquet) anywhere in {path}: check the path.")
        found += inside
    if not found:
        raise UserError("nothing to score: name trajectory logs, or folders of them.")
    return list({path.resolve(): path for path in found}.values())


def _read(files: Sequence[Path], choice: SceneChoice) -> list[TrajectoryLog]:
    """The logs of ``files``; UserError where one has a class that the catalogue asked for lacks."""
    from activevision.evaluation.log import TrajectoryLog

    if not choice.scenes:
        return [TrajectoryLog.load(file) for file in files]
    catalogue = choice.catalogue()
    logs = [TrajectoryLog.load(file, catalogue.classes) for file in files]
    for file, log in zip(files, logs, strict=True):
        for name in log.classes:
            if name not in catalogue.classes:
                raise UserError(
                    f"{file}: its class {name!r} is not among the {len(catalogue.classes)} of catalogue "
                    f"{catalogue.name!r}: give the --scenes that it was made from."
                )
    return logs
