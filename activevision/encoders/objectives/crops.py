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
    left, top, right, bottom = boxes.T[..., None]  # (N, 1)
    across, down = ((torch.arange(n, device=boxes.device) + 0.5) / n for n in (width, height))
    # −1 to 1 over the image; made by hand, since affine_grid is of half precision under autocast
    columns = (left + (right - left) * across) / width * 2 - 1
    rows = (top + (bottom - top) * down) / height * 2 - 1
    grid = torch.stack(torch.broadcast_tensors(columns[:, None, :], rows[:, :, None]), dim=-1)
    return nn.functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
