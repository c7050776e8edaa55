"""``MotionScale``: twists as inputs of a network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

_LEAST = 1e-5  # what float32 rounding spreads is not a motion along an axis


class MotionScale(nn.Module):
    """Twists (…, 6), each component in units of its root mean square in the data, so that metres and radians weigh
    alike. Components without motion stay as they are, about 0. The sign, and so the direction, is kept.

    motions: (N, 6) the data's.
    """

    scale: torch.Tensor

    def __init__(self, motions: NDArray[np.float32]):
        super().__init__()
        size = np.sqrt(np.square(motions, dtype=np.float64).mean(0))
        self.register_buffer("scale", torch.tensor(np.where(size > _LEAST, size, 1.0), dtype=torch.float32))

    def forward(self, twists: torch.Tensor) -> torch.Tensor:
        return twists / self.scale
