"""Pretraining objectives: one file each, by name. This package alone imports nothing heavy."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from activevision.errors import unknown

if TYPE_CHECKING:
    from activevision.encoders.objectives.objective import Objective

OBJECTIVES = {
    "byol": "BYOL",
    "equimod": "EquiMod",
    "equivariance": "EgomotionEquivariance",
    "none": "NoPretraining",
    "seq_jepa": "SeqJEPA",
    "sie": "SIE",
    "simclr": "SimCLR",
    "slow_features": "SlowFeatures",
    "vicreg": "VICReg",
}
"""Class of each objective; its module is the one of that name."""


def objective_class(name: str) -> type[Objective]:
    """The class of an objective. UserError names the nearest one where there is none of this name."""
    if name not in OBJECTIVES:
        raise unknown("objective", name, OBJECTIVES)
    module = importlib.import_module(f"activevision.encoders.objectives.{name}")
    found: type[Objective] = getattr(module, OBJECTIVES[name])
    return found
