"""Twists in units that make metres and radians comparable."""

from __future__ import annotations

import torch

from activevision.rollouts.dataset import WindowDataset


def twist_scale(dataset: WindowDataset) -> torch.Tensor:
    """The root mean square (6,) of each component of a data set's twists; 1 where it does not move that way."""
    size = torch.from_numpy(dataset.motions).double().square().mean(0).sqrt().float()
    return torch.where(size > 1e-5, size, 1.0)  # what float32 rounding leaves is not a motion
