"""What is seen of a class from each viewpoint: a likelihood over codewords, learned by counting."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from activevision.agents.calibration import fit_temperature
from activevision.agents.codebook import Codebook
from activevision.agents.config import ObservationConfig
from activevision.agents.evidence import Evidence, EvidenceTable
from activevision.agents.lessons import GridLessons
from activevision.agents.viewpoint_filter import ViewpointFilter, class_marginal
from activevision.errors import UserError
from activevision.files import NO_ARRAYS, atomic_write
from activevision.protocol import Protocol


@dataclass(frozen=True, eq=False)
class ObservationModel:
    """p(k | class c, viewpoint v) for codewords k, and with it the likelihood of a whole view.

    ## Counting
    On training scenes, n(c, r, a, k) views of class c from row r and column a have codeword k. Each estimate is drawn
    towards the coarser one above it by ``strength`` s imagined views (Dirichlet smoothing of a hierarchy; MacKay &
    Peto 1995), the coarsest towards equally likely codewords by one view each:

        p(k)         = (n(k) + 1) / (n + K)
        p(k | c)     = (n(c, k) + s p(k)) / (n(c) + s)
        p(k | c, r)  = (n(c, r, k) + s p(k | c)) / (n(c, r) + s)
        p(k | c, v)  = (n(c, r, a, k) + s p(k | c, r)) / (n(c, r, a) + s),   v = (r, a)

    Where the objects of a class do not all face the same way, the columns come out alike and an azimuth tells nothing.

    ## A view's likelihood
    A recogniser says more of a view x than its codeword k does, for every class. So the class is read off it and the
    place off the codeword: p(x | c, v) = p(x | c) · p(k | c, v) / p(k | c), with p(x | c) ∝ the recogniser's posterior
    and p(k | c) the mean of p(k | c, v) over the grid. This is exact where, given class and codeword, the rest of a
    view does not depend on the viewpoint. Its mean over the grid is the recogniser's own likelihood: one view alone,
    from nobody knows where, leaves exactly the recogniser's posterior, and a table that is alike everywhere makes
    the product of experts of it.

    protocol: whose view grid it is about. table: (C, E, A, K) float32, log p(k | c, v).
    """

    protocol: Protocol
    classes: tuple[str, ...]
    codebook: Codebook
    table: NDArray[np.float32]

    @classmethod
    def count(cls, views: EvidenceTable, protocol: Protocol, codebook: Codebook, strength: float) -> ObservationModel:
        """Counted on every view of a table."""
        classes, (rows, columns), words = len(views.classes), views.grid_shape, len(codebook.centres)
        seen = codebook.words(_flat(views)).reshape(-1, rows, columns)
        counts = np.zeros((classes, rows, columns, words))
        place = np.arange(rows)[:, None], np.arange(columns)
        np.add.at(counts, (views.label[:, None, None], *place, seen), 1)
        anything = (counts.sum(axis=(0, 1, 2)) + 1) / (counts.sum() + words)
        of_class = _drawn(counts.sum(axis=(1, 2)), anything, strength)
        of_row = _drawn(counts.sum(axis=2), of_class[:, None], strength)
        probability = _drawn(counts, of_row[:, :, None], strength)
        return cls(protocol, views.classes, codebook, np.log(probability).astype(np.float32))

    @classmethod
    def fit(
        cls, lessons: GridLessons, config: ObservationConfig, seed: int, loss: Callable[[ObservationModel], float]
    ) -> ObservationModel:
        """Counted on training scenes, with those numbers of codewords and strengths of ``config`` that ``loss`` finds
        best; same seed, same model."""
        candidates = []
        for words in config.words:
            codebook = Codebook.fit(_flat(lessons.train), words, seed)
            for strength in config.strengths:
                candidates.append(cls.count(lessons.train, lessons.protocol, codebook, strength))
        return min(candidates, key=loss)

    @cached_property
    def _place(self) -> NDArray[np.float32]:
        """(K, C, E · A) log p(k | c, v) / p(k | c)."""
        table = self.table.reshape(len(self.classes), -1, self.table.shape[-1])
        of_class = np.log(np.exp(table).mean(axis=1, keepdims=True))
        return np.ascontiguousarray(np.moveaxis(table - of_class, -1, 0))

    def log_likelihood(self, evidence: Evidence) -> NDArray[np.float32]:
        """log p(x | c, v) (N, C, E · A) of N views, up to a constant a view; viewpoints in raster order."""
        recognised = log_softmax(evidence.log_likelihood, axis=1)
        return self._place[self.codebook.words(evidence)] + recognised[:, :, None]

    def save(self, path: Path, **numbers: float) -> None:
        """Into one file, with further numbers by name."""
        book = self.codebook
        arrays = {"centres": book.centres, "mean": book.mean, "scale": book.scale, "table": self.table, **numbers}
        with atomic_write(path) as file:
            np.savez(file, protocol=json.dumps(self.protocol.to_json()), classes=self.classes, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path, *numbers: str) -> tuple[ObservationModel, Mapping[str, float]]:
        """What ``save`` wrote, and the further numbers asked for; UserError if it is missing or damaged."""
        try:
            with np.load(path) as arrays:
                codebook = Codebook(arrays["centres"], arrays["mean"], arrays["scale"])
                protocol = Protocol.from_json(json.loads(str(arrays["protocol"])))
                model = cls(protocol, tuple(arrays["classes"].tolist()), codebook, arrays["table"])
                return model, {name: float(arrays[name]) for name in numbers}
        except FileNotFoundError:
            raise UserError(f"no observation model {path}: give a folder that `activevision train` wrote.") from None
        except (*NO_ARRAYS, TypeError) as error:
            raise UserError(f"observation model {path} is damaged ({error}): delete it and train again.") from None


@dataclass(frozen=True, eq=False)
class ValidationWalks:
    """Random walks through validation scenes: evidence of each of T views, the twists (N, T, 6) that led to it, and the
    labels (N,)."""

    views: list[Evidence]
    twists: NDArray[np.float32]
    label: NDArray[np.int64]

    @classmethod
    def draw(cls, lessons: GridLessons, walks: int, generator: np.random.Generator) -> ValidationWalks:
        scene, viewpoint, twists = lessons.val.paths(lessons.protocol, walks, generator)
        views = [lessons.val.at(scene, viewpoint[:, view]) for view in range(viewpoint.shape[1])]
        return cls(views, twists, lessons.val.label[scene])

    def calibrated(self, model: ObservationModel) -> tuple[float, float]:
        """The temperature that gives the labels the least negative log-likelihood over all views, and that, in nats."""
        scores = filtered(model, self.views, self.twists)
        label = np.repeat(self.label[:, None], len(self.views), axis=1)
        temperature = fit_temperature(scores, label)
        log_probs = np.take_along_axis(log_softmax(scores / temperature, axis=-1), label[..., None], axis=-1)
        return temperature, -float(log_probs.mean())


def filtered(model: ObservationModel, views: Sequence[Evidence], twists: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, T, C) log p(class | views so far) after each of T views of N walks, whose twists are (N, T, 6)."""
    track = ViewpointFilter(model.protocol, len(model.classes))
    joint, beliefs = track.start(len(twists)), list[NDArray[np.float32]]()
    for view, evidence in enumerate(views):
        joint = track.seen(track.moved(joint, twists[:, view]), model.log_likelihood(evidence))
        beliefs.append(class_marginal(joint))
    return np.stack(beliefs, axis=1)


def _drawn(counts: NDArray[np.float64], towards: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    """Probabilities of counts (..., K), drawn towards others by so many imagined views."""
    return (counts + strength * towards) / (counts.sum(axis=-1, keepdims=True) + strength)


def _flat(table: EvidenceTable) -> Evidence:
    """Evidence of all views (S · E · A, …) of a table."""
    scores = table.log_likelihood.reshape(-1, len(table.classes))
    return Evidence(scores, table.feature.reshape(len(scores), table.feature_size))
