"""``activevision study``: a question put to many encoders at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import tyro

from activevision.commands.run_folder import command_line, open_run
from activevision.errors import unknown
from activevision.evaluation.study.config import PRESETS, StudyConfig


@dataclass(frozen=True)
class Study:
    """Does better equivariance give better active recognition? Pretrains many objectives on the same rollouts, probes
    the encoders on unseen objects, trains the same agents on each of them, frozen, and relates the two by rank
    correlations with intervals. Goes on where it was stopped.

    Writes rollouts, encoders, probes, agents, study.json with all raw scores, and index.html.
    """

    question: tyro.conf.Positional[Literal["equivariance"]]
    """What is asked."""
    preset: str = "small"
    """small (half an hour on two cores), all (every objective) or gpu (a larger network, more of everything)."""
    objectives: tuple[str, ...] = ()
    """Pretrain these instead of the preset's, with settings as in seq_jepa,conditioned=false. More may be added to a
    finished study."""
    settings: tuple[str, ...] = ()
    """Of the preset's settings those that are to be others: name=value name=value …, by the names of StudyConfig in
    activevision/evaluation/study/config.py: images, agent_seeds, ppo_steps and others."""
    data: str | None = None
    """Rollouts of the training objects to pretrain on; filmed once unless given."""
    workers: int | None = None
    """Processes; as many as there are cores unless given. What comes out does not depend on it."""
    out: Path = Path("runs/study")
    """Folder of the study."""

    def run(self) -> None:
        config = self.config()

        from activevision.commands.learn import Stopwatch
        from activevision.commands.lineup.stages import check_settings
        from activevision.commands.studying.plan import Plan, world_of
        from activevision.commands.studying.report import show, write_study
        from activevision.commands.studying.stages import check_rollouts, run_stages
        from activevision.machine import cores
        from activevision.workers import check_workers

        check_workers(self.workers)
        plan = Plan(config, world_of(config), self.out, self.data)
        check_settings(plan.units)
        plan.world.catalogue.scenes("val")  # too few objects for a split is an error before anything is written
        if self.data is not None:
            check_rollouts(plan)
        with open_run(self.out, "study", _Settings(replace(config, objectives=()), self.data)):  # more may be added
            timed = Stopwatch(self.out / "seconds.json")
            run_stages(plan, self.workers or cores(), timed)
            with timed("report"):
                study = write_study(plan, timed.seconds, command_line())
            show(study, self.out / "index.html")

    def config(self) -> StudyConfig:
        """UserError for a wrong preset, objective or setting."""
        from activevision.settings import changed

        if self.preset not in PRESETS:
            raise unknown("preset", self.preset, PRESETS)
        config = changed(PRESETS[self.preset], self.settings, "setting of the study")
        return replace(config, objectives=self.objectives) if self.objectives else config


@dataclass(frozen=True)
class _Settings:
    """What decides the result of every encoder."""

    config: StudyConfig
    data: str | None
