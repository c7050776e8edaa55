"""Objectives with settings of their own in a lineup, as ablations are. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence

from activevision.encoders.objectives import OBJECTIVES
from activevision.errors import UserError, unknown


def split_settings(objective: str) -> tuple[str, tuple[str, ...]]:
    """An objective's name and settings: of "seq_jepa,conditioned=false" they are "seq_jepa" and that one setting."""
    name, *settings = objective.split(",")
    return name, tuple(settings)


def check_objectives(objectives: Sequence[str]) -> None:
    """UserError where one of a lineup does not exist, or is there twice."""
    for name, _ in map(split_settings, objectives):
        if name not in OBJECTIVES:
            raise unknown("objective", name, OBJECTIVES)
    if len(set(objectives)) < len(objectives):
        raise UserError(f"objectives {', '.join(objectives)}: name each once.")
