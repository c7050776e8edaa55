"""Raw scores of an encoder, object by object, from logs of agents and from what probes measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from activevision.errors import UserError
from activevision.evaluation.intervals import cells
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.probing.measure import Measured
from activevision.evaluation.study.results import RECORDED

_DIGITS = 6


def accuracy(logs: Sequence[TrajectoryLog], objects: Sequence[str]) -> list[Any]:
    """(S, K, T) share of an object's starts after which an agent was right, from a log for each seed.

    objects: (K,) ids in order.

    UserError for a log of other objects.
    """
    rows = []
    for log in logs:
        of_log = cells(log.correct.astype(np.float64), log.scene)
        if of_log.objects.tolist() != list(objects):
            raise UserError(
                f"a log of {log.policy!r} is of other objects than this study: delete its folder, run again."
            )
        rows.append(of_log.mean[0])
    return np.round(rows, _DIGITS).tolist()


def probed(measured: Measured, objects: Sequence[str]) -> dict[str, dict[str, list[Any]]]:
    """Of every measure the sums (S, K) for each object, 0 for one that was not asked about."""
    place = {name: index for index, name in enumerate(objects)}
    found = {}
    for name in RECORDED:
        tallies = measured.tallies[name]
        sums = np.zeros((2, len(tallies), len(objects)))
        for seed, tally in enumerate(tallies):
            columns = [place[scene] for scene in tally.scenes.tolist()]
            sums[0, seed, columns], sums[1, seed, columns] = tally.above, tally.below
        found[name] = {"above": _significant(sums[0]), "below": _significant(sums[1])}
    return found


def together(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the runs of one objective say, one within the other, with lists of the runs at the leaves."""
    return {
        key: together([run[key] for run in runs]) if isinstance(value, Mapping) else [run[key] for run in runs]
        for key, value in runs[0].items()
    }


def _significant(values: np.ndarray) -> list[Any]:
    """To seven significant digits, which is what float32 features are good for."""
    return [[float(f"{value:.7g}") for value in row] for row in values]
