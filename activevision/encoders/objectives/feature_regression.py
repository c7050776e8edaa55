"""The regression of target features that are brought to one scale, and how well it does."""

from __future__ import annotations

import torch


def feature_regression(predicted: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The mean square of what the best of K predictions (N, K, D) misses of target features (N, D).

    Each dimension of the targets is brought to mean 0 and variance 1 over the batch, so that 1 is what zeros reach, and
    constant targets cannot be met.

    With metrics: "explained", 1 − the loss; "retrieval_accuracy", the share of targets that are nearest to one of their
    own predictions among all targets.
    """
    predicted, targets = predicted.float(), targets.float()
    centred = targets - targets.mean(0)
    targets = centred / (centred.square().mean(0) + 1e-6).sqrt()
    loss = (predicted - targets[:, None]).square().mean(-1).amin(1).mean()
    with torch.no_grad():
        distance = torch.cdist(predicted.flatten(0, 1), targets).unflatten(0, predicted.shape[:2]).amin(1)
        right = (distance.argmin(1) == torch.arange(len(targets), device=targets.device)).float().mean()
    return loss, {"explained": 1 - loss.detach(), "retrieval_accuracy": right}
