"""Linear probe: how well a linear classifier tells the classes apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.linear_classifier import LinearClassifier
from activevision.evaluation.probing.splits import hold_out


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
    groups = np.arange(len(labels_train)) if groups_train is None else groups_train
    held_out = hold_out(groups, np.random.default_rng(seed))
    classifier = LinearClassifier.fit(features_train, labels_train, int(labels_train.max()) + 1, held_out)
    return classifier.log_posterior(features_test).argmax(-1)
