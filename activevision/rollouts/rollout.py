"""``Rollout``: one stored episode, frames with the poses and motions between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.geometry import egomotion, log_se3

CAMERAS = ("pinhole", "equirectangular")


@dataclass(frozen=True, eq=False)
class Rollout:
    """An episode of T views and the T − 1 motions between them.

    spec: what made it, as JSON: of an environment its id and settings, of a camera path its name and settings, of real
    video the data set and sequence. seed: the environment's or the path's; 0 of real video.
    scene_id, scene_key: what was looked at, and the key of its content. label: its class name, "" where it has none.
    protocol: the environment's protocol as JSON (``Protocol.to_json``); empty where there was no environment.
    camera: one of CAMERAS. intrinsics: K (3, 3) float64 in pixels, OpenCV convention (see ``Camera.intrinsics``); of an
    equirectangular camera the pixels per radian, with the origin in the image's middle.
    time: (T,) float64 seconds since the first view, rising.
    rgb: (T, H, W, 3) uint8.
    pose: (T, 4, 4) float64 ``world_from_camera``; camera looks along −Z with +Y up, metres.
    motion: (T − 1, …) what was commanded, in the environment's action space; without an environment as a twist.
    commanded: (T − 1, 4, 4) float64 ``camera_t_from_camera_t1``, the egomotion that was asked for.
    collided: (T − 1,) bool, whether something stopped a motion, wholly or in part.
    sensors: further arrays (T, …), one entry a view: "depth", "instance", … and the rest of the observation.
    pairs: arrays (T − 1, …), one entry a motion: "flow_forward" (T − 1, H, W, 2) from view t to t + 1 in pixels,
    "flow_backward" from t + 1 to t, and "…_valid", "…_covisible" bool masks of both.

    Raises ValueError when the arrays do not fit together.
    """

    spec: Mapping[str, Any]
    seed: int
    scene_id: str
    scene_key: str
    label: str
    protocol: Mapping[str, Any]
    intrinsics: NDArray[np.float64]
    time: NDArray[np.float64]
    rgb: NDArray[np.uint8]
    pose: NDArray[np.float64]
    motion: NDArray[Any]
    commanded: NDArray[np.float64]
    collided: NDArray[np.bool_]
    sensors: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    pairs: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    camera: str = "pinhole"

    def __post_init__(self) -> None:
        views = len(self.rgb)
        if self.rgb.ndim != 4 or self.rgb.shape[-1] != 3 or self.rgb.dtype != np.uint8:
            raise ValueError(f"rgb must be (T, H, W, 3) uint8, got {self.rgb.shape} {self.rgb.dtype}")
        if self.camera not in CAMERAS:
            raise ValueError(f"camera must be one of {CAMERAS}, got {self.camera!r}")
        expected = {
            "intrinsics": (3, 3),
            "time": (views,),
            "pose": (views, 4, 4),
            "commanded": (views - 1, 4, 4),
            "collided": (views - 1,),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must be {shape} for {views} views, got {getattr(self, name).shape}")
        if not np.all(np.diff(self.time) > 0):
            raise ValueError("time must rise from view to view")
        entries = {"motion": (self.motion, views - 1)}
        entries |= {f"sensor {name!r}": (values, views) for name, values in self.sensors.items()}
        entries |= {f"pair {name!r}": (values, views - 1) for name, values in self.pairs.items()}
        for name, (values, count) in entries.items():
            if len(values) != count:
                raise ValueError(f"{name} must have {count} entries for {views} views, got {len(values)}")

    @property
    def views(self) -> int:
        return len(self.rgb)

    @cached_property
    def egomotion(self) -> NDArray[np.float64]:
        """(T − 1, 4, 4) float64 ``camera_t_from_camera_t1``: the egomotion that was realised."""
        return egomotion(self.pose[:-1], self.pose[1:])

    @cached_property
    def twist(self) -> NDArray[np.float64]:
        """(T − 1, 6) float64 ``[v, ω]`` of the realised egomotions."""
        return log_se3(self.egomotion)
