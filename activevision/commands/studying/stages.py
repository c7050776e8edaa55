"""The stages of the study, one after the other; what an earlier run finished is not done again."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from activevision.commands.for_all import for_all
from activevision.commands.heldout import check_fields
from activevision.commands.lineup.stages import Films, collect_missing, needed, pretrain_missing, probe_missing
from activevision.commands.studying.plan import Plan
from activevision.errors import UserError
from activevision.evaluation.study.config import MOTION, SENSORS

if TYPE_CHECKING:
    from activevision.commands.learn import Stopwatch

_SPLITS = ("train", "val", "test")


def run_stages(plan: Plan, workers: int, timed: Stopwatch) -> None:
    """From scenes to the logs of every agent."""
    from activevision.commands.studying import jobs

    with timed("scenes"):
        for split in _SPLITS:
            with closing(plan.world.make(split, 1)):  # renders what of its views is not in the cache
                pass
    with timed("rollouts"):
        _film(plan, workers)
    with timed("pretraining"):
        pretrain_missing(plan.lineup, workers)
    with timed("probes"):
        probe_missing(plan.lineup, workers)
    with timed("evidence"):
        units = [unit for unit in plan.units if not jobs.has_looked(plan, unit)]
        for unit in units:
            if jobs.another_has_looked(plan, unit) and any((plan.evidence(unit).parent / "logs").glob("*")):
                raise UserError(
                    f"{plan.evidence(unit).parent} has agents of another encoder than "
                    f"{plan.lineup.encoder(unit)}: delete it."
                )
        for_all(jobs.look, units, jobs.enter, plan, workers, "Looking at every view", len(units), "encoders")
    with timed("agents"):
        trials = [trial for trial in plan.trials if not jobs.has_run(plan, trial)]
        for_all(jobs.run_trial, trials, jobs.enter, plan, workers, "Training agents", len(trials), "agents")


def check_rollouts(plan: Plan) -> None:
    """UserError where the rollouts that were given are of other scenes, or lack what an objective needs."""
    from activevision.rollouts.shards import stored_episodes, whole_manifest
    from activevision.rollouts.storage import Storage

    data, catalogue = plan.lineup.data, plan.world.catalogue
    manifest = whole_manifest(data)
    if (manifest.source.catalogue, manifest.source.split) != (catalogue.name, "train"):
        raise UserError(
            f"the rollouts in {data} are of split {manifest.source.split!r} of {manifest.source.catalogue!r}: "
            f"give some of the training split of {catalogue.name!r}."
        )
    known = {entry.id for entry in catalogue.scenes("train")}
    for shard in manifest.shards:
        for episode in stored_episodes(Storage(data), shard):
            if episode.about["scene_id"] not in known:
                raise UserError(
                    f"the rollouts in {data} show {episode.about['scene_id']}, which is no training object of "
                    "this study: collect them with its --ambiguity and --per-class."
                )
    for objective in plan.config.objectives:
        check_fields(episode, data, objective, needed(objective))


def _film(plan: Plan, workers: int) -> None:
    """The rollouts that are not there yet: to pretrain on, unless given, and for the probes."""
    from activevision.commands.collect import Film

    config, world, lineup = plan.config, plan.world, plan.lineup
    scenes, pixels = world.catalogue.scenes, world.protocol.width
    films = Film(MOTION, config.frames, config.rate, pixels, per_scene=config.films)
    probes = Film(MOTION, config.probe_frames, config.probe_rate, pixels)
    wanted = [
        Films(str(lineup.probe_data("train")), "train", config.probe_films, probes, ("rgb",), 1),
        Films(str(lineup.probe_data("test")), "test", len(scenes("test")), probes, ("rgb",), 1),
    ]
    if plan.given is None:
        wanted.insert(0, Films(lineup.data, "train", len(scenes("train")) * config.films, films, SENSORS, 0))
    spec = {"catalogue": world.scenes, "catalogue_options": dict(world.options)}
    collect_missing(world.catalogue, spec, wanted, workers)
