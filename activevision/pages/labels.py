"""Labels beside the ends of lines, moved apart so that each can be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import isotonic_regression

_SPACING = 17.0


def spread_labels(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Heights a line of text apart that are nearest to the wanted ones (least squares), in the same order."""
    order = np.argsort(wanted, kind="stable")
    offset = _SPACING * np.arange(len(order))
    placed = isotonic_regression(np.asarray(wanted)[order] - offset).x + offset
    placed += min(0.0, bottom + 6 - placed[-1])
    placed += max(0.0, top - placed[0])
    result = np.empty(len(order))
    result[order] = placed
    return result.tolist()
