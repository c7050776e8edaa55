"""Sensors of environments: those that a simulator has, and the flow between views; and the spaces of what they give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gymnasium import spaces

from activevision.errors import UserError, unknown
from activevision.simulators.simulator import SENSORS

FLOWS = ("flow_backward", "flow_forward")
"""Sensors that take two views; see ``FlowSensor``."""


def rendered(sensors: Sequence[str]) -> tuple[str, ...]:
    """What a simulator is to render for these sensors; UserError for one that is none."""
    if isinstance(sensors, str):
        raise UserError(f"sensors={sensors!r} is one word: give them as ({sensors!r},).")
    for name in sensors:
        if name not in SENSORS and name not in FLOWS:
            raise unknown("sensor", name, (*SENSORS, *FLOWS))
    needed = ["depth" if name in FLOWS else name for name in sensors]
    return tuple(dict.fromkeys(needed))


def sensor_spaces(sensors: Sequence[str], height: int, width: int, far: float) -> dict[str, spaces.Space]:
    """Of images (H, W, …) of each sensor, none of which sees farther than ``far`` metres."""
    limits = {"rgb": (0, 255), "depth": (0.0, far), "normal": (-1.0, 1.0), "position": (-far, far)}
    everywhere = np.finfo(np.float32).max  # near the plane of the other camera a point is projected to anywhere
    space: dict[str, spaces.Space] = {}
    for sensor in sensors:
        if sensor in FLOWS:
            space[sensor] = spaces.Box(-everywhere, everywhere, (height, width, 2), np.float32)
            space[f"{sensor}_valid"] = spaces.Box(0, 1, (height, width), np.int8)
            space[f"{sensor}_covisible"] = spaces.Box(0, 1, (height, width), np.int8)
            continue
        tail, kind = SENSORS[sensor]
        low, high = limits.get(sensor, (0, np.iinfo(np.int32).max))
        space[sensor] = spaces.Box(low, high, (height, width, *tail), kind)
    return space
