"""Images as networks from elsewhere expect them."""

from __future__ import annotations

import math

import torch
from torch import nn


class NaturalImages(nn.Module):
    """Brings colours to mean 0 and variance 1 over natural images, by the figures that published weights go with."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1), persistent=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Float32 images (B, 3, H, W) of images that are uint8 or float in [0, 1]."""
        images = images / 255.0 if images.dtype == torch.uint8 else images.float()
        return (images - self.mean) / self.deviation


def enlarged(images: torch.Tensor, patch: int, patches: int) -> torch.Tensor:
    """Images (B, 3, H, W) enlarged so that patches of ``patch`` pixels tile them, at least ``patches`` each way."""
    height, width = images.shape[-2:]
    scale = max(1.0, patches * patch / min(height, width))
    size = [math.ceil(side * scale / patch - 1e-6) * patch for side in (height, width)]
    if size == [height, width]:
        return images
    return nn.functional.interpolate(images, size, mode="bilinear", align_corners=False)
