"""Mutual information between the class and what would be seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST = np.finfo(np.float32).tiny


def mutual_information(joint: NDArray[np.floating]) -> NDArray[np.floating]:
    """I(class; word) (...) in nats of p(class, word) (C, ..., K).

    Where a table adds up to P < 1, the rest being the chance that there is nothing to see: P times the information of
    the table once normalised.
    """
    of_class, of_word = joint.sum(axis=-1), joint.sum(axis=0)
    # class by class, so that what is worked on stays in the processor's cache
    both = sum(np.einsum("...k,...k->...", part, np.log(part + _LEAST)) for part in joint)
    return both - _xlogx(of_class).sum(axis=0) - _xlogx(of_word).sum(axis=-1) + _xlogx(of_class.sum(axis=0))


def predicted(
    joint: NDArray[np.float32], table: NDArray[np.float32], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float32]:
    """p(class, word) (C, N, G, K) at G goals.

    joint: (N, C, A) of class and present column. table: (C, E, A, K), p(word | class, viewpoint). rows, columns: (G,)
    the row of each goal, and how many columns on from the present one it is.
    """
    episodes, classes, azimuths = joint.shape
    target = (np.arange(azimuths)[:, None] + columns) % azimuths
    seen = table[:, rows, target].reshape(classes, azimuths, -1)
    return (np.ascontiguousarray(joint.transpose(1, 0, 2)) @ seen).reshape(classes, episodes, len(columns), -1)


def _xlogx(x: NDArray[np.floating]) -> NDArray[np.floating]:
    return x * np.log(x + _LEAST)
