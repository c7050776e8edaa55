"""``SmallCNN``: the backbone that trains in minutes on a CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from activevision.encoders.backbones.encoder import Encoder


class SmallCNN(Encoder):
    """Four 3 × 3 convolutions of stride 2 with batch normalisation.

    Made for 64 × 64 pixels, where the map is 4 × 4 by itself; other sizes are pooled to it.
    """

    def __init__(self, embedding: int = 128, channels: Sequence[int] = (16, 32, 64, 128)):
        layers: list[nn.Module] = []
        for inputs, outputs in zip((3, *channels), channels, strict=False):
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
            ]
        super().__init__("small-cnn", embedding, channels[-1], {"channels": list(channels)})
        self.convolutions = nn.Sequential(*layers)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stubs lack it

    @classmethod
    def build(cls, which: str, embedding: int, architecture: Mapping[str, Any] | None) -> SmallCNN:
        return cls(embedding, **(architecture or {}))

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        scale = 255.0 if images.dtype == torch.uint8 else 1.0
        images = images.to(torch.float32, memory_format=torch.channels_last)
        maps: torch.Tensor = self.convolutions(images / (0.25 * scale) - 2.0)  # [0, 1] to [-2, 2]
        return maps
