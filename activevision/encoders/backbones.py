"""Networks that turn an image into a feature vector, by name."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn

from activevision.errors import unknown


class Encoder(nn.Module):
    """A network from images to features, by way of maps that still say where in the image something is.

    ``name`` is its name in ``BACKBONES``, ``embedding`` the feature dimension D, ``channels`` C that of the maps.
    ``forward(images)`` takes (B, 3, H, W), uint8 or float in [0, 1], and returns (B, D) float32.
    """

    name: ClassVar[str]
    embedding: int
    channels: int

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        """Feature maps (B, C, h, w) of images (B, 3, H, W), whose cells tile the image."""
        raise NotImplementedError

    def from_maps(self, maps: torch.Tensor) -> torch.Tensor:
        """Features (B, D) of maps, for those who need both and compute the maps once."""
        raise NotImplementedError

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.from_maps(self.maps(images))


class SmallCNN(Encoder):
    """Four 3 × 3 convolutions of stride 2 with batch normalisation, and a linear head over a 4 × 4 map.

    The head keeps the map's layout rather than averaging it away: where things are in the image is what a motion of
    the camera changes. The features are normalised over the batch to mean 0 and variance 1 in every dimension, so that
    no objective can be met by shrinking them, and a margin means the same in every run. Made for 64 × 64 pixels, where
    the map is 4 × 4 by itself; other sizes are pooled to it.
    """

    name = "small-cnn"

    def __init__(self, embedding: int = 128, channels: tuple[int, ...] = (16, 32, 64, 128)):
        super().__init__()
        self.embedding = embedding
        self.channels = channels[-1]
        layers: list[nn.Module] = []
        for inputs, outputs in zip((3, *channels), channels, strict=False):
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
            ]
        self.convolutions = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.head = nn.Linear(channels[-1] * 16, embedding)
        self.norm = nn.BatchNorm1d(embedding, affine=False)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stubs lack it

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        scale = 255.0 if images.dtype == torch.uint8 else 1.0
        images = images.to(torch.float32, memory_format=torch.channels_last)
        maps: torch.Tensor = self.convolutions(images / (0.25 * scale) - 2.0)  # [0, 1] to [-2, 2]
        return maps

    def from_maps(self, maps: torch.Tensor) -> torch.Tensor:
        if maps.shape[-2:] != (4, 4):  # at 64 pixels pooling changes nothing and its gradient takes time
            maps = self.pool(maps)
        features: torch.Tensor = self.norm(self.head(maps.flatten(1)))
        return features


BACKBONES: dict[str, type[SmallCNN]] = {cls.name: cls for cls in (SmallCNN,)}


def build_backbone(name: str, embedding: int) -> Encoder:
    """A backbone with fresh weights from torch's global generator; UserError names the nearest one."""
    if name not in BACKBONES:
        raise unknown("backbone", name, BACKBONES)
    return BACKBONES[name](embedding)
