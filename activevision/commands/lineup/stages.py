"""The stages of a lineup; what an earlier run finished is not done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from activevision.commands.for_all import for_all
from activevision.commands.lineup.plan import Lineup, Unit
from activevision.evaluation.lineup.ablations import split_settings

if TYPE_CHECKING:
    from activevision.commands.collect import Film
    from activevision.evaluation.probing.compare import Candidate
    from activevision.scenes import Catalogue


class Films(NamedTuple):
    """So many films of a split, with these sensors, and the folder that they are to be in."""

    out: str
    split: str
    episodes: int
    film: Film
    sensors: tuple[str, ...]
    seed: int


def check_settings(units: Iterable[Unit]) -> None:
    """UserError for a setting that an objective does not have."""
    for unit in units:
        needed(unit.objective)


def needed(objective: str) -> tuple[str, ...]:
    """Fields beside the frames that an objective needs with its settings."""
    from activevision.encoders.config import PretrainConfig
    from activevision.encoders.objectives import objective_class

    name, settings = split_settings(objective)
    kind, config = objective_class(name), PretrainConfig(objective=name, settings=settings)
    config.own(kind.Settings)
    return kind.needed(config)


def collect_missing(catalogue: Catalogue, spec: Mapping[str, Any], wanted: Iterable[Films], workers: int) -> None:
    """Collect those films that are not there yet. spec: how the catalogue was asked for."""
    from activevision.commands.collect import collect_films
    from activevision.rollouts.engines import Processes, in_this_process
    from activevision.rollouts.manifest import FILE, Manifest

    engine = in_this_process if workers == 1 else Processes(workers)
    for out, split, episodes, film, sensors, seed in wanted:
        if not (Path(out) / FILE).exists() or Manifest.read(out).finished != episodes:
            collect_films(catalogue, spec, split, film, episodes, out, seed, sensors, engine=engine)


def pretrain_missing(lineup: Lineup, workers: int) -> None:
    from activevision.commands.lineup import jobs
    from activevision.encoders.objectives import objective_class

    units = [unit for unit in lineup.units if not (lineup.encoder(unit) / "config.json").exists()]
    units.sort(key=lambda unit: not needed(unit.objective))  # flow takes longest: first
    images = lineup.budget.images * sum(objective_class(unit.kind).learns for unit in units)
    for_all(jobs.pretrain_encoder, units, jobs.enter, lineup, workers, "Pretraining", images, "images")


def probe_missing(lineup: Lineup, workers: int) -> None:
    from activevision.commands.lineup import jobs
    from activevision.evaluation.probing.compare import measured_file

    units = [unit for unit in lineup.units if not measured_file(lineup.probes, unit.name).exists()]
    for_all(jobs.probe_encoder, units, jobs.enter, lineup, workers, "Probing", len(units), "encoders")


def candidates(lineup: Lineup) -> dict[str, Candidate]:
    """The encoders by name, with what their cards say of those that were trained."""
    from activevision.encoders.checkpoint import load_encoder, read_card
    from activevision.encoders.objectives import objective_class
    from activevision.evaluation.probing.compare import Candidate

    found = {}
    for unit in lineup.units:
        encoder = load_encoder(lineup.encoder(unit))
        card = read_card(lineup.encoder(unit)) if objective_class(unit.kind).learns else {}
        found[unit.name] = Candidate(encoder, {"backbone": encoder.name, "embedding": encoder.embedding, **card})
    return found
