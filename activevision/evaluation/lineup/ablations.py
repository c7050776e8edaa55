"""Objectives with settings of their own in a lineup, as ablations are. Imports nothing heavy."""

from __future__ import annotations


def split_settings(objective: str) -> tuple[str, tuple[str, ...]]:
    """An objective's name and settings: of "seq_jepa,conditioned=false" they are "seq_jepa" and that one setting."""
    name, *settings = objective.split(",")
    return name, tuple(settings)
