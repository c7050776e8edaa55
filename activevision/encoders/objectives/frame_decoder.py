"""From a code back to pixels."""

from __future__ import annotations

import itertools
import math

import torch
from torch import nn


class FrameDecoder(nn.Module):
    """Codes (N, K) to frames (N, 3, H, W) with colours about [0, 1].

    A linear layer to a map of 4 × 4, and transposed convolutions of stride 2, each with half the channels, up to the
    frame's size or beyond, whence they are resized. Colours are not bounded, since augmented ones are not.
    """

    def __init__(self, code: int, height: int, width: int, channels: int = 64):
        super().__init__()
        self.size = height, width
        self.start = nn.Linear(code, channels * 16)
        doublings = max(1, math.ceil(math.log2(max(height, width) / 4)))
        widths = [max(channels >> i, 8) for i in range(doublings)] + [3]
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(widths):
            layers += [nn.ReLU(inplace=True), nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)]
        self.layers = nn.Sequential(*layers)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stubs lack it

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        start = self.start(code).unflatten(1, (-1, 4, 4)).contiguous(memory_format=torch.channels_last)
        frames: torch.Tensor = self.layers(start) + 0.5
        if frames.shape[-2:] != self.size:
            frames = nn.functional.interpolate(frames, self.size, mode="bilinear", antialias=True)
        return frames


def explained(predicted: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    """The share () of the variance of frames (N, 3, H, W) over N that predictions explain, detached: 1 where they are
    right, 0 for the mean frame and where there is a single one, negative where they are worse than the mean."""
    left, all_there_is = (predicted - frames).detach().square().mean(), (frames - frames.mean(0)).square().mean()
    return torch.where(all_there_is > 0, 1 - left / all_there_is.clamp(min=1e-12), 0.0)
