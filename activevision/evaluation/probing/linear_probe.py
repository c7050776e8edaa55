"""Linear probe: how well a linear classifier tells the classes apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from activevision.evaluation.probing.splits import hold_out

_DECAYS = (1e-4, 1e-3, 1e-2, 1e-1)


def linear_probe(
    features_train: NDArray[np.float32],
    labels_train: NDArray[np.int64],
    features_test: NDArray[np.float32],
    groups_train: NDArray[Any] | None = None,
    seed: int = 0,
) -> NDArray[np.int64]:
    """Labels (M,) that multinomial logistic regression gives to features (M, D), from features (N, D) with labels (N,).

    Features are standardised. The L2 penalty is chosen on a fifth of the training data, split by ``groups_train`` (N,),
    such as scene ids, so that no object is on both sides.
    """
    centre, scale = features_train.mean(0), features_train.std(0) + 1e-6 * (features_train.std() + 1e-12)
    train, test = ((features - centre) / scale for features in (features_train, features_test))
    groups = np.arange(len(train)) if groups_train is None else groups_train
    held_out = hold_out(groups, np.random.default_rng(seed))
    classes = int(labels_train.max()) + 1

    def score(decay: float) -> float:
        model = _logistic(train[~held_out], labels_train[~held_out], classes, decay)
        return float((_labels(model, train[held_out]) == labels_train[held_out]).mean())

    return _labels(_logistic(train, labels_train, classes, max(_DECAYS, key=score)), test)


def _logistic(features: NDArray[np.float32], labels: NDArray[np.int64], classes: int, decay: float) -> torch.nn.Linear:
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
    return model


@torch.no_grad()
def _labels(model: torch.nn.Linear, features: NDArray[np.float32]) -> NDArray[np.int64]:
    return model(torch.from_numpy(features)).argmax(1).numpy()
