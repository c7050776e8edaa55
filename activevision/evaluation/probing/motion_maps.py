"""``MotionMaps``: one linear map of features for each motion pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.splits import hold_out

_RIDGES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


@dataclass(frozen=True, eq=False)
class MotionFeatures:
    """Features along episodes with the kinds of motion between them.

    features: (E, T, D) of the views of E episodes, or windows of them. patterns: (E, T − 1) motion pattern from view t
    to t + 1. scenes: (E,) scene ids.
    """

    features: NDArray[np.float32]
    patterns: NDArray[np.int64]
    scenes: NDArray[np.str_]

    def subset(self, mask: NDArray[np.bool_]) -> MotionFeatures:
        return MotionFeatures(self.features[mask], self.patterns[mask], self.scenes[mask])


@dataclass(frozen=True, eq=False)
class MotionMaps:
    """maps: (G, D, D) with M_g z(x) ≈ z(gx). ridge: the strength of regularisation that was chosen."""

    maps: NDArray[np.float64]
    ridge: float

    @classmethod
    def fit(cls, train: MotionFeatures, patterns: int, seed: int) -> MotionMaps:
        """Least squares for every pattern of ``patterns``, with a ridge that pulls towards the identity, whose strength
        is chosen on a fifth of the scenes. The identity for patterns without data."""
        held_out = hold_out(train.scenes, np.random.default_rng(seed))
        fitted, chosen_on = train.subset(~held_out), train.subset(held_out)

        before, after = chosen_on.features[:, :-1], chosen_on.features[:, 1:]
        moved = np.linalg.norm(before - after, axis=-1).sum()

        def error(ridge: float) -> float:
            predicted = cls(_least_squares(fitted, patterns, ridge), ridge).after(before, chosen_on.patterns)
            return float(np.linalg.norm(predicted - after, axis=-1).sum() / moved) if moved > 0 else 1.0

        ridge = min(_RIDGES, key=error)
        return cls(_least_squares(train, patterns, ridge), ridge)

    def after(self, features: NDArray[Any], patterns: NDArray[np.int64]) -> NDArray[Any]:
        """Features (..., D) after motions of patterns (...)."""
        moved = np.empty_like(features)
        for g in np.unique(patterns):
            moved[patterns == g] = features[patterns == g] @ self.maps[g].T
        return moved


def _least_squares(data: MotionFeatures, patterns: int, ridge: float) -> NDArray[np.float64]:
    dimensions = data.features.shape[-1]
    before = data.features[:, :-1].reshape(-1, dimensions).astype(np.float64)
    change = data.features[:, 1:].reshape(-1, dimensions) - before
    pattern = data.patterns.reshape(-1)
    maps = np.repeat(np.eye(dimensions)[None], patterns, axis=0)
    for g in np.unique(pattern):
        x, y = before[pattern == g], change[pattern == g]
        gram = x.T @ x
        # Relative to the features' own size, so that the choice means the same for every encoder.
        penalty = ridge * max(float(np.trace(gram)) / dimensions, 1e-12)
        maps[g] += np.linalg.solve(gram + penalty * np.eye(dimensions), x.T @ y).T
    return maps
