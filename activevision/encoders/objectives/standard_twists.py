"""Egomotions as networks take them: metres and radians on one scale."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

TWIST = 6


class StandardTwists(nn.Module):
    """Divides twists (..., 6) by the root mean square of each of their dimensions.

    Not centred, since the twist of the motion back is −1 times that of the motion, and no motion stays 0. The scale is
    a buffer, so that checkpoints hold it.
    """

    scale: torch.Tensor

    def __init__(self, scale: ArrayLike):
        super().__init__()
        self.register_buffer("scale", torch.tensor(np.asarray(scale), dtype=torch.float32))

    @classmethod
    def fit(cls, twists: ArrayLike) -> StandardTwists:
        """For twists (N, 6); dimensions that do not occur stay as they are."""
        size = np.sqrt(np.square(np.asarray(twists, np.float64)).mean(0))
        return cls(np.where(size > 1e-5, size, 1.0))  # what float32 rounding leaves is not a dimension of motion

    def forward(self, twists: torch.Tensor) -> torch.Tensor:
        return twists / self.scale
