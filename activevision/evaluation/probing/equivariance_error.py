"""Normalised equivariance error of any prediction of features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.tally import Tally

NO_CHANGE, DRAWN_ANEW = 1.0, 0.5**0.5
"""Normalised errors that no knowledge of a motion is needed for: of taking features to stay as they are, and of
predicting the mean of features that are drawn anew (normally, and evenly in all directions) in every view."""


def normalised_error(
    predicted: NDArray[Any], before: NDArray[Any], after: NDArray[Any], scenes: NDArray[np.str_]
) -> Tally:
    r"""Tally of

        ρ = E ‖ẑ(gx) − z(gx)‖ / E ‖z(x) − z(gx)‖

    for features (N, …, D) predicted, before and after motions, in scenes (N,): 0 is perfect, 1 no better than taking
    the features to stay as they are. Below 1 is not yet knowing what a motion does: see ``DRAWN_ANEW``.
    Middle axes are kept apart.

    It follows Jayaraman & Grauman (ICCV 2015), who average the ratio over pairs instead; that has no value for objects
    that look the same before and after the motion, and catalogues are full of these.
    """
    return Tally.of(scenes, np.linalg.norm(predicted - after, axis=-1), np.linalg.norm(before - after, axis=-1))
