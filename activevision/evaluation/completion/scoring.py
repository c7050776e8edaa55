"""Errors of completion as a table with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.intervals import DEFAULT, Array, Bootstrap, cells

ONE_VIEW, RANDOM, UNFAIR = "one_view", "random", "peek_saliency"


def score_completion(
    errors: Mapping[str, Array], scenes: NDArray[np.str_], seeds: NDArray[np.int64], bootstrap: Bootstrap = DEFAULT
) -> dict[str, Any]:
    """Of policies' errors (N, T) in the same N episodes, of scenes (N,) under seeds (N,).

    ``ONE_VIEW`` is that of a network of a single view, whose error after the first is what gains are counted from:
    gain = 1 − error after the last view / error of one view. ``times_random`` is a gain by that of ``RANDOM``. All
    intervals resample scenes and seeds, the same for all policies, so that differences of gains are paired. UserError
    for fewer scenes than intervals need.
    """
    names = list(errors)
    grouped = cells(np.stack([errors[name] for name in names], axis=1), scenes, seeds)
    bootstrap.require(len(grouped.objects), "scenes")
    total, samples = grouped.total, bootstrap.samples(grouped)
    one = names.index(ONE_VIEW)

    def gains(error: Array) -> Array:
        """(…, P) of errors (…, P, T)."""
        return 1 - error[..., -1] / error[..., one, 0, None]

    def told(estimate: Array, drawn: Array) -> dict[str, Any]:
        interval = bootstrap.percentile(estimate, drawn)
        return {"estimate": _listed(interval.estimate), "ci95": _listed(np.stack([interval.low, interval.high], -1))}

    gain, drawn = gains(total), gains(samples)
    table = {}
    for index, name in enumerate(names):
        row: dict[str, Any] = {"unfair": name == UNFAIR, "error": told(total[index], samples[:, index])}
        if name != ONE_VIEW:
            row["gain"] = told(gain[index], drawn[:, index])
        if name not in (ONE_VIEW, RANDOM):
            chance = names.index(RANDOM)
            row["gain_over_random"] = told(gain[index] - gain[chance], drawn[:, index] - drawn[:, chance])
            row["times_random"] = told(gain[index] / gain[chance], drawn[:, index] / drawn[:, chance])
        table[name] = row
    raw = {name: _listed(grouped.mean[:, :, index]) for index, name in enumerate(names)}
    return {
        "scenes": grouped.objects.tolist(), "seeds": grouped.seeds.tolist(), "policies": table,
        "raw": {"what": "MSE × 1000 by seed, scene and view, mean over starts", **raw},
    }  # fmt: skip


def _listed(values: Array) -> Any:
    return np.round(values, 5).tolist()
