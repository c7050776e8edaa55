"""Features of many images at once."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from activevision.encoders.backbones import Encoder
from activevision.progress import progress


@torch.no_grad()
def extract_features(encoder: Encoder, images: NDArray[np.uint8], batch_size: int = 512) -> NDArray[np.float32]:
    """Features (..., D) float32 of images (..., H, W, 3) uint8, in evaluation mode, which is put back afterwards."""
    device = next(encoder.parameters()).device
    flat = images.reshape(-1, *images.shape[-3:])
    features: NDArray[np.float32] = np.empty((len(flat), encoder.embedding), np.float32)
    was_training = encoder.training
    encoder.eval()
    try:
        with progress("Encoding views", len(flat), "images") as advance:
            for start in range(0, len(flat), batch_size):
                batch = torch.from_numpy(np.array(flat[start : start + batch_size])).to(device)
                features[start : start + batch_size] = encoder(batch.permute(0, 3, 1, 2)).cpu().numpy()
                advance(len(batch))
    finally:
        encoder.train(was_training)
    return features.reshape(*images.shape[:-3], encoder.embedding)
