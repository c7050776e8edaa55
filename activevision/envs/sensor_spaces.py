"""Gymnasium spaces of images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gymnasium import spaces

from activevision.simulators.simulator import SENSORS


def sensor_spaces(sensors: Sequence[str], height: int, width: int, far: float) -> dict[str, spaces.Space]:
    """Of images (H, W, …) of each sensor, none of which sees farther than ``far`` metres."""
    limits = {"rgb": (0, 255), "depth": (0.0, far), "normal": (-1.0, 1.0), "position": (-far, far)}
    space: dict[str, spaces.Space] = {}
    for sensor in sensors:
        tail, kind = SENSORS[sensor]
        low, high = limits.get(sensor, (0, np.iinfo(np.int32).max))
        space[sensor] = spaces.Box(low, high, (height, width, *tail), kind)
    return space
