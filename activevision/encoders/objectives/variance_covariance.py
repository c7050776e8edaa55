"""What keeps embeddings from collapse without negatives: every dimension varies, and none repeats another."""

from __future__ import annotations

import torch


def variance_hinge(embeddings: torch.Tensor) -> torch.Tensor:
    """Mean () of max(0, 1 − σ) over the standard deviations σ over N of embeddings (..., N, K)."""
    centred = embeddings.float() - embeddings.float().mean(-2, keepdim=True)
    variance = centred.square().sum(-2) / max(embeddings.shape[-2] - 1, 1)
    return (1 - (variance + 1e-4).sqrt()).clamp(min=0).mean()  # the root has no slope at 0


def covariance_penalty(embeddings: torch.Tensor) -> torch.Tensor:
    """Sum of the squared covariances of different dimensions of embeddings (..., N, K), over K; the mean () of it."""
    count, dimensions = embeddings.shape[-2:]
    centred = embeddings.float() - embeddings.float().mean(-2, keepdim=True)
    covariance = centred.transpose(-1, -2) @ centred / max(count - 1, 1)
    off_diagonal = ~torch.eye(dimensions, dtype=torch.bool, device=embeddings.device)
    return (covariance.square() * off_diagonal).sum((-1, -2)).mean() / dimensions
