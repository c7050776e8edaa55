"""Training data divided by scenes, so that nothing is chosen on a scene that it was fitted to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError

LEAST_SCENES = 5
"""Of training data, so that a fifth of them is one."""


def hold_out(groups: NDArray[Any], generator: np.random.Generator) -> NDArray[np.bool_]:
    """Mask (N,) of the members of a fifth of the groups (N,), at least one of them and never all. UserError for a
    single group."""
    names = np.unique(groups)
    if len(names) < 2:
        raise UserError(f"training data of the scene {names[0]} alone: probes need others to choose on.")
    count = min(max(1, round(len(names) / 5)), len(names) - 1)
    return np.isin(groups, generator.permutation(names)[:count])
