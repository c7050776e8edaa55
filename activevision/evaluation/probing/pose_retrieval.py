"""PRE, the prediction retrieval error: how far the pose of the view nearest to a prediction is from the true one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.posed_features import Features, PosedFeatures, Rows
from activevision.evaluation.probing.tally import Tally
from activevision.geometry import egomotion, rotation_angle

_BLOCK = 1024


def prediction_retrieval_error(retrieved: Rows, true: Rows, views: PosedFeatures) -> Tally:
    """Tally of PRE = mean(1 − ⟨q̂, q⟩²), as Garrido, Najman & LeCun (ICML 2023) define it, by scenes of the true views.

    q̂ and q are the unit quaternions of the absolute rotations of the retrieved and of the true view, rows (N,) of
    ``views``. It is sin²(θ / 2) of the angle θ between the two: 0 where all poses are right, 3/4 for rotations drawn
    evenly from all.
    """
    angle = rotation_angle(egomotion(views.poses[retrieved], views.poses[true]))
    return Tally.of(views.scenes[true], np.sin(angle / 2) ** 2)


def nearest_of_all(predicted: Features, views: PosedFeatures) -> Rows:
    """(N,) row of the view of largest cosine with each prediction (N, D), among the views of all scenes."""
    keys = views.features / np.maximum(np.linalg.norm(views.features, axis=1, keepdims=True), 1e-12)
    found: NDArray[np.int64] = np.empty(len(predicted), np.int64)
    for start in range(0, len(predicted), _BLOCK):  # the size of a prediction changes no order
        found[start : start + _BLOCK] = (predicted[start : start + _BLOCK] @ keys.T).argmax(1)
    return found
