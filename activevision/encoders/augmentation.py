"""Light augmentation of windows, on whole batches."""

from __future__ import annotations

import numpy as np
import torch


def augment(frames: torch.Tensor, shift: int, jitter: float, generator: np.random.Generator) -> torch.Tensor:
    """Shifted and recoloured frames (B, T, 3, H, W) float32 of frames (B, T, 3, H, W) uint8; values about [0, 1].

    All frames of a window are shifted alike, by up to ``shift`` pixels each way with the border repeated, because a
    shift between them would look like a motion of the camera. Colours change in every frame on its own, as exposure and
    white balance do: each channel is scaled by 1 ± ``jitter`` and the brightness moved by ± ``jitter`` / 2.
    """
    windows, views, _, height, width = frames.shape
    offsets = torch.from_numpy(generator.integers(-shift, shift + 1, (2, windows, 1, 1, 1))).to(frames.device)
    rows = (torch.arange(height, device=frames.device)[:, None] + offsets[0]).clamp(0, height - 1)
    columns = (torch.arange(width, device=frames.device) + offsets[1]).clamp(0, width - 1)
    image = torch.arange(windows * views, device=frames.device).view(windows, views, 1, 1)
    source = (image * height + rows) * width + columns  # (B, T, H, W) index of the pixel that comes here
    pixels = frames.permute(0, 1, 3, 4, 2)  # channels last, as the data set lays them out
    shifted = pixels.reshape(-1, 3).index_select(0, source.flatten()).view(pixels.shape)
    gain = generator.uniform(1 - jitter, 1 + jitter, (windows, views, 1, 1, 3)) / 255.0
    brightness = generator.uniform(-jitter / 2, jitter / 2, (windows, views, 1, 1, 1))
    scale, offset = (torch.from_numpy(np.float32(a)).to(frames.device) for a in (gain, brightness))
    return (shifted * scale + offset).permute(0, 1, 4, 2, 3)
