"""How figures go together over encoders: rank correlations with intervals, and what they are worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from activevision.evaluation.study.ranks import interval, partial_spearman, permutation_p, spearman
from activevision.evaluation.study.scores import ENCODERS, OBJECTS, SEEDS, Array, Draws, Scores

EVERYTHING = (ENCODERS, OBJECTS, SEEDS)
"""What the intervals are of: encoders are drawn with replacement, then test objects (the same for all figures), then,
for each encoder drawn, its pretraining seeds, and in each of these the seeds of probes and of agents."""

_ENDS = (0.025, 0.975)

VARIANTS = {"encoders": (ENCODERS,), "objects_and_seeds": (OBJECTS, SEEDS)}
"""The same with only some of them drawn, which tells what the width comes from."""


@dataclass(frozen=True, eq=False)
class Figure:
    """scores: of every encoder. higher: whether more is better; where less is, ranks are turned round."""

    scores: Scores
    higher: bool = True

    @property
    def values(self) -> Array:
        return self._turned(self.scores.values)

    def drawn(self, draws: Draws) -> Array:
        return self._turned(self.scores.drawn(draws))

    def _turned(self, values: Array) -> Array:
        return values if self.higher else -values


@dataclass(frozen=True, eq=False)
class Sampled:
    """A figure of E encoders: values (E,), and (R, E) of them on draws by what was drawn."""

    values: Array
    drawn: Mapping[str, Array]

    @classmethod
    def of(cls, figure: Figure, draws: Mapping[str, Draws]) -> Sampled:
        return cls(figure.values, {what: figure.drawn(of_what) for what, of_what in draws.items()})

    @property
    def intervals(self) -> Array:
        """(E, 2) ends of the 95 % interval of every encoder's figure, over objects and seeds."""
        return np.quantile(self.drawn["objects_and_seeds"], _ENDS, axis=0).T

    @property
    def intervals_apart(self) -> Array:
        """(E, 2) the same of its distance from the mean of all encoders, about its figure: without what moves all of
        them alike, as the draw of objects does."""
        off = self._apart - self._apart.mean(0)
        return self.values[:, None] + np.quantile(off, _ENDS, axis=0).T

    @property
    def _apart(self) -> Array:
        """(R, E) distances from the mean of all encoders."""
        drawn = self.drawn["objects_and_seeds"]
        return drawn - drawn.mean(1, keepdims=True)

    @property
    def reliability(self) -> float:
        """Share of the variance over encoders that is not noise of objects and seeds, 0 to 1; what moves all encoders
        alike does not count as noise, since it changes no rank."""
        noise = float(self._apart.var(0).mean())
        total = float(self.values.var(ddof=1))
        return max(0.0, 1 - noise / total) if total > 0 else 0.0


def sampled(figures: Mapping[str, Figure], resamples: int, seed: int) -> dict[str, Sampled]:
    """All figures on the same draws."""
    shape = next(iter(figures.values())).scores.shape
    draws = {
        name: Draws.of(shape, resamples, seed, what) for name, what in {"everything": EVERYTHING, **VARIANTS}.items()
    }
    return {name: Sampled.of(figure, draws) for name, figure in figures.items()}


def relation(x: Sampled, y: Sampled, given: Sampled | None) -> dict[str, Any]:
    """Spearman's ρ of two figures over encoders, as JSON; ``partial``: with the ranks of a third one held fixed.

    ci95: over all that is drawn. ci95_of: over some of it. p: of a permutation test. without_one: the lowest and the
    highest ρ that leaving out one encoder gives.
    """
    row: dict[str, Any] = _estimated(spearman, x, y)
    row["ci95_of"] = {
        what: _interval(float(spearman(x.values[None], y.values[None])[0]), spearman(x.drawn[what], y.drawn[what]))
        for what in VARIANTS
    }
    row["p"] = permutation_p(x.values, y.values)
    row["without_one"] = _without_one(x.values, y.values)
    row["partial"] = None if given is None else _estimated(partial_spearman, x, y, given)
    return row


def _estimated(measure: Callable[..., Array], *figures: Sampled) -> dict[str, Any]:
    rho = float(measure(*(figure.values[None] for figure in figures))[0])
    return {"rho": _plain(rho), "ci95": _interval(rho, measure(*(figure.drawn["everything"] for figure in figures)))}


def _interval(estimate: float, samples: Array) -> list[float | None]:
    return [_plain(end) for end in interval(estimate, samples)]


def _without_one(x: Array, y: Array) -> list[float | None]:
    others = ~np.eye(len(x), dtype=bool)
    found = [float(spearman(x[rest][None], y[rest][None])[0]) for rest in others]
    known = [rho for rho in found if math.isfinite(rho)]
    return [_plain(min(known)), _plain(max(known))] if known else [None, None]


def _plain(value: float) -> float | None:
    """For JSON, which has no NaN."""
    return round(value, 6) if math.isfinite(value) else None
