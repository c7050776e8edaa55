"""Alarms of collapse: features that say less than they could."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from activevision.encoders.backbones import Encoder


@contextlib.contextmanager
def watched(encoder: Encoder) -> Iterator[Callable[[], NDArray[np.float32]]]:
    """Yields what gives the encoder's latest features (N, D) as they were before their normalisation over the batch.

    That gives every dimension a variance of 1, however little of it there was, and so hides a collapse.
    """
    latest = torch.empty(0)

    def keep(norm: torch.nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        nonlocal latest
        latest = arguments[0].detach()

    hook = encoder.norm.register_forward_pre_hook(keep)
    try:
        yield lambda: latest.float().cpu().numpy()
    finally:
        hook.remove()


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
