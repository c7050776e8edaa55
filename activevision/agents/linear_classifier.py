"""``LinearClassifier``: multinomial logistic regression on standardised features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax

_DECAYS = (1e-4, 1e-3, 1e-2, 1e-1)


@dataclass(frozen=True, eq=False)
class Standardised:
    """Features brought to mean 0 and variance 1 over those that it was fitted to.

    mean, scale: (D,). Dimensions that hardly vary are left small.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def to(cls, features: NDArray[np.float32]) -> Standardised:
        """Fitted to features (N, D)."""
        return cls(features.mean(0), features.std(0) + 1e-6 * (features.std() + 1e-12))

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of features (..., D)."""
        return ((features - self.mean) / self.scale).astype(np.float32)


@dataclass(frozen=True, eq=False)
class LinearClassifier:
    """weight: (C, D). bias: (C,). decay: the strength of the L2 penalty."""

    standardised: Standardised
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    decay: float

    @classmethod
    def fit(
        cls, features: NDArray[np.float32], labels: NDArray[np.int64], classes: int, held_out: NDArray[np.bool_]
    ) -> LinearClassifier:
        """Fit to features (N, D) with labels (N,). Of the penalty's strengths that one is taken which is right most
        often on the members of ``held_out`` (N,) when fitted to the others; then all are fitted to."""
        standardised = Standardised.to(features)
        inputs = standardised(features)

        def score(decay: float) -> float:
            weight, bias = _logistic(inputs[~held_out], labels[~held_out], classes, decay)
            return float(((inputs[held_out] @ weight.T + bias).argmax(1) == labels[held_out]).mean())

        decay = max(_DECAYS, key=score)
        return cls(standardised, *_logistic(inputs, labels, classes, decay), decay)

    def log_posterior(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(..., C) of features (..., D)."""
        scores: NDArray[Any] = self.standardised(features) @ self.weight.T + self.bias
        return log_softmax(scores, axis=-1).astype(np.float32)


def _logistic(
    features: NDArray[np.float32], labels: NDArray[np.int64], classes: int, decay: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    model = torch.nn.Linear(features.shape[1], classes)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    inputs, targets = torch.from_numpy(features), torch.from_numpy(labels)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), targets) + decay / 2 * model.weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return model.weight.detach().numpy(), model.bias.detach().numpy()
