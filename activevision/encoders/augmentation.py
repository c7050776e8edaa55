"""Light augmentation of windows, on whole batches."""

from __future__ import annotations

import numpy as np
import torch

from activevision.rollouts.frames import Batch


def augment(frames: torch.Tensor, shift: int, jitter: float, generator: np.random.Generator) -> torch.Tensor:
    """The frames of ``augment_windows``."""
    nothing = frames.new_zeros(0)
    return augment_windows(Batch(frames, nothing, nothing, nothing), shift, jitter, generator).frames


def augment_windows(batch: Batch, shift: int, jitter: float, generator: np.random.Generator) -> Batch:
    """Shifted and recoloured windows; their frames become (B, T, 3, H, W) float32 with values about [0, 1].

    All frames of a window are shifted alike, by up to ``shift`` pixels each way with the border repeated, because a
    shift between them would look like a motion of the camera; fields that are images (B, T or T − 1, H, W, …) go with
    them, and so does the principal point of "intrinsics". Colours change in every frame on its own, as exposure and
    white balance do: each channel is scaled by 1 ± ``jitter`` and the brightness moved by ± ``jitter`` / 2.
    """
    windows, views, _, height, width = batch.frames.shape
    device = batch.frames.device
    offsets = torch.from_numpy(generator.integers(-shift, shift + 1, (2, windows, 1, 1, 1))).to(device)
    rows = (torch.arange(height, device=device)[:, None] + offsets[0]).clamp(0, height - 1)
    columns = (torch.arange(width, device=device) + offsets[1]).clamp(0, width - 1)

    def shifted(images: torch.Tensor) -> torch.Tensor:
        """Images (B, S, H, W, …) whose pixels come from ``rows`` and ``columns``."""
        count = images.shape[1]
        image = torch.arange(windows * count, device=device).view(windows, count, 1, 1)
        source = (image * height + rows) * width + columns  # (B, S, H, W) index of the pixel that comes here
        flat = images.reshape(windows * count * height * width, -1)
        return flat.index_select(0, source.flatten()).view(images.shape)

    gain = generator.uniform(1 - jitter, 1 + jitter, (windows, views, 1, 1, 3)) / 255.0
    brightness = generator.uniform(-jitter / 2, jitter / 2, (windows, views, 1, 1, 1))
    scale, offset = (torch.from_numpy(np.float32(a)).to(device) for a in (gain, brightness))
    pixels = shifted(batch.frames.permute(0, 1, 3, 4, 2))  # channels last, as the data set lays them out
    fields = {
        name: shifted(values) if values.shape[2:4] == (height, width) else values
        for name, values in batch.fields.items()
    }
    if "intrinsics" in fields:
        intrinsics = fields["intrinsics"].clone()
        intrinsics[:, :2, 2] -= offsets.flip(0).view(2, windows).T.to(intrinsics.dtype)
        fields["intrinsics"] = intrinsics
    return batch._replace(frames=(pixels * scale + offset).permute(0, 1, 4, 2, 3), fields=fields)
