"""Where on a view grid an agent chose to look."""

from __future__ import annotations

import math

import numpy as np

from activevision.errors import UserError
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.metrics.weights import Array, weights


def chosen_viewpoints(log: TrajectoryLog) -> Array:
    """(C, E, A) shares of the views that were chosen, by true class and viewpoint; all sum to 1, or are 0 where none
    was.

    A view is chosen that is taken and is not the first: what a stopped episode repeats was never looked at. UserError
    for a viewpoint that is not on the grid of the log's protocol.
    """
    shape = len(log.protocol["elevations_deg"]), int(log.protocol["azimuths"])
    viewpoint = np.moveaxis(log.column("viewpoint")[:, 1:], -1, 0)
    size = np.reshape(shape, (-1, 1, 1))
    if len(viewpoint) != 2 or (viewpoint < 0).any() or (viewpoint >= size).any():
        raise UserError(
            f"trajectory log of {log.policy!r} with {log.fusion!r}: a viewpoint is outside the {shape[0]} × {shape[1]} "
            "view grid of its protocol; record it again."
        )
    taken = np.full(len(log), log.views) if log.taken is None else log.taken
    weight = weights(log)[:, None] * (np.arange(1, log.views) < taken[:, None])
    cells = log.label[:, None] * math.prod(shape) + np.ravel_multi_index(tuple(viewpoint), shape)
    count = np.bincount(cells.ravel(), weights=weight.ravel(), minlength=len(log.classes) * math.prod(shape))
    return (count / (weight.sum() or 1.0)).reshape(len(log.classes), *shape)


def by_class(chosen: Array) -> list[Array | None]:
    """Of every class its own shares (E, A), which sum to 1; None of a class for which nothing was chosen."""
    totals = chosen.sum(axis=(1, 2))
    return [shares / total if total > 0 else None for shares, total in zip(chosen, totals, strict=True)]
