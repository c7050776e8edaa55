"""Pretraining objectives: one file each, by name. This package alone imports nothing heavy."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from activevision.errors import unknown

if TYPE_CHECKING:
    from activevision.encoders.objectives.objective import Objective

OBJECTIVES = {
    "action_conditional_prediction": "ActionConditionalPrediction",
    "anticipation": "Anticipation",
    "arrow_of_time": "ArrowOfTime",
    "byol": "BYOL",
    "context_prediction": "ContextPrediction",
    "cross_pixel_flow": "CrossPixelFlow",
    "egomotion_prediction": "EgomotionPrediction",
    "equimod": "EquiMod",
    "equivariance": "EgomotionEquivariance",
    "flow_equivariance": "FlowEquivariance",
    "inverse_graphics": "InverseGraphics",
    "look_ahead": "LookAhead",
    "motion_segmentation": "MotionSegmentation",
    "none": "NoPretraining",
    "object_centric": "ObjectCentric",
    "seq_jepa": "SeqJEPA",
    "shuffle_and_learn": "ShuffleAndLearn",
    "sie": "SIE",
    "simclr": "SimCLR",
    "slow_features": "SlowFeatures",
    "steady_features": "SteadyFeatures",
    "temporal_equivariance": "TemporalEquivariance",
    "tracking": "Tracking",
    "transitive_invariance": "TransitiveInvariance",
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
