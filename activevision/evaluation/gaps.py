"""The share of the gap between a floor and a ceiling that an agent closes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from activevision.evaluation.intervals import DEFAULT, Array, Bootstrap, Cells, Interval
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.panel import Panel

_LEAST_GAP = 1e-3


def shares(
    cells: Cells, samples: Array, agents: Sequence[int], floor: int, ceiling: int, bootstrap: Bootstrap
) -> Interval:
    """Interval (P, T) of (agent − floor) / (ceiling − floor), from figures (S, K, L, T) and resamples (R, L, T).

    NaN at views where the gap itself is not clearly positive (its interval reaches zero): a share of it means nothing.
    Of the few resamples without a gap where there is one, the share is taken as that of a gap of a tenth of a point.
    """
    index = list(agents)
    total = cells.total
    gap = samples[:, ceiling] - samples[:, floor]
    clear = bootstrap.percentile(0.0, gap).low > 0
    gained = samples[:, index] - samples[:, floor, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = (total[index] - total[floor]) / (total[ceiling] - total[floor])
    share = bootstrap.percentile(estimate, gained / np.maximum(gap, _LEAST_GAP)[:, None])
    return Interval(*(np.where(clear, part, np.nan) for part in (share.estimate, share.low, share.high)))


def gap_closed(
    a: TrajectoryLog, floor: TrajectoryLog, ceiling: TrajectoryLog, bootstrap: Bootstrap = DEFAULT
) -> Interval:
    """Interval (T,) of the share of the gap in accuracy from ``floor`` to ``ceiling`` that ``a`` closes.

    NaN where there is clearly no gap to close. Raises UserError unless all hold the same (scene, seed, episode) keys.
    """
    cells = Panel.of([a, floor, ceiling]).accuracy()
    bootstrap.require(len(cells.objects))
    share = shares(cells, bootstrap.samples(cells), [0], 1, 2, bootstrap)
    return Interval(share.estimate[0], share.low[0], share.high[0])
