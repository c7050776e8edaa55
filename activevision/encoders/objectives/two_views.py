"""What losses on two views of one thing share: which frames those are, NT-Xent, and whether a view finds its other."""

from __future__ import annotations

import torch
from torch import nn

from activevision.encoders.objectives.negatives import of_others, own_and_others


def pairs(windows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both views (T − 1, B, K) of every pair of neighbouring frames of windows (B, T, K)."""
    return windows[:, :-1].transpose(0, 1), windows[:, 1:].transpose(0, 1)


def nt_xent(first: torch.Tensor, second: torch.Tensor, temperature: float, scene: torch.Tensor) -> torch.Tensor:
    """The normalised temperature-scaled cross-entropy () of views (..., N, K) of N windows, each against the others.

    A view's positive is the other view of its window; its negatives are both views of the windows of other scenes (N,).
    """
    views = nn.functional.normalize(torch.cat([first, second], -2).float(), dim=-1)
    with torch.autocast(views.device.type, enabled=False):  # half precision is too coarse for what τ divides
        logits = views @ views.transpose(-1, -2) / temperature
    count = views.shape[-2]
    other = torch.arange(count, device=views.device).roll(count // 2)
    compared = of_others(scene).repeat(2, 2)
    compared[torch.arange(count, device=views.device), other] = True
    logits, other = logits.masked_fill(~compared, -torch.inf), other.expand(logits.shape[:-1])
    return nn.functional.cross_entropy(logits.flatten(0, -2), other.flatten())


@torch.no_grad()
def retrieved(predicted: torch.Tensor, targets: torch.Tensor, scene: torch.Tensor) -> torch.Tensor:
    """Share () of predictions (..., N, K) that are nearer, by cosine, to their own target than to those of the windows
    of other scenes (N,)."""
    predicted, targets = (nn.functional.normalize(x.float(), dim=-1) for x in (predicted, targets))
    cosine = (predicted @ targets.transpose(-1, -2)).masked_fill(~own_and_others(scene), -torch.inf)
    return (cosine.argmax(-1) == torch.arange(len(scene), device=scene.device)).float().mean()
