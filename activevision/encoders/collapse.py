"""Alarms of collapse: features that say less than they could."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rank_me(features: NDArray[np.float32]) -> float:
    """Effective rank of features (N, D), in [1, min(N, D)]: the exponential of the entropy of the normalised singular
    values, after Garrido et al., *RankMe* (ICML 2023). A collapsed encoder has a rank near 1."""
    values = np.linalg.svd(features.astype(np.float64), compute_uv=False)
    shares = values / max(float(values.sum()), 1e-300)
    shares = shares[shares > 1e-12]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def spread(features: NDArray[np.float32]) -> float:
    """Standard deviation of L2-normalised features (N, D) over the images, averaged over dimensions, times √D.

    1 for directions spread evenly, 0 for collapse to one direction; after Chen & He, *SimSiam* (CVPR 2021).
    """
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    return float((features / np.maximum(norms, 1e-12)).std(0).mean() * np.sqrt(features.shape[1]))
