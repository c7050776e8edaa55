"""Codewords for what a recogniser says of a view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2, vq
from scipy.special import log_softmax

from activevision.agents.evidence import Evidence
from activevision.errors import UserError

_VIEWS, _ITERATIONS = 8000, 20
"""Views that codewords are made from, and rounds of k-means on them."""


@dataclass(frozen=True, eq=False)
class Codebook:
    """K codewords for what a recogniser says of a view.

    A view is described by the square roots of its class probabilities (equal distances are then equal differences
    between distributions, after Hellinger) and by the encoder's feature with each number at unit variance; the two
    parts have the same total variance, 1. A view's codeword is the nearest of the centres.

    centres: (K, C + D). mean, scale: (C + D,) what is taken from a description and what it is multiplied by.
    """

    centres: NDArray[np.float32]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def fit(cls, views: Evidence, words: int, seed: int) -> Codebook:
        """By k-means; same seed, same codewords. Fewer than ``words`` where fewer views differ."""
        generator = np.random.default_rng(seed)
        described = _described(views)
        deviation = described.std(axis=0)
        classes = views.log_likelihood.shape[1]
        scale = np.zeros_like(deviation)
        scale[:classes] = 1 / max(float(np.linalg.norm(deviation[:classes])), 1e-6)
        varied = np.flatnonzero(deviation[classes:] > 1e-6) + classes  # a number that never changes says nothing
        scale[varied] = 1 / (deviation[varied] * np.sqrt(max(len(varied), 1)))
        book = cls(np.zeros((0, len(scale)), np.float32), described.mean(axis=0), scale)
        sample = generator.permutation(len(described))[:_VIEWS]
        points = (described[sample] - book.mean) * scale
        words = min(words, len(np.unique(points, axis=0)))
        centres, _ = kmeans2(points.astype(np.float64), words, iter=_ITERATIONS, minit="++", seed=generator)
        return cls(centres.astype(np.float32), book.mean, scale)

    def words(self, evidence: Evidence) -> NDArray[np.int64]:
        """Codewords (N,) of the evidence of N views. UserError for features of another encoder's size."""
        described = _described(evidence)
        if described.shape[1] != len(self.mean):
            raise UserError(
                f"views come with {evidence.log_likelihood.shape[1]} classes and features of "
                f"{evidence.feature.shape[1]} numbers, and codewords were made of {len(self.mean)} in all: fit the "
                "fusion and the policies with the recogniser that they are used with."
            )
        return vq((described - self.mean) * self.scale, self.centres, check_finite=False)[0].astype(np.int64)


def _described(evidence: Evidence) -> NDArray[np.float32]:
    """(N, C + D) square roots of probabilities, then features."""
    roots = np.exp(log_softmax(evidence.log_likelihood, axis=1) / 2)
    return np.concatenate([roots, evidence.feature], axis=1).astype(np.float32)
