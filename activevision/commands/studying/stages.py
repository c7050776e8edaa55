"""The stages of the study, one after the other; what an earlier run finished is not done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from activevision.commands.heldout import check_fields
from activevision.commands.studying.plan import Plan
from activevision.errors import UserError
from activevision.evaluation.study.config import MOTION, SENSORS

if TYPE_CHECKING:
    from activevision.commands.learn import Stopwatch
    from activevision.commands.studying.jobs import Advance

_SPLITS = ("train", "val", "test")

Item = TypeVar("Item")


def run_stages(plan: Plan, workers: int, timed: Stopwatch) -> None:
    """From scenes to the logs of every agent."""
    from activevision.commands.studying import jobs
    from activevision.encoders.objectives import objective_class

    with timed("scenes"):
        for split in _SPLITS:
            with closing(plan.world.make(split, 1)):  # renders what of its views is not in the cache
                pass
    with timed("rollouts"):
        _film(plan, workers)
    with timed("pretraining"):
        units = [unit for unit in plan.units if not (plan.encoder(unit) / "config.json").exists()]
        units.sort(key=lambda unit: not objective_class(unit.objective).fields)  # flow takes longest: first
        learning = sum(objective_class(unit.objective).learns for unit in units)
        _all(jobs.pretrain_encoder, units, plan, workers, "Pretraining", learning * plan.config.images, "images")
    with timed("probes"):
        units = [unit for unit in plan.units if not (plan.probes / "measured" / f"{unit.name}.npz").exists()]
        _all(jobs.probe_encoder, units, plan, workers, "Probing", len(units), "encoders")
    with timed("evidence"):
        units = [unit for unit in plan.units if not jobs.has_looked(plan, unit)]
        for unit in units:
            if jobs.another_has_looked(plan, unit) and any((plan.evidence(unit).parent / "logs").glob("*")):
                raise UserError(
                    f"{plan.evidence(unit).parent} has agents of another encoder than {plan.encoder(unit)}: delete it."
                )
        _all(jobs.look, units, plan, workers, "Looking at every view", len(units), "encoders")
    with timed("agents"):
        trials = [trial for trial in plan.trials if not jobs.has_run(plan, trial)]
        _all(jobs.run_trial, trials, plan, workers, "Training agents", len(trials), "agents")


def check_rollouts(plan: Plan) -> None:
    """UserError where the rollouts that were given are of other scenes, or lack what an objective needs."""
    from activevision.encoders.objectives import objective_class
    from activevision.rollouts.shards import stored_episodes, whole_manifest
    from activevision.rollouts.storage import Storage

    manifest, catalogue = whole_manifest(plan.data), plan.world.catalogue
    if (manifest.source.catalogue, manifest.source.split) != (catalogue.name, "train"):
        raise UserError(
            f"the rollouts in {plan.data} are of split {manifest.source.split!r} of {manifest.source.catalogue!r}: "
            f"give some of the training split of {catalogue.name!r}."
        )
    known = {entry.id for entry in catalogue.scenes("train")}
    for shard in manifest.shards:
        for episode in stored_episodes(Storage(plan.data), shard):
            if episode.about["scene_id"] not in known:
                raise UserError(
                    f"the rollouts in {plan.data} show {episode.about['scene_id']}, which is no training object of "
                    "this study: collect them with its --ambiguity and --per-class."
                )
    for objective in plan.config.objectives:
        check_fields(episode, plan.data, objective, objective_class(objective).fields)


def _film(plan: Plan, workers: int) -> None:
    """The rollouts that are not there yet: to pretrain on, unless given, and for the probes."""
    from activevision.commands.collect import Film, collect_films
    from activevision.rollouts.engines import Processes, in_this_process
    from activevision.rollouts.manifest import FILE, Manifest

    config, world = plan.config, plan.world
    scenes, pixels = world.catalogue.scenes, world.protocol.width
    films = Film(MOTION, config.frames, config.rate, pixels, per_scene=config.films)
    probes = Film(MOTION, config.probe_frames, config.probe_rate, pixels)
    wanted = [
        (plan.data, "train", len(scenes("train")) * config.films, films, SENSORS, 0),
        (str(plan.probe_data("train")), "train", config.probe_films, probes, ("rgb",), 1),
        (str(plan.probe_data("test")), "test", len(scenes("test")), probes, ("rgb",), 1),
    ]
    spec = {"catalogue": world.scenes, "catalogue_options": dict(world.options)}
    engine = in_this_process if workers == 1 else Processes(workers)
    for out, split, episodes, film, sensors, seed in wanted:
        if out == plan.given or ((Path(out) / FILE).exists() and Manifest.read(out).finished == episodes):
            continue
        collect_films(world.catalogue, spec, split, film, episodes, out, seed, sensors, engine=engine)


def _all(
    job: Callable[[Item, Advance], None],
    items: Sequence[Item],
    plan: Plan,
    workers: int,
    what: str,
    total: int,
    unit: str,
) -> None:
    """Do a job for every item, in so many processes, or in this one, whose parts show bars of their own."""
    from activevision.commands.studying import jobs
    from activevision.progress import console, progress
    from activevision.workers import in_processes

    if not items:
        return
    if min(workers, len(items)) == 1:
        with jobs.entered(plan):
            for number, item in enumerate(items):
                console.print(f"{what} ({number + 1} of {len(items)}: {_named(item)})", highlight=False)
                job(item, lambda steps: None)
        return
    with progress(what, total, unit) as advance:
        for _ in in_processes(job, items, workers, advance, jobs.enter, (plan,)):
            pass


def _named(item: Any) -> str:
    return getattr(item, "name", None) or f"{item.agent} {item.seed} on {item.unit.name}"
