"""Statistics of features as LeRobot stores them, as lists that JSON and Parquet take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_QUANTILES = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}


def of_vectors(values: NDArray[Any]) -> dict[str, list[Any]]:
    """Of numbers (N,) or (N, D): min, max, mean, std and quantiles as lists of 1 or D, and count."""
    rows = np.asarray(values, np.float64).reshape(len(values), -1)
    statistics = {"min": rows.min(0), "max": rows.max(0), "mean": rows.mean(0), "std": rows.std(0)}
    statistics |= {name: np.quantile(rows, q, axis=0) for name, q in _QUANTILES.items()}
    return {name: value.tolist() for name, value in statistics.items()} | {"count": [len(rows)]}


class ImageStatistics:
    """The same of images, a number a channel (3, 1, 1) in [0, 1], from how often each of the 256 values occurs."""

    def __init__(self) -> None:
        self._counts = np.zeros((3, 256), np.int64)
        self._images = 0

    def add(self, images: NDArray[np.uint8]) -> None:
        """(N, H, W, 3)."""
        for channel in range(3):
            self._counts[channel] += np.bincount(images[..., channel].ravel(), minlength=256)
        self._images += len(images)

    def merge(self, other: ImageStatistics) -> None:
        self._counts += other._counts
        self._images += other._images

    def result(self) -> dict[str, list[Any]]:
        values = np.arange(256) / 255
        share = self._counts / self._counts.sum(1, keepdims=True)
        mean = share @ values
        present = self._counts > 0
        statistics = {
            "min": values[present.argmax(1)],
            "max": values[255 - present[:, ::-1].argmax(1)],
            "mean": mean,
            "std": np.sqrt(np.maximum(share @ values**2 - mean**2, 0)),
        }
        below = np.cumsum(share, axis=1)
        statistics |= {name: values[(below < q - 1e-12).sum(1)] for name, q in _QUANTILES.items()}
        return {name: value.reshape(3, 1, 1).tolist() for name, value in statistics.items()} | {"count": [self._images]}
