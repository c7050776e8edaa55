"""``Simulator``: what renders views of scenes, batch first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import Camera
from activevision.errors import unknown

SENSORS: dict[str, tuple[tuple[int, ...], type]] = {
    "rgb": ((3,), np.uint8),
    "depth": ((), np.float32),
    "instance": ((), np.int32),
    "category": ((), np.int32),
}
"""Trailing shape and type of each sensor's images (N, H, W, …).

rgb: sRGB. depth: planar z in metres, 0 where nothing is hit. instance, category: ids, 0 is background.
"""


class Simulator(Protocol):
    """Renders views of the scenes it was made with.

    ``settings`` names everything about the simulator, besides scene, pose and camera, that decides a pixel; it is part
    of the key under which rendered views are cached.
    """

    settings: dict[str, Any]

    def render(
        self, scene_ids: ArrayLike, poses: ArrayLike, camera: Camera, sensors: Sequence[str] = ("rgb",)
    ) -> dict[str, NDArray]:
        """Images (N, H, W, …) of each sensor for N views.

        scene_ids: (N,) indices into the scenes. poses: (N, 4, 4) ``world_from_camera``, camera along −Z, Y up.
        The same arguments give the same bytes, whatever the batch they come in.
        """
        ...

    def close(self) -> None:
        """Release the scenes. Rendering afterwards is an error."""
        ...


def check_sensors(sensors: Sequence[str]) -> None:
    for name in sensors:
        if name not in SENSORS:
            raise unknown("sensor", name, SENSORS)
