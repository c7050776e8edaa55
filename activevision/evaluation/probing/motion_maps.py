"""``MotionMaps``: one linear map of features for each motion pattern, and one that ignores the motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.splits import hold_out

# Falling, so that of equal choices the simplest is taken. Without end: nothing but what the ridge pulls towards.
_RIDGES = (np.inf, 1e4, 1e3, 1e2, 1e1, 1.0, 1e-1, 1e-2, 1e-3, 1e-4)


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
    """maps: (G, D, D) with M_g z(x) ≈ z(gx). ridge: the strength of regularisation that was chosen, ∞ where no motion
    makes a difference."""

    maps: NDArray[np.float64]
    ridge: float

    @classmethod
    def fit(cls, train: MotionFeatures, patterns: int, seed: int) -> tuple[MotionMaps, MotionMaps]:
        """Maps of every pattern of ``patterns``, and maps that are blind to the motion: the same one for all.

        Both are least squares with a ridge. The blind map is pulled towards the identity; those of the patterns towards
        the blind map, which patterns without data have. So the two differ by what the motion tells, and where that is
        nothing, by nothing, however few data a pattern has. Both strengths are chosen on the same fifth of the scenes.
        """
        held_out = hold_out(train.scenes, np.random.default_rng(seed))
        fitted, chosen_on = train.subset(~held_out), train.subset(held_out)
        before, after = chosen_on.features[:, :-1], chosen_on.features[:, 1:]

        def best(made: Callable[[float], MotionMaps]) -> MotionMaps:
            def error(maps: MotionMaps) -> float:
                return float(np.linalg.norm(maps.after(before, chosen_on.patterns) - after, axis=-1).sum())

            return min(map(made, _RIDGES), key=error)

        blind = best(lambda ridge: cls._blind(fitted, patterns, ridge))
        known = best(lambda ridge: blind._refined(fitted, ridge))
        blind = cls._blind(train, patterns, blind.ridge)
        return blind._refined(train, known.ridge), blind

    @classmethod
    def _blind(cls, data: MotionFeatures, patterns: int, ridge: float) -> MotionMaps:
        identity = np.eye(data.features.shape[-1])[None]
        one = _least_squares(data, np.zeros_like(data.patterns), identity, ridge)
        return cls(np.repeat(one, patterns, axis=0), ridge)

    def _refined(self, data: MotionFeatures, ridge: float) -> MotionMaps:
        return MotionMaps(_least_squares(data, data.patterns, self.maps, ridge), ridge)

    def after(self, features: NDArray[Any], patterns: NDArray[np.int64]) -> NDArray[Any]:
        """Features (..., D) after motions of patterns (...)."""
        moved = np.empty_like(features)
        for g in np.unique(patterns):
            moved[patterns == g] = features[patterns == g] @ self.maps[g].T
        return moved


def _least_squares(
    data: MotionFeatures, patterns: NDArray[np.int64], towards: NDArray[np.float64], ridge: float
) -> NDArray[np.float64]:
    """(G, D, D) maps of patterns (E, T − 1), with a ridge that pulls towards maps (G, D, D)."""
    maps = towards.copy()
    if np.isinf(ridge):
        return maps
    dimensions = data.features.shape[-1]
    before = data.features[:, :-1].reshape(-1, dimensions).astype(np.float64)
    after = data.features[:, 1:].reshape(-1, dimensions)
    pattern = patterns.reshape(-1)
    for g in np.unique(pattern):
        x = before[pattern == g]
        missed = after[pattern == g] - x @ towards[g].T
        gram = x.T @ x
        # Relative to the features' own size, so that the choice means the same for every encoder.
        penalty = ridge * max(float(np.trace(gram)) / dimensions, 1e-12)
        maps[g] += np.linalg.solve(gram + penalty * np.eye(dimensions), x.T @ missed).T
    return maps
