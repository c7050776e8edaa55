"""Retrieval of the view that a motion leads to, among the views of the same scene: ranks, MRR and H@k."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.posed_features import Features, PosedFeatures, Rows
from activevision.evaluation.probing.tally import Tally

HITS = (1, 2, 5, 10)
_EQUAL = 1e-6  # cosines nearer than this are the same: what float32 rounding spreads decides no rank


class Ranks(NamedTuple):
    """better, equal: (N,) candidates of a larger cosine than the true one, and of the same one, itself among them.

    candidates: (N,) how many there are. nearest: (N,) row of the candidate of the largest cosine.
    """

    better: Rows
    equal: Rows
    candidates: Rows
    nearest: Rows


def rank(predicted: Features, true: Rows, views: PosedFeatures) -> Ranks:
    """Ranks of the rows ``true`` (N,) of ``views`` by cosine with predictions (N, D), among all views of their scene.

    As in the evaluation of SIE (Garrido, Najman & LeCun, ICML 2023) the view that the motion starts from is a
    candidate as well.
    """
    keys, targets = _unit(views.features), _unit(predicted)
    better, equal, candidates, nearest = (np.zeros(len(true), np.int64) for _ in range(4))
    for scene in np.unique(views.scenes[true]):
        rows, asked = np.flatnonzero(views.scenes == scene), np.flatnonzero(views.scenes[true] == scene)
        cosine = targets[asked] @ keys[rows].T
        own = cosine[np.arange(len(asked)), np.searchsorted(rows, true[asked])][:, None]
        better[asked] = (cosine > own + _EQUAL).sum(1)
        equal[asked] = (np.abs(cosine - own) <= _EQUAL).sum(1)
        candidates[asked], nearest[asked] = len(rows), rows[cosine.argmax(1)]
    return Ranks(better, equal, candidates, nearest)


def reciprocal_rank(ranks: Ranks, scenes: NDArray[np.str_]) -> Tally:
    """Tally of MRR, the mean of 1 / rank; of equal candidates the mean over their orders.

    So the value of features that are all alike is that of chance, H_n / n for n candidates with H_n = Σ_{r ≤ n} 1 / r.
    """
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(ranks.candidates.max()) + 1))])
    return Tally.of(scenes, (harmonic[ranks.better + ranks.equal] - harmonic[ranks.better]) / ranks.equal)


def hits(ranks: Ranks, k: int, scenes: NDArray[np.str_]) -> Tally:
    """Tally of H@k, the share of true views among the ``k`` nearest; of equal candidates the mean over their orders."""
    return Tally.of(scenes, np.clip(k - ranks.better, 0, ranks.equal) / ranks.equal)


def _unit(features: Features) -> Features:
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
