"""k nearest neighbours: how well features of like views lie together, class by class."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


def nearest_neighbours(
    features_train: NDArray[np.float32],
    labels_train: NDArray[np.int64],
    features_test: NDArray[np.float32],
    k: int = 10,
) -> NDArray[np.int64]:
    """Labels (M,) by the vote of the ``k`` training features (N, D) of largest cosine, weighted by that cosine."""
    train, test = (torch.nn.functional.normalize(torch.from_numpy(f), dim=1) for f in (features_train, features_test))
    votes = torch.nn.functional.one_hot(torch.from_numpy(labels_train)).float()
    found = np.empty(len(test), np.int64)
    for start in range(0, len(test), 1024):
        cosine, index = (test[start : start + 1024] @ train.T).topk(min(k, len(train)), dim=1)
        found[start : start + 1024] = (votes[index] * cosine[:, :, None]).sum(1).argmax(1).numpy()
    return found
