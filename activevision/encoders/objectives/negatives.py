"""Which windows of a batch are negatives of each other: those of other scenes."""

from __future__ import annotations

import torch


def of_others(scene: torch.Tensor) -> torch.Tensor:
    """(B, B) bool: whether windows a and b, of scenes (B,), show different scenes.

    Two windows of one episode, or of two episodes in one room, may show the same thing, which is no negative of itself.
    """
    return scene[:, None] != scene


def own_and_others(scene: torch.Tensor) -> torch.Tensor:
    """(B, B) bool: whether window b is a itself or shows another scene, of windows of scenes (B,)."""
    return of_others(scene) | torch.eye(len(scene), dtype=torch.bool, device=scene.device)
