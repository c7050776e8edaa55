"""A forward model of features on a view grid: a motion acts on them as a linear map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError

_RIDGE = 1e-3
"""Of the maps, relative to the number of views that each is fitted to."""
_LEAST = 1e-6
"""Share of the largest deviation or variance below which there is rounding and no information."""


@dataclass(frozen=True, eq=False)
class ForwardModel:
    """M_g z(x) ≈ z(g x) for every motion g between two viewpoints of a grid of E × A.

    To turn camera and grid together about the vertical axis changes nothing between two views, so a motion is the row
    that it leads from, the row that it leads to, and the number of columns that it goes on: one of ``Protocol.twists``.
    Each has a map of its own, those that take several steps as well. (On validation scenes of procedural objects, one
    network for all motions that is told the twist is off by 9 to 18 % more, and maps applied one after the other by 6
    to 9 %.)

    Maps act on codes: the k directions in which features vary most once each of their numbers has unit variance, scaled
    to unit variance. They foretell well what an encoder that is equivariant to egomotion sees. Jayaraman & Grauman
    (*Learning image representations tied to ego-motion*, ICCV 2015) learn such maps with the encoder, for motions as
    they occur in video; these are fitted to its features for the motions of the grid.

    mean: (D,) of the features. encode: (D, k) and decode: (k, D) features to codes and back. maps: (E, E, A, k, k + 1),
    of which the last column is added.
    """

    mean: NDArray[np.float32]
    encode: NDArray[np.float32]
    decode: NDArray[np.float32]
    maps: NDArray[np.float32]

    @classmethod
    def fit(cls, feature: NDArray[np.floating], components: int) -> ForwardModel:
        """Ridge regression on the features (S, E, A, D) of every view of S scenes. Fewer than ``components`` directions
        where the features have no more."""
        flat = feature.reshape(-1, feature.shape[-1]).astype(np.float64)
        mean, deviation = flat.mean(axis=0), flat.std(axis=0)
        varied = deviation > _LEAST * max(float(deviation.max()), 1e-30)
        scale = np.where(varied, deviation, 1.0)
        standard = np.where(varied, (flat - mean) / scale, 0.0)
        variance, directions = np.linalg.eigh(standard.T @ standard / len(standard))
        chosen = np.flatnonzero(variance > _LEAST * max(float(variance[-1]), 1e-30))[::-1][:components]
        root, directions = np.sqrt(variance[chosen]), directions[:, chosen]
        encode = directions / root * np.where(varied, 1 / scale, 0.0)[:, None]
        decode = root[:, None] * directions.T * np.where(varied, scale, 0.0)
        codes = ((flat - mean) @ encode).reshape(*feature.shape[:3], -1)
        return cls(*(part.astype(np.float32) for part in (mean, encode, decode, _maps(codes))))

    def code(self, feature: NDArray[np.float32]) -> NDArray[np.float32]:
        """Codes (..., k) of features (..., D). UserError for those of another encoder's size."""
        if feature.shape[-1] != len(self.mean):
            raise UserError(
                f"views come with features of {feature.shape[-1]} numbers, and the forward model was fitted to "
                f"{len(self.mean)}: train the policy with the recogniser that it is used with."
            )
        return np.matmul(feature - self.mean, self.encode, dtype=np.float32)

    def feature(self, code: NDArray[np.float32]) -> NDArray[np.float32]:
        """The features (..., D) that codes (..., k) stand for."""
        return self.mean + code @ self.decode

    def forecast(self, code: NDArray[np.float32], row: NDArray[np.int64]) -> NDArray[np.float32]:
        """Codes (N, E, A, k) to be expected in every row and so many columns on from views with codes (N, k) in
        rows (N,)."""
        rows, _, columns, size, _ = self.maps.shape
        known = np.concatenate([code, np.ones((len(code), 1), np.float32)], axis=1)
        ahead = np.empty((len(code), rows * columns * size), np.float32)
        for start in np.unique(row):
            ahead[row == start] = known[row == start] @ self.maps[start].reshape(-1, size + 1).T
        return ahead.reshape(len(code), rows, columns, size)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        return {name: getattr(self, name) for name in ("mean", "encode", "decode", "maps")}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray]) -> ForwardModel:
        return cls(*(arrays[name] for name in ("mean", "encode", "decode", "maps")))


def _maps(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those of ``ForwardModel`` for the codes (S, E, A, k) of S scenes."""
    scenes, rows, columns, size = codes.shape
    maps = np.zeros((rows, rows, columns, size, size + 1))
    on = (np.arange(columns)[:, None] + np.arange(columns)) % columns
    after = codes[:, :, on].transpose(0, 2, 1, 3, 4).reshape(scenes * columns, -1)  # S, from, to row, columns on, k
    for row in range(rows):
        before = np.concatenate([codes[:, row].reshape(-1, size), np.ones((scenes * columns, 1))], axis=1)
        penalty = np.full(size + 1, _RIDGE)
        penalty[-1] = 0.0
        found = np.linalg.solve(before.T @ before + np.diag(penalty * len(before)), before.T @ after)
        maps[row] = found.reshape(size + 1, rows, columns, size).transpose(1, 2, 3, 0)
    return maps
