"""How far apart a camera's rays are: by that a simulator chooses how finely to look at textures."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from activevision.camera import CameraModel


@lru_cache(maxsize=16)
def ray_spacing(camera: CameraModel, samples: int) -> float:
    """Distance at depth 1 of neighbouring rays in the middle of the image, with samples × samples rays a pixel."""
    twice = camera.rays(2 * samples)
    row, column = twice.shape[0] // 2, twice.shape[1] // 2
    return 2 * float(np.linalg.norm(twice[row, column] - twice[row, column - 1]))
