"""What limits an agent: one part swapped at a time, the others held fixed."""

from __future__ import annotations

from typing import Any

import numpy as np

from activevision.evaluation.intervals import Array, Bootstrap, Cells
from activevision.evaluation.keys import Key
from activevision.evaluation.ladder import CEILING, kind
from activevision.evaluation.roster import Roster


def decomposition(roster: Roster, cells: Cells, samples: Array, bootstrap: Bootstrap) -> dict[str, Any]:
    """A matrix of policies × fusions for every recogniser, from accuracies (S, K, L, T) and resamples (R, L, T).

    A cell has the accuracy after every view and, with intervals, how it differs from that of the cell with one part
    swapped: ``policy_swap`` from the reference policy under the same fusion, ``fusion_swap`` from the main fusion under
    the same policy, ``recogniser_swap`` from the main recogniser. None where there is no such cell, or it is this one.
    """
    reference = _reference(roster)

    def swap(key: Key, other: Key | None) -> dict[str, Any] | None:
        if other is None or other == key or other not in roster.keys:
            return None
        a, b = roster.index(key), roster.index(other)
        interval = bootstrap.percentile(cells.total[a] - cells.total[b], samples[:, a] - samples[:, b])
        return {"difference": interval.estimate, "ci95": np.stack([interval.low, interval.high], axis=-1)}

    def cell(key: Key) -> dict[str, Any] | None:
        if key not in roster.keys:
            return None
        index = roster.index(key)
        interval = bootstrap.percentile(cells.total[index], samples[:, index])
        return {
            "accuracy": interval.estimate,
            "ci95": np.stack([interval.low, interval.high], axis=-1),
            "policy_swap": swap(key, key._replace(policy=reference) if reference else None),
            "fusion_swap": swap(key, key._replace(fusion=roster.fusion)),
            "recogniser_swap": swap(key, key._replace(recogniser=roster.recogniser)),
        }

    matrices = {}
    for recogniser in dict.fromkeys(key.recogniser for key in roster.keys):
        here = [key for key in roster.keys if key.recogniser == recogniser]
        policies, fusions = (list(dict.fromkeys(getattr(key, part) for key in here)) for part in ("policy", "fusion"))
        matrices[recogniser] = {
            "policies": policies,
            "fusions": fusions,
            "cells": [[cell(Key(policy, fusion, recogniser)) for fusion in fusions] for policy in policies],
        }
    return {
        "reference": {"policy": reference, "fusion": roster.fusion, "recogniser": roster.recogniser},
        "recognisers": matrices,
    }


def _reference(roster: Roster) -> str | None:
    """Random motions where there are any, else the weakest policy that is no ceiling."""
    names = [policy for policy in roster.main if kind(policy) != CEILING]
    return "random" if "random" in names else next(iter(names), None)
