"""The figures of the benchmark: names, which way is better, and how a tally becomes one."""

from __future__ import annotations

from dataclasses import dataclass

REVISION = 2
"""Of the ways in which figures are made: kept ones of another revision are not taken for those of this one."""


@dataclass(frozen=True)
class Measure:
    """title: as a column head. higher: whether more is better. complement: whether the figure is 1 minus the tally.

    of_steps: whether there is a value for every number of steps; the figure is then that after the last.
    """

    title: str
    group: str
    higher: bool
    complement: bool = False
    of_steps: bool = False


_INVARIANCE, _POSE, _RETRIEVAL = "what it is", "where from", "where a motion leads"
_ERROR, _PATH = "normalised equivariance error", "path integration"

MEASURES = {
    "linear_probe": Measure("linear probe", _INVARIANCE, True),
    "nearest_neighbours": Measure("10-NN", _INVARIANCE, True),
    "r2_relative_rotation": Measure("R² relative rotation", _POSE, True, complement=True),
    "r2_relative_translation": Measure("R² relative translation", _POSE, True, complement=True),
    "r2_absolute_rotation": Measure("R² absolute rotation", _POSE, True, complement=True),
    "mrr": Measure("MRR", _RETRIEVAL, True),
    "hits_at_1": Measure("H@1", _RETRIEVAL, True),
    "hits_at_2": Measure("H@2", _RETRIEVAL, True),
    "hits_at_5": Measure("H@5", _RETRIEVAL, True),
    "hits_at_10": Measure("H@10", _RETRIEVAL, True),
    "pre": Measure("PRE", _RETRIEVAL, False),
    "error_atomic": Measure("atomic, linear maps", _ERROR, False),
    "error_composite": Measure("composite, linear maps", _ERROR, False),
    "error_blind": Measure("composite, motion ignored", _ERROR, False),
    "error_in_range": Measure("in range, predictor", _ERROR, False),
    "error_out_of_range": Measure("out of range, predictor", _ERROR, False),
    "path_features": Measure("features, predictor", _PATH, False, of_steps=True),
    "path_features_maps": Measure("features, linear maps", _PATH, False, of_steps=True),
    "path_position": Measure("position", _PATH, False, of_steps=True),
    "path_rotation": Measure("rotation", _PATH, False, of_steps=True),
}
