"""``Scores``: a figure of every encoder as sums for every object, so that objects, seeds and encoders can be drawn."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.tally import quotient

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """A figure of E encoders, each pretrained with P seeds and measured with S others, on K objects.

    above, below: (E, P, S, K) sums whose totals' quotient is the figure, as in ``Tally``; ``below`` is 1 of a mean.
    complement: whether the figure is 1 minus that. Over the seeds the figures are averaged.
    """

    above: Array
    below: Array
    complement: bool = False

    @classmethod
    def of_means(cls, means: Array) -> Scores:
        """Of means (E, P, S, K) for every object, which all count alike."""
        return cls(means, np.ones_like(means))

    @property
    def values(self) -> Array:
        """(E,) the figures."""
        return self._figure(quotient(self.above.sum(-1), self.below.sum(-1))).mean((1, 2))

    @property
    def shape(self) -> tuple[int, int, int]:
        """E, P and K."""
        return self.above.shape[0], self.above.shape[1], self.above.shape[3]

    def drawn(self, draws: Draws) -> Array:
        """(R, E) the figures on every draw, of the encoders in the order in which they were drawn."""
        sums = [np.einsum("epsk,rk->reps", part, draws.objects, optimize=True) for part in (self.above, self.below)]
        rows = np.arange(len(draws.objects))[:, None]
        figures = self._figure(quotient(sums[0], sums[1]))[rows, draws.encoders]  # (R, E, P, S)
        of_runs = np.take_along_axis(figures, draws.runs[..., None], axis=2)
        return np.take_along_axis(of_runs, draws.seeds(figures.shape[3]), axis=3).mean(3).mean(2)

    def minus(self, other: Scores) -> Scores:
        """The difference of two means, object by object and seed by seed."""
        return Scores.of_means(self.above / self.below - other.above / other.below)

    def _figure(self, quotients: Array) -> Array:
        return 1 - quotients if self.complement else quotients


ENCODERS, OBJECTS, SEEDS = "encoders", "objects", "seeds"
"""What may be drawn."""


@dataclass(frozen=True, eq=False)
class Draws:
    """R draws with replacement.

    encoders: (R, E) which are drawn. runs: (R, E, P) which pretraining seeds of each of these. objects: (R, K) how
    often each object is drawn, the same for all figures and encoders. within: seed of what is drawn of the seeds within
    runs; None where these stay as they are.
    """

    encoders: NDArray[np.int64]
    runs: NDArray[np.int64]
    objects: Array
    within: int | None

    @classmethod
    def of(cls, shape: tuple[int, int, int], resamples: int, seed: int, what: Collection[str]) -> Draws:
        """shape: E, P and K. what: of ENCODERS, OBJECTS and SEEDS those that are drawn; others stay as they are."""
        encoders, runs, objects = shape
        generator = np.random.default_rng(seed)
        drawn = generator.integers(encoders, size=(resamples, encoders))
        of_each = generator.integers(runs, size=(resamples, encoders, runs))
        counts = generator.multinomial(objects, np.full(objects, 1 / objects), size=resamples)
        return cls(
            drawn if ENCODERS in what else np.broadcast_to(np.arange(encoders), drawn.shape),
            of_each if SEEDS in what else np.broadcast_to(np.arange(runs), of_each.shape),
            (counts if OBJECTS in what else np.ones_like(counts)).astype(np.float64),
            seed if SEEDS in what else None,
        )

    def seeds(self, count: int) -> NDArray[np.int64]:
        """(R, E, P, S) which of ``count`` seeds are drawn in every drawn run, anew where a run is drawn twice.

        Alike for all figures that have as many.
        """
        shape = (*self.runs.shape, count)
        if self.within is None:
            return np.broadcast_to(np.arange(count), shape)
        return np.random.default_rng([self.within, count]).integers(count, size=shape)
