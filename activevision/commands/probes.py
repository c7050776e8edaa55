"""``activevision benchmark probes``: encoders of many objectives on true egocentric motion, from films to scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.commands.collect import Film
from activevision.commands.heldout import sensors_with
from activevision.commands.lineup.plan import Lineup, Unit
from activevision.commands.lineup.stages import (
    Films,
    candidates,
    check_settings,
    collect_missing,
    needed,
    pretrain_missing,
    probe_missing,
)
from activevision.evaluation.lineup.budget import Budget
from activevision.evaluation.probing.benchmark import ProbesConfig, TrainingFilms, windows_at
from activevision.evaluation.probing.protocol import ProbeProtocol

if TYPE_CHECKING:
    from activevision.scenes import Catalogue


@dataclass(frozen=True)
class _Settings:
    """What decides the result of every encoder; more objectives may be added, as long as the films have what they
    need."""

    protocol: ProbeProtocol
    films: TrainingFilms
    sensors: tuple[str, ...]
    budget: Budget
    probe_seeds: int


def run_probes(
    protocol: ProbeProtocol,
    films: TrainingFilms,
    config: ProbesConfig,
    catalogue: Catalogue,
    out: Path,
    workers: int,
) -> dict[str, Any]:
    """Film the training scenes once, pretrain an encoder by every objective, and probe them all on test scenes.

    All of it in the folder ``out``; prints the path of a page and returns the results. Goes on where it was stopped.
    UserError where ``out`` holds a run of other settings, and for settings of objectives that do not exist.
    """
    from activevision.commands.learn import Stopwatch
    from activevision.commands.run_folder import command_line, open_run
    from activevision.evaluation.probing.compare import compare
    from activevision.evaluation.probing.page.page import write_probe_page
    from activevision.files import as_json
    from activevision.rollouts.dataset import WindowDataset

    units = tuple(Unit(objective, 0) for objective in config.objectives)
    check_settings(units)
    sensors = sensors_of(config.objectives)
    data = str(out / "rollouts" / "train")
    lineup = Lineup(units, config.budget, windows_at(films.step), data, protocol, config.probe_seeds, out)
    spec = {"catalogue": protocol.catalogue, "catalogue_options": {}}
    with open_run(out, "benchmark probes", _Settings(protocol, films, sensors, config.budget, config.probe_seeds)):
        timed = Stopwatch(out / "seconds.json")
        with timed("rollouts"):
            collect_missing(catalogue, spec, _wanted(lineup, films, sensors), workers)
        with timed("pretraining"):
            pretrain_missing(lineup, workers)
        with timed("probes"):
            probe_missing(lineup, workers)
        with timed("report"):
            train, test = (WindowDataset.load(lineup.probe_data(split)) for split in ("train", "test"))
            encoders, page = candidates(lineup), lineup.probes / "index.html"
            probes, task, measured = compare(encoders, train, test, protocol, config.probe_seeds, lineup.probes)
            write_probe_page(probes, task, measured, test, page, command_line())
        filmed = WindowDataset.load(data)
    print(f"the page is {page}")
    del probes["processor_seconds"]  # workers measured, and do not tell
    return {
        "what": "probes",
        "command": command_line(),
        **probes,
        "encoders": {unit.objective: probes["encoders"][unit.name] for unit in units},
        "config": as_json(asdict(config)),
        "films": {**asdict(films), "scenes": len(set(filmed.scenes)), "images": int(filmed.views.sum())},
        "windows": _windows(lineup),
        "seconds": {stage: round(value, 1) for stage, value in timed.seconds.items()},
    }


def sensors_of(objectives: Sequence[str]) -> tuple[str, ...]:
    """What films are to have for all of these objectives."""
    return sensors_with(field for objective in objectives for field in needed(objective))


def _wanted(lineup: Lineup, films: TrainingFilms, sensors: tuple[str, ...]) -> list[Films]:
    protocol = lineup.probe
    learnt = Film(protocol.motion, films.frames, films.rate, per_scene=films.per_scene)
    asked = Film(protocol.motion, protocol.views, protocol.rate)
    return [
        Films(lineup.data, "train", films.films, learnt, sensors, 0),
        Films(str(lineup.probe_data("train")), "train", protocol.train_episodes, asked, ("rgb",), 1),
        Films(str(lineup.probe_data("test")), "test", protocol.test_episodes, asked, ("rgb",), 1),
    ]


def _windows(lineup: Lineup) -> dict[str, dict[str, int]]:
    """Of every objective the frames of its windows, and the frames of the film from one of them to the next."""
    of_units = {unit.objective: lineup.windows[unit.kind] for unit in lineup.units}
    return {name: {"length": chosen.length, "gap": chosen.gap} for name, chosen in of_units.items()}
