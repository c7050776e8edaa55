"""R²: the share of the targets' variance that predictions explain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.tally import Tally


def unexplained(predicted: NDArray[Any], target: NDArray[Any], scenes: NDArray[np.str_]) -> Tally:
    r"""Tally of 1 − R² for targets (N, M) in scenes (N,), pooled over the M components:

        1 − R² = Σ_n ‖ŷ_n − y_n‖² / Σ_n ‖y_n − ȳ‖².

    ȳ is the mean of each component over all N; the published code of SIE takes one mean over all components instead,
    which counts their fixed differences as variance and so gives larger values.
    """
    target = np.asarray(target, np.float64)
    wrong = ((predicted - target) ** 2).sum(1)
    return Tally.of(scenes, wrong, ((target - target.mean(0)) ** 2).sum(1))
