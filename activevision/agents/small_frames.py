"""Views at the size at which whole grids and episodes of them are kept."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

SIDE = 32
"""Pixels of a view's side, as in Jayaraman & Grauman (CVPR 2018)."""


def shrunk(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Views (N, H, W, 3) at SIDE × SIDE pixels, each the mean of those that it covers."""
    if frames.shape[1:3] == (SIDE, SIDE):
        return frames
    images = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float()
    means = functional.interpolate(images, (SIDE, SIDE), mode="area")
    return means.round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
