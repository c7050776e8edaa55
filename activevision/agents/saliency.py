"""How much of a view stands out, and where that leads a camera: for the peek-saliency baselines."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SCALES = ((1.0, 4.0), (1.5, 6.0), (2.0, 8.0))  # pixels: standard deviations of centre and surround


def saliency(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(S, V) mean centre-surround contrast of views (S, E, A, H, W, 3), in raster order.

    After Itti, Koch & Niebur (PAMI 1998): of intensity and of the colour pairs red-green and blue-yellow, at three
    scales. The published baseline takes graph-based saliency, which compares the same features in another way.
    """
    result = []
    for view in frames.reshape(-1, *frames.shape[-3:]).astype(np.float32) / 255:
        red, green, blue = (view[..., channel] for channel in range(3))
        maps = np.stack([view.mean(axis=2), red - green, blue - (red + green) / 2], axis=2)
        contrast = [
            np.abs(cv2.GaussianBlur(maps, (0, 0), centre) - cv2.GaussianBlur(maps, (0, 0), surround)).mean()
            for centre, surround in _SCALES
        ]
        result.append(np.mean(contrast))
    return np.array(result, np.float32).reshape(len(frames), -1)


def most_salient(values: NDArray[np.floating], seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(N,) which of M views each is the most salient that was not seen; of all where all were.

    values: (N, M) saliency of the views within reach. seen: (N, M).
    """
    left_out = seen & ~seen.all(axis=1, keepdims=True)
    return np.where(left_out, -np.inf, values).argmax(axis=1)
