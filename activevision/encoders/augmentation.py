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
    offsets = torch.from_numpy(generator.integers(-shift, shift + 1, (2, windows, 1)))
    rows = (torch.arange(height) + offsets[0]).clamp(0, height - 1).to(frames.device)
    columns = (torch.arange(width) + offsets[1]).clamp(0, width - 1).to(frames.device)
    pixels = frames.permute(0, 1, 3, 4, 2)  # channels last, as the data set lays them out
    # Window by window, since whole rows and pixels are copied at once: four times as fast as one indexing by pixel.
    shifted = torch.stack([pixels[i].index_select(1, rows[i]).index_select(2, columns[i]) for i in range(windows)])
    gain = generator.uniform(1 - jitter, 1 + jitter, (windows, views, 1, 1, 3)) / 255.0
    brightness = generator.uniform(-jitter / 2, jitter / 2, (windows, views, 1, 1, 1))
    gain, brightness = (torch.from_numpy(np.float32(a)).to(frames.device) for a in (gain, brightness))
    return (shifted * gain + brightness).permute(0, 1, 4, 2, 3)
