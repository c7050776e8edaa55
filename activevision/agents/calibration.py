"""Temperature calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax


def fit_temperature(scores: NDArray[np.floating], label: NDArray[np.integer]) -> float:
    """The τ in [0.05, 50] for which softmax(scores / τ) gives held-out labels the least negative log-likelihood.

    scores: (..., C) unnormalised log-probabilities. label: (...). Guo et al., *On calibration of modern neural
    networks*, ICML 2017.
    """
    scores = scores.astype(np.float64)

    def loss(log_temperature: float) -> float:
        log_probs = log_softmax(scores / np.exp(log_temperature), axis=-1)
        return -float(np.take_along_axis(log_probs, label[..., None], axis=-1).mean())

    best = minimize_scalar(loss, bounds=(np.log(0.05), np.log(50.0)), method="bounded")
    return float(np.exp(best.x))
