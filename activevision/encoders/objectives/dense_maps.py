"""Feature maps that are finer than an encoder's own."""

from __future__ import annotations

import torch

from activevision.encoders.backbones import Encoder


@torch.no_grad()
def cell_size(encoder: Encoder, height: int, width: int) -> tuple[int, int]:
    """Pixels (down, across) between the cells of the maps that an encoder gives of images of this size."""
    training = encoder.training
    maps = encoder.eval().maps(torch.zeros(1, 3, height, width, device=next(encoder.parameters()).device))
    encoder.train(training)
    return height // maps.shape[2], width // maps.shape[3]


def dense_maps(
    encoder: Encoder, images: torch.Tensor, density: int, cell: tuple[int, int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps (N, C, density h, density w) of images (N, 3, H, W), and the encoder's own (N, C, h, w) among them.

    The encoder sees every image density² times, moved by fractions of a cell (with the border repeated), and the maps
    are interleaved: what dilated convolutions would give in its place (shift-and-stitch; Long, Shelhamer & Darrell,
    *Fully convolutional networks for semantic segmentation*, CVPR 2015), from any encoder and with none of it changed.
    """
    height, width = images.shape[2:]
    rows, columns = (torch.arange(size, device=images.device) for size in (height, width))
    moved = [
        images[:, :, (rows + i * cell[0] // density).clamp(max=height - 1)][
            ..., (columns + j * cell[1] // density).clamp(max=width - 1)
        ]
        for i in range(density)
        for j in range(density)
    ]
    maps = encoder.maps(torch.cat(moved)).unflatten(0, (density, density, len(images)))
    return maps.permute(2, 3, 4, 0, 5, 1).flatten(4, 5).flatten(2, 3), maps[0, 0]
