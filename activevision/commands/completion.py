"""``activevision benchmark completion``: learning to look around, from scenes to scores and a picture."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from activevision.commands.suites import CompletionSuite


@dataclass(frozen=True)
class _Settings:
    """What decides a run; more seeds may be added to one."""

    name: str
    suite: CompletionSuite


def run_completion(
    name: str, suite: CompletionSuite, seeds: int, out: Path, workers: int | None = None
) -> dict[str, Any]:
    """Train and evaluate every policy under so many seeds, in the folder ``out``; prints a table and the path of a
    picture, and returns the results. Goes on where it was stopped."""
    import numpy as np
    from rich.console import Console

    from activevision.commands.completion_picture import draw_completions
    from activevision.commands.completion_seed import POLICIES, enter, errors_file, read_errors, train_and_play
    from activevision.commands.learn import Stopwatch
    from activevision.commands.run_folder import command_line, open_run
    from activevision.evaluation.completion.scoring import score_completion
    from activevision.evaluation.completion.tables import table
    from activevision.evaluation.versions import installed_versions
    from activevision.files import as_json
    from activevision.machine import cores
    from activevision.progress import progress
    from activevision.workers import in_processes

    with open_run(out, "benchmark completion", _Settings(name, suite)):
        world = suite.world.any_world()
        timed = Stopwatch(out / "seconds.json")
        with timed("render"):
            for split in ("train", "val", "test"):
                world.make(split, 1).close()
        wanted = [seed for seed in range(seeds) if not errors_file(out, seed).exists()]
        if wanted:
            with (
                timed("train and evaluate"),
                progress("Completion", len(wanted) * len(POLICIES), "policies") as advance,
            ):
                for _ in in_processes(train_and_play, wanted, workers or cores(), advance, enter, (suite, out)):
                    pass
        played = [read_errors(out, seed) for seed in range(seeds)]
        scene = np.concatenate([part["scene"] for part in played])
        of_seed = np.repeat(np.arange(seeds), [len(part["scene"]) for part in played])
        label = {entry.id: entry.label for entry in world.catalogue.scenes("test")}
        new = np.isin([label[each] for each in scene.tolist()], suite.unseen)
        groups = {}
        for group, mask in {"seen classes": ~new, "unseen classes": new}.items() if suite.unseen else [("all", ~new)]:
            errors = {policy: np.concatenate([part[policy] for part in played])[mask] for policy in POLICIES}
            groups[group] = score_completion(errors, scene[mask], of_seed[mask])
        results = {
            "what": "completion",
            "command": command_line(),
            "versions": installed_versions(),
            "protocol": world.protocol.to_json(),
            "catalogue": world.facts("test"),
            "suite": as_json(asdict(suite)),
            "groups": groups,
            "seconds": {stage: round(value, 1) for stage, value in timed.seconds.items()},
        }
        Console().print(table(results))
        print(f"picture: {draw_completions(world, out)}")
        return results
