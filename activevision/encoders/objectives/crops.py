"""Parts of images, brought to the size that an encoder knows."""

from __future__ import annotations

import torch
from torch import nn

from activevision.encoders.objectives.pixels import as_shares


def crops(images: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """The boxes (N, 4) float of images (N, 3, H, W), resized bilinearly to (N, 3, H, W) float about [0, 1].

    A box is [left, top, right, bottom] in pixels, where a pixel's centre is at a half: [0, 0, W, H] is the whole image.
    What lies outside repeats the border.
    """
    height, width = images.shape[-2:]
    pixels = as_shares(images)
    size = boxes.new_tensor([width, height])
    low, high = boxes[:, :2] / size, boxes[:, 2:] / size
    # to the coordinates of affine_grid, where the image reaches from −1 to 1
    sheet = torch.zeros(len(boxes), 2, 3, dtype=pixels.dtype, device=pixels.device)
    sheet[:, 0, 0], sheet[:, 1, 1] = (high - low).unbind(1)
    sheet[:, :, 2] = low + high - 1
    grid = nn.functional.affine_grid(sheet, [len(boxes), 1, height, width], align_corners=False)
    return nn.functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
