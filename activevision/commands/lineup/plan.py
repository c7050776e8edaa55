"""``Lineup``: which encoders, of what, and where they lie. Light, so that it can be sent to other processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from activevision.evaluation.lineup.ablations import split_settings
from activevision.evaluation.lineup.budget import Budget
from activevision.evaluation.lineup.objective_windows import ObjectiveWindows
from activevision.evaluation.probing.protocol import ProbeProtocol


class Unit(NamedTuple):
    """An encoder: an objective, maybe with settings, and a seed."""

    objective: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.objective}-{self.seed}"

    @property
    def kind(self) -> str:
        """The objective without its settings."""
        return split_settings(self.objective)[0]


@dataclass(frozen=True, eq=False)
class Lineup:
    """units: the encoders. windows: of the rollouts, by objective. data: rollouts to pretrain on. probe, probe_seeds:
    what they are asked, and how often. out: folder of all that is made."""

    units: tuple[Unit, ...]
    budget: Budget
    windows: Mapping[str, ObjectiveWindows]
    data: str
    probe: ProbeProtocol
    probe_seeds: int
    out: Path

    def probe_data(self, split: str) -> Path:
        """Rollouts that probes are fitted to ("train") and scored on ("test")."""
        return self.out / "rollouts" / f"probe-{split}"

    def encoder_run(self, unit: Unit) -> Path:
        return self.out / "encoders" / unit.name

    def encoder(self, unit: Unit) -> Path:
        return self.encoder_run(unit) / "encoder"

    @property
    def probes(self) -> Path:
        return self.out / "probes"
