"""What the losses of temporal coherence share: near to what follows in one's own window, far from other scenes."""

from __future__ import annotations

from typing import NamedTuple

import torch

from activevision.encoders.objectives.negatives import of_others, own_and_others


class Contrast(NamedTuple):
    """positive, negative: () the two terms of the loss. retrieved: () the share of windows whose own follower is
    nearer than those of other scenes, detached; 1 / B by chance where every window has a scene of its own."""

    positive: torch.Tensor
    negative: torch.Tensor
    retrieved: torch.Tensor


def contrast(expected: torch.Tensor, followers: torch.Tensor, margin: float, scene: torch.Tensor) -> Contrast:
    """Compare what is expected (T, B, D) of B windows of scenes (B,) at T times with what follows (T, B, D) in them.

    The loss of Hadsell, Chopra & LeCun (CVPR 2006) for root mean square distances d over D: d² to the follower in the
    same window, max(0, margin − d)² to those of other scenes at the same time, each averaged.
    """
    expected, followers = expected.float(), followers.float()
    with torch.autocast(expected.device.type, enabled=False):  # half precision is too coarse for a small difference
        # Not torch.cdist: its gradient is infinite where two frames are equal.
        squared = (
            expected.square().sum(-1)[:, :, None]
            + followers.square().sum(-1)[:, None, :]
            - 2 * expected @ followers.transpose(1, 2)
        ).clamp(min=0) / followers.shape[-1]
    windows = followers.shape[1]
    other = of_others(scene).expand_as(squared)
    distance = (squared[other] + 1e-12).sqrt()
    negative = (margin - distance).clamp(min=0).square().sum() / max(distance.numel(), 1)
    compared = squared.masked_fill(~own_and_others(scene), torch.inf)
    nearest = compared.argmin(2) == torch.arange(windows, device=followers.device)
    return Contrast((expected - followers).square().mean(), negative, nearest.float().mean())
