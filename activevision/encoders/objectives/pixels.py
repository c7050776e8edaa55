"""Frames as targets."""

from __future__ import annotations

import torch


def as_shares(frames: torch.Tensor) -> torch.Tensor:
    """Frames of bytes or of floats as float about [0, 1]."""
    return frames.float() / 255 if frames.dtype == torch.uint8 else frames
