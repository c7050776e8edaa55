"""What a recogniser will say of a view that has not been had, for every class that the object may be of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activevision.agents.belief_env import LEAST_LOG_PROBABILITY

_OBJECTS_ROW, _OBJECTS_CODE, _VIEWS = 2.5, 12.0, 10.0
"""Imagined objects that draw what a class has of its own, by row and by code, towards what all classes have in common;
imagined views that draw that towards nothing."""
_OWN = 0.1
"""Share of an error that is the view's own."""
_UNKNOWN, _ROUNDING = 1e6, 1e-4
"""Variance of a view that was not had, and what is added to that of one that was."""


class Looks(NamedTuple):
    """t views of each of N episodes.

    cell: (N, t) raster indices of the viewpoints. code: (N, t, k) of the forward model. said: (N, t, C) evidence as
    ``centred`` has it. had: (N, t) whether there was such a view; what is said of others does not count.
    """

    cell: NDArray[np.int64]
    code: NDArray[np.float32]
    said: NDArray[np.float32]
    had: NDArray[np.bool_]

    def of(self, episodes: NDArray[np.int64]) -> Looks:
        return Looks(self.cell[episodes], self.code[episodes], self.said[episodes], self.had[episodes])


@dataclass(frozen=True, eq=False)
class EvidenceModel:
    """p(evidence | class, viewpoint, features, views so far) on a view grid of G = E × A cells: a Gaussian process.

    The evidence of a view, centred log-likelihoods e ∈ R^C, of an object of class c from cell v with code z is

        e = a_c[row of v] + B_c z + ε(v),    Cov(ε(u), ε(v)) = K[u, v] Σ.

    ε is what the recogniser gets wrong about this one object. It gets much the same wrong from neighbouring
    viewpoints, so that another view from there says little that is new; from the same viewpoint it says the same again.

    row, slope: a (C, E, C) and B (C, k, C), by ridge regression on training scenes that the recognisers who speak of
    them have not seen (cross-fitting), what each class has of its own drawn towards what all have in common.
    field: K (G, G), 1 on average over its diagonal, the same however the grid is turned about the vertical axis;
    spread: (C, C) a root of Σ. Both from the errors on validation scenes, which neither the recogniser nor the
    regression has seen.
    """

    row: NDArray[np.float32]
    slope: NDArray[np.float32]
    field: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def fit(cls, train: tuple[NDArray, NDArray, NDArray], val: tuple[NDArray, NDArray, NDArray]) -> EvidenceModel:
        """From codes (S, E, A, k), centred evidence (S, E, A, C) and labels (S,) of every view of two sets of scenes.

        A class without training scenes is as all classes are together.
        """
        row, slope = _regression(*train)
        code, said, label = val
        scenes, rows, columns, classes = said.shape
        error = (said - row[label][:, :, None] - np.matmul(code, slope[label][:, None])).reshape(scenes, -1, classes)
        covariance = np.einsum("svc,svd->cd", error, error, optimize=True) / (scenes * rows * columns)
        variance, directions = np.linalg.eigh(covariance)
        kept = variance > 1e-6 * max(float(variance[-1]), 1e-30)  # centred evidence has none along (1, …, 1)
        white = error @ (directions[:, kept] / np.sqrt(variance[kept]))
        between = np.einsum("suc,svc->uv", white, white, optimize=True) / (scenes * max(int(kept.sum()), 1))
        between = between.reshape(rows, columns, rows, columns)
        turned = [np.roll(between, (turn, turn), axis=(1, 3)) for turn in range(columns)]
        field = np.mean(turned, axis=0).reshape(rows * columns, rows * columns)
        field = (1 - _OWN) * field + _OWN * np.diag(np.diag(field))
        spread = directions * np.sqrt(np.where(kept, variance, 0.0))
        return cls(*(part.astype(np.float32) for part in (row, slope, field, spread)))

    def errors(self, samples: int, generator: np.random.Generator) -> NDArray[np.float32]:
        """(samples, G, C) draws of ε over the whole grid, in pairs of opposite sign."""
        variance, directions = np.linalg.eigh(self.field.astype(np.float64))
        root = directions * np.sqrt(np.maximum(variance, 0.0))
        half = generator.standard_normal((-(-samples // 2), len(self.field), len(self.spread)))
        drawn = np.matmul(root, half) @ self.spread.T
        return np.stack([drawn, -drawn], axis=1).reshape(-1, *drawn.shape[1:])[:samples].astype(np.float32)

    def imagine(
        self,
        looks: Looks,
        cell: NDArray[np.int64],
        code: NDArray[np.float32],
        hypothesis: NDArray[np.int64],
        errors: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Evidence (N, K, R, C), normalised log-likelihoods, of R views of K imagined objects for each of N episodes.

        Object k is of class ``hypothesis[:, k]`` (N, K), and is drawn from all that what was seen leaves possible.
        cell, code: (N, R), (N, R, k) of the views. errors: (K, G, C) from ``errors``. They become draws given the views
        so far by adding what the best linear prediction of those views misses (Matheron's rule).
        """
        between = self.field[looks.cell[:, :, None], looks.cell[:, None]]
        doubt = np.where(looks.had, _ROUNDING, _UNKNOWN)[:, :, None] * np.eye(looks.cell.shape[1])
        reached = self.field[looks.cell[:, :, None], cell[:, None]]
        weight = np.linalg.solve(between + doubt, reached).transpose(0, 2, 1).astype(np.float32)  # (N, R, t)
        sample = np.arange(len(errors))[:, None]
        missed = looks.said[:, None] - self._mean(looks.cell, looks.code, hypothesis)
        missed -= errors[sample, looks.cell[:, None]]
        said = self._mean(cell, code, hypothesis) + errors[sample, cell[:, None]]
        said += np.matmul(weight[:, None], missed)
        said -= np.log(np.exp(said).sum(axis=-1, keepdims=True))  # about 0 on average, so nothing overflows
        return said

    def _mean(
        self, cell: NDArray[np.int64], code: NDArray[np.float32], hypothesis: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """(N, K, R, C) what is said on average of views (N, R) if the classes are (N, K)."""
        row = cell // (len(self.field) // self.row.shape[1])
        return self.row[hypothesis[:, :, None], row[:, None]] + np.matmul(code[:, None], self.slope[hypothesis])

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        return {name: getattr(self, name) for name in ("row", "slope", "field", "spread")}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray]) -> EvidenceModel:
        return cls(*(arrays[name] for name in ("row", "slope", "field", "spread")))


def centred(log_likelihood: NDArray[np.floating]) -> NDArray[np.float32]:
    """Log-likelihoods (..., C), cut off below, less their mean: what is left of them is what tells classes apart."""
    kept = np.maximum(log_likelihood, LEAST_LOG_PROBABILITY)
    return (kept - kept.mean(axis=-1, keepdims=True)).astype(np.float32)


def _regression(code: NDArray, said: NDArray, label: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """a (C, E, C) and B (C, k, C) of ``EvidenceModel``."""
    rows, columns, size = code.shape[1:]
    classes, width = said.shape[-1], rows + size
    own = np.concatenate([np.full(rows, _OBJECTS_ROW * columns), np.full(size, _OBJECTS_CODE * rows * columns)])
    # the unknowns: a block that all classes share, then one for each class
    gram, moment = np.zeros((classes + 1, width, classes + 1, width)), np.zeros((classes + 1, width, classes))
    gram[0, :, 0] = _VIEWS * np.eye(width)
    for one in range(classes):
        of_class = label == one
        known = code[of_class].reshape(-1, size).astype(np.float64)
        where = np.tile(np.repeat(np.eye(rows), columns, axis=0), (int(of_class.sum()), 1))
        design = np.concatenate([where, known], axis=1)
        square, product = design.T @ design, design.T @ said[of_class].reshape(-1, classes)
        gram[0, :, 0] += square
        gram[0, :, one + 1], gram[one + 1, :, 0] = square, square
        gram[one + 1, :, one + 1] = square + np.diag(own)
        moment[0] += product
        moment[one + 1] = product
    unknowns = (classes + 1) * width
    found = np.linalg.solve(gram.reshape(unknowns, unknowns), moment.reshape(unknowns, classes))
    weight = found.reshape(classes + 1, width, classes)
    weight = weight[0] + weight[1:]
    return weight[:, :rows], weight[:, rows:]
