"""``Rollout``: one stored episode, frames with the poses and motions between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.geometry import log_se3


@dataclass(frozen=True, eq=False)
class Rollout:
    """An episode of T views and the T − 1 motions between them.

    env_id: Gymnasium id of the environment that made it. seed: what that environment was reset with.
    scene_id, label: what was looked at, and its class name.
    protocol: the environment's protocol as JSON (``Protocol.to_json``).
    intrinsics: K (3, 3) float64 in pixels, OpenCV convention (see ``Camera.intrinsics``).
    rgb: (T, H, W, 3) uint8.
    pose: (T, 4, 4) float64 ``world_from_camera``; camera looks along −Z with +Y up, metres.
    motion: (T − 1, …) what was commanded, in the environment's action space.
    egomotion: (T − 1, 4, 4) float64 ``camera_t_from_camera_t1``, what was realised.
    sensors: further arrays (T, …), one entry a view, under the names of the observation space.

    Raises ValueError when the arrays do not fit together.
    """

    env_id: str
    seed: int
    scene_id: str
    label: str
    protocol: Mapping[str, Any]
    intrinsics: NDArray[np.float64]
    rgb: NDArray[np.uint8]
    pose: NDArray[np.float64]
    motion: NDArray[Any]
    egomotion: NDArray[np.float64]
    sensors: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        views = len(self.rgb)
        if self.rgb.ndim != 4 or self.rgb.shape[-1] != 3 or self.rgb.dtype != np.uint8:
            raise ValueError(f"rgb must be (T, H, W, 3) uint8, got {self.rgb.shape} {self.rgb.dtype}")
        expected = {"intrinsics": (3, 3), "pose": (views, 4, 4), "egomotion": (views - 1, 4, 4)}
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must be {shape} for {views} views, got {getattr(self, name).shape}")
        if len(self.motion) != views - 1:
            raise ValueError(f"motion must have {views - 1} entries for {views} views, got {len(self.motion)}")
        for name, values in self.sensors.items():
            if len(values) != views:
                raise ValueError(f"sensor {name!r} must have {views} entries, got {len(values)}")

    @property
    def twist(self) -> NDArray[np.float64]:
        """(T − 1, 6) float64 ``[v, ω]`` of the realised egomotions."""
        return log_se3(self.egomotion)
