"""Walks: the evidence of views along recorded episodes, which is what fusions are calibrated and trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from activevision.agents.evidence import Recogniser, Walk
from activevision.progress import progress
from activevision.rollouts.dataset import WindowDataset

_BATCH = 64


@dataclass(frozen=True, eq=False)
class Walks:
    """Evidence along E episodes of T views.

    log_likelihood: (E, T, C) float32. twist: (E, T, 6) float32, zeros at the first view. label: (E,) int64.
    """

    log_likelihood: NDArray[np.float32]
    twist: NDArray[np.float32]
    label: NDArray[np.int64]

    def draw(self, episodes: int, generator: np.random.Generator) -> Walk:
        """So many of the walks, with replacement."""
        index = generator.integers(len(self.label), size=episodes)
        return self.log_likelihood[index], self.twist[index], self.label[index]

    def tempered(self, temperature: float) -> Walks:
        """The walks that the recogniser would give with its scores divided by ``temperature``."""
        scores = log_softmax(self.log_likelihood / temperature, axis=-1).astype(np.float32)
        return replace(self, log_likelihood=scores)

    @classmethod
    def record(cls, recogniser: Recogniser, dataset: WindowDataset, what: str) -> Walks:
        """What a recogniser says of every view of a data set's episodes."""
        scores = []
        with progress(what, len(dataset.frames), "episodes") as advance:
            for start in range(0, len(dataset.frames), _BATCH):
                frames = dataset.frames[start : start + _BATCH]
                flat = recogniser.evidence({"rgb": frames.reshape(-1, *frames.shape[2:])}, {}).log_likelihood
                scores.append(flat.reshape(*frames.shape[:2], -1))
                advance(len(frames))
        twist = np.pad(dataset.twists, ((0, 0), (1, 0), (0, 0))).astype(np.float32)
        return cls(np.concatenate(scores), twist, np.asarray(dataset.labels, np.int64))

    @classmethod
    def joined(cls, parts: Sequence[Walks]) -> Walks:
        return cls(
            np.concatenate([part.log_likelihood for part in parts]),
            np.concatenate([part.twist for part in parts]),
            np.concatenate([part.label for part in parts]),
        )
