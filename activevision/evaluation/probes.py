"""What an encoder's features know, in brief: of the camera's motion, of the class, and whether they have collapsed.

Everything is fitted to frozen features on training scenes and scored on scenes that neither the encoder nor the probe
has seen, in the same way for every encoder: trained, time-only, or with random weights. ``probing`` holds the measures,
and more of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.encoders.backbones import Encoder
from activevision.encoders.collapse import rank_me, spread
from activevision.encoders.config import PretrainConfig
from activevision.encoders.features import extract_features
from activevision.encoders.motion_patterns import MotionPatterns
from activevision.evaluation.probing.equivariance_error import normalised_error
from activevision.evaluation.probing.linear_probe import linear_probe
from activevision.evaluation.probing.motion_maps import MotionFeatures, MotionMaps
from activevision.evaluation.probing.nearest_neighbours import nearest_neighbours
from activevision.evaluation.probing.tally import Tally, quotient
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.windows import Windows


@dataclass(frozen=True)
class EquivarianceError:
    """Normalised equivariance errors: 0 is perfect, 1 is no better than taking the features to stay as they are.

    atomic: of single motions. composite: of two in succession, by the product of their maps; NaN where episodes have
    fewer than three views. blind: as composite, by the square of one map for all motions; what composite is below it,
    knowing the motions is worth. by_pattern: atomic, pattern by pattern, of those that occur in the test episodes.
    ridge: the strength of regularisation that was chosen.
    """

    atomic: float
    composite: float
    blind: float
    by_pattern: dict[int, float]
    ridge: float


def probe_encoder(
    encoder: Encoder, train: WindowDataset, test: WindowDataset, config: PretrainConfig
) -> dict[str, float]:
    """All figures of an encoder, fitted on the episodes of ``train`` and scored on those of ``test``, by name.

    ``config`` gives the number of motion patterns and the seed alone; for a comparison it must be one and the same.
    Where a data set has episodes without labels, the figures about classes are left out.
    """
    train, test = (replace(d, windows=Windows.covering(d.views)) for d in (train, test))
    patterns = MotionPatterns.fit(train.motions, config.patterns, np.random.default_rng(config.seed))
    fitted, scored = (extract_features(encoder, d.images) for d in (train, test))
    sets = [
        MotionFeatures(
            features[np.searchsorted(d.rows, d.window_rows)], patterns.assign(d.window_twists), d.window_scenes
        )
        for features, d in ((fitted, train), (scored, test))
    ]
    equivariance = normalised_equivariance_error(sets[0], sets[1], config.seed)
    figures = {
        "equivariance_error_atomic": equivariance.atomic,
        "equivariance_error_composite": equivariance.composite,
        "equivariance_error_blind": equivariance.blind,
    }
    if train.labelled and test.labelled:
        labels_fitted, labels_scored = (np.repeat(d.labels, d.views) for d in (train, test))
        scenes = np.repeat(train.scenes, train.views)
        found = {
            "linear_probe": linear_probe(fitted, labels_fitted, scored, scenes, config.seed),
            "nearest_neighbours": nearest_neighbours(fitted, labels_fitted, scored),
        }
        figures |= {name: float((labels == labels_scored).mean()) for name, labels in found.items()}
    return {**figures, "rank_me": rank_me(scored), "spread": spread(scored)}


def normalised_equivariance_error(train: MotionFeatures, test: MotionFeatures, seed: int = 0) -> EquivarianceError:
    """How well one linear map for each motion pattern predicts features after the motion, on held-out scenes.

    The error is ``normalised_error`` of ``MotionMaps``, pooled over the test pairs of all patterns, and with M_h M_g
    for two motions in succession. Maps that are blind to the motion show what it is worth to know it.

    Known values: 0 for perfectly equivariant features; 1 for features that change only by noise, and for constant ones
    by definition; 1/√2 for features that are drawn anew in every view, whose best prediction is their mean, 0.
    """
    maps, blind = MotionMaps.fit(train, int(max(train.patterns.max(), test.patterns.max())) + 1, seed)
    before, after = test.features[:, :-1], test.features[:, 1:]
    predicted = maps.after(before, test.patterns)
    patterns = test.patterns.ravel()
    by_pattern = _tally(predicted, before, after, patterns)
    composite = ignored = float("nan")
    if test.features.shape[1] > 2:
        composite, ignored = (_composite(of, test) for of in (maps, blind))
    of_each = quotient(by_pattern.above, by_pattern.below).tolist()
    return EquivarianceError(
        float(by_pattern.value),
        composite,
        ignored,
        {int(g): error for g, error in zip(by_pattern.scenes, of_each, strict=True)},
        maps.ridge,
    )


def _composite(maps: MotionMaps, test: MotionFeatures) -> float:
    start, end = test.features[:, :-2], test.features[:, 2:]
    twice = maps.after(maps.after(start, test.patterns[:, :-1]), test.patterns[:, 1:])
    return float(_tally(twice, start, end, test.patterns[:, 1:].ravel()).value)


def _tally(predicted: NDArray[Any], before: NDArray[Any], after: NDArray[Any], groups: NDArray[np.int64]) -> Tally:
    """Tally by groups (N,) of N features with any number of leading axes."""
    flat = [features.reshape(-1, features.shape[-1]) for features in (predicted, before, after)]
    return normalised_error(flat[0], flat[1], flat[2], groups.astype(str))
