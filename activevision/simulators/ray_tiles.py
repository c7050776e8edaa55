"""A camera's rays in the order in which packets take them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from activevision.camera import CameraModel
from activevision.simulators.embree import LANES

TILE = np.dtype([("direction", np.float32, (3, LANES)), ("pixel", np.int32, LANES)])
"""One packet's rays in the camera's frame, and the pixel row · width + column that each belongs to, −1 for none."""

_SHAPE = {16: (4, 4), 8: (2, 4), 4: (2, 2)}  # rows and columns of rays: the closer together, the faster


@lru_cache(maxsize=16)
def ray_tiles(camera: CameraModel, samples: int) -> NDArray[np.void]:
    """(T,) TILE of samples × samples rays a pixel. Tiles that reach beyond the image repeat rays, to no pixel."""
    rays = camera.rays(samples).astype(np.float32)
    pixel = np.arange(camera.height * camera.width, dtype=np.int32).reshape(camera.height, camera.width)
    pixel = pixel.repeat(samples, 0).repeat(samples, 1)
    height, width = _SHAPE[LANES]
    beyond = (0, -rays.shape[0] % height), (0, -rays.shape[1] % width)
    rays, pixel = np.pad(rays, (*beyond, (0, 0)), mode="edge"), np.pad(pixel, beyond, constant_values=-1)
    rows, columns = pixel.shape[0] // height, pixel.shape[1] // width
    tiles = np.empty(rows * columns, TILE)
    tiles["direction"] = (
        rays.reshape(rows, height, columns, width, 3).transpose(0, 2, 4, 1, 3).reshape(len(tiles), 3, LANES)
    )
    tiles["pixel"] = pixel.reshape(rows, height, columns, width).transpose(0, 2, 1, 3).reshape(len(tiles), LANES)
    return tiles
