"""A target that follows a network slowly."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import nn


class MovingAverage(nn.Module):
    """A copy of a network whose parameters are an exponential moving average of the network's, without gradients.

    It is a module, so that checkpoints hold it. Running statistics of batch normalisation are its own, of what passes
    through it.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = copy.deepcopy(network).requires_grad_(False)

    @torch.no_grad()
    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.network(*inputs)

    @torch.no_grad()
    def follow(self, network: nn.Module, momentum: float) -> None:
        """Move every parameter to momentum × itself + (1 − momentum) × the network's."""
        for target, online in zip(self.network.parameters(), network.parameters(), strict=True):
            target.lerp_(online, 1 - momentum)


def momentum_at(base: float, done: float) -> float:
    """The momentum when the part ``done`` of the training is done: from ``base`` to 1 along a cosine."""
    return 1 - (1 - base) * (1 + math.cos(math.pi * done)) / 2
