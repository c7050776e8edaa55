"""``Plan``: what a study is made of and where its parts lie. Light, so that it can be sent to other processes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from activevision.commands.lineup.plan import Lineup, Unit
from activevision.commands.world import World, WorldChoice
from activevision.evaluation.lineup.objective_windows import WINDOWS
from activevision.evaluation.study.config import AGENTS, BASELINES, PROTOCOL, StudyConfig, fusion_of


def world_of(config: StudyConfig) -> World:
    """The procedural objects of a study."""
    return WorldChoice(
        scenes="procedural", ambiguity=config.ambiguity, per_class=config.per_class, protocol=PROTOCOL
    ).world()


class Trial(NamedTuple):
    """An agent of a seed on an encoder."""

    unit: Unit
    agent: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.agent} {self.seed} on {self.unit.name}"

    @property
    def policies(self) -> tuple[str, ...]:
        """Played with the agent's fusion."""
        return (self.agent, *BASELINES)


@dataclass(frozen=True, eq=False)
class Plan:
    """config: what is to be done. world: what there is to be seen, on a view grid. out: folder of all that is made.
    given: rollouts to pretrain on; the study's own where there are none."""

    config: StudyConfig
    world: World
    out: Path
    given: str | None = None

    @property
    def units(self) -> list[Unit]:
        return [Unit(name, seed) for name in self.config.objectives for seed in range(self.config.encoder_seeds)]

    @property
    def trials(self) -> list[Trial]:
        return [
            Trial(unit, agent, seed)
            for agent in reversed(AGENTS)  # those that take longest first, so that no processor waits at the end
            for unit in self.units
            for seed in range(self.config.agent_seeds)
        ]

    @cached_property
    def lineup(self) -> Lineup:
        """The encoders."""
        config, data = self.config, self.given or str(self.out / "rollouts" / "train")
        return Lineup(tuple(self.units), config.budget, WINDOWS, data, config.probe, config.probe_seeds, self.out)

    def evidence(self, unit: Unit) -> Path:
        return self.out / "agents" / unit.name / "evidence"

    def policy_file(self, trial: Trial, suffix: str) -> Path:
        return self.out / "agents" / trial.unit.name / "policies" / f"{trial.agent}_{trial.seed}{suffix}"

    def log(self, trial: Trial, policy: str) -> Path:
        name = f"{policy}-{fusion_of(trial.agent)}-{trial.seed}.parquet"
        return self.out / "agents" / trial.unit.name / "logs" / name
