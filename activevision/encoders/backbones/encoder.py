"""``Encoder``: what every backbone is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

CELLS = 4


class Encoder(nn.Module):
    """A network from images to features, by way of maps that still say where in the image something is.

    A linear head over a 4 × 4 map keeps its layout rather than averaging it away: where things are in the image is what
    a motion of the camera changes. The features are normalised over the batch to mean 0 and variance 1 in every
    dimension, so that no objective can be met by shrinking them, and a margin means the same in every run.

    name: by which ``build_backbone`` makes one, embedding: the feature dimension D, channels: C of the maps,
    architecture: JSON-like, what else decides its layers. ``forward(images)`` takes (B, 3, H, W), uint8 or float in
    [0, 1], and returns (B, D) float32. A subclass has ``maps``.
    """

    def __init__(self, name: str, embedding: int, channels: int, architecture: Mapping[str, Any]):
        super().__init__()
        self.name, self.embedding, self.channels, self.architecture = name, embedding, channels, dict(architecture)
        self.pool = nn.AdaptiveAvgPool2d(CELLS)
        self.head = nn.Linear(channels * CELLS**2, embedding)
        self.norm = nn.BatchNorm1d(embedding, affine=False)

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        """Feature maps (B, C, h, w) of images (B, 3, H, W), whose cells tile the image."""
        raise NotImplementedError

    def from_maps(self, maps: torch.Tensor) -> torch.Tensor:
        """Features (B, D) of maps, for those who need both and compute the maps once."""
        if maps.shape[-2:] != (CELLS, CELLS):  # where pooling would change nothing its gradient takes time
            maps = self.pool(maps)
        features: torch.Tensor = self.norm(self.head(maps.flatten(1)))
        return features

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.from_maps(self.maps(images))
