"""Protocols: everything that makes two figures comparable, in one frozen value.

A result always carries the protocol it was measured under, and the published ones are presets here.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import Camera
from activevision.errors import UserError, unknown
from activevision.geometry import egomotion, log_se3, orbit_pose

PROPRIOCEPTION = {"elevation": 1, "azimuth": 2}
"""What an observation may tell about where the camera is, beyond its own motion, and how many numbers each takes."""


VIEWPOINTS = ("orbit", "turn")


@dataclass(frozen=True)
class Protocol:
    """A grid of viewpoints, the motions between them, and what an agent sees there.

    name: of the preset, or of the user's own choice.
    viewpoints: "orbit", on a sphere round an object of unit radius, looking at its middle from above at positive
    elevations; or "turn", turning in place, looking up at positive elevations and farther left at greater azimuths.
    elevations_deg: rows of the view grid, ascending.
    azimuths: columns of the view grid, evenly spaced over the full turn.
    neighbourhood: (rows, columns), both odd: the motions reach this many viewpoints, staying included.
    wrap_elevation: whether a motion past the last row comes in again at the first, else it stops there. Azimuth wraps.
    views: T, the views of an episode including the first.
    hfov_deg, height, width: the camera.
    proprioception: which of PROPRIOCEPTION an observation contains; time (steps left) always is.
    start: distribution of the first viewpoint; only "uniform" over the grid.
    sensor_noise: of what is observed, by name and settings; "none" where it is what is there.
    """

    name: str
    elevations_deg: tuple[float, ...]
    azimuths: int
    neighbourhood: tuple[int, int]
    wrap_elevation: bool
    views: int
    hfov_deg: float = 45.0
    height: int = 64
    width: int = 64
    proprioception: tuple[str, ...] = ("elevation",)
    start: str = "uniform"
    viewpoints: str = "orbit"
    sensor_noise: str = "none"

    def __post_init__(self) -> None:
        if not self.elevations_deg or self.azimuths < 1:
            raise UserError(f"protocol {self.name!r} has an empty view grid: give it elevations and azimuths.")
        if self.views < 1 or self.views > self.grid_size:
            raise UserError(
                f"protocol {self.name!r} asks for T={self.views} views of a grid that has {self.grid_size}: "
                f"choose T between 1 and {self.grid_size}."
            )
        if any(n < 1 or n % 2 == 0 for n in self.neighbourhood):
            raise UserError(f"protocol {self.name!r} has neighbourhood {self.neighbourhood}: both must be odd.")
        for word in self.proprioception:
            if word not in PROPRIOCEPTION:
                raise unknown("proprioception", word, PROPRIOCEPTION)
        if self.start != "uniform":
            raise unknown("start distribution", self.start, ["uniform"])
        if self.viewpoints not in VIEWPOINTS:
            raise unknown("kind of viewpoints", self.viewpoints, VIEWPOINTS)

    @property
    def grid_shape(self) -> tuple[int, int]:
        return len(self.elevations_deg), self.azimuths

    @property
    def grid_size(self) -> int:
        return len(self.elevations_deg) * self.azimuths

    @property
    def camera(self) -> Camera:
        return Camera(self.width, self.height, self.hfov_deg)

    @cached_property
    def elevations(self) -> NDArray[np.float64]:
        """(E,) radians."""
        return np.radians(self.elevations_deg)

    @property
    def azimuth_step(self) -> float:
        """Radians between neighbouring columns."""
        return 2 * math.pi / self.azimuths

    @property
    def distance(self) -> float:
        """Metres from the camera to the middle of an object of unit radius, so that it fills the view and no more.

        0 for a camera that turns in place.
        """
        return 1.0 / math.sin(self.camera.smallest_half_angle) if self.viewpoints == "orbit" else 0.0

    def pose(self, elevation: ArrayLike, azimuth: ArrayLike) -> NDArray[np.float64]:
        """``world_from_camera`` (..., 4, 4) of viewpoints anywhere between those of the grid; angles in radians."""
        # who looks at the middle from above looks down
        sign = 1.0 if self.viewpoints == "orbit" else -1.0
        return orbit_pose(sign * np.asarray(elevation, np.float64), azimuth, self.distance)

    @cached_property
    def poses(self) -> NDArray[np.float64]:
        """(E, A, 4, 4) ``world_from_camera`` of every viewpoint; the object, or the place to turn in, is the origin."""
        return self.pose(self.elevations[:, None], np.arange(self.azimuths) * self.azimuth_step)

    @cached_property
    def egomotions(self) -> NDArray[np.float64]:
        """(E, E, A, 4, 4) ``camera_t_from_camera_t1`` from a row to a row, any number of columns on (modulo A).

        A turn of both cameras about the vertical axis changes no egomotion, so this table holds them all.
        """
        return egomotion(self.poses[:, None, None, 0], self.poses[None])

    @cached_property
    def twists(self) -> NDArray[np.float32]:
        """(E, E, A, 6) twists of ``egomotions``."""
        return log_se3(self.egomotions).astype(np.float32)

    @cached_property
    def motions(self) -> NDArray[np.int64]:
        """(M, 2) steps in (elevation, azimuth) rows and columns that each discrete motion asks for, in raster order."""
        rows, columns = (np.arange(n) - n // 2 for n in self.neighbourhood)
        return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)

    @property
    def stay(self) -> int:
        """Index of the motion that keeps the viewpoint."""
        return len(self.motions) // 2

    def move(self, viewpoints: ArrayLike, motions: ArrayLike) -> NDArray[np.int64]:
        """Viewpoints (..., 2) reached from ``viewpoints`` (..., 2) by motion indices (...), under the wrap rules."""
        target = np.asarray(viewpoints) + self.motions[np.asarray(motions)]
        rows, columns = self.grid_shape
        elevation = target[..., 0] % rows if self.wrap_elevation else np.clip(target[..., 0], 0, rows - 1)
        return np.stack([elevation, target[..., 1] % columns], axis=-1)

    def motion_index(self, viewpoints: ArrayLike, targets: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
        """Index into ``egomotions`` and ``twists`` for motions between viewpoints (..., 2)."""
        viewpoints, targets = np.asarray(viewpoints), np.asarray(targets)
        return viewpoints[..., 0], targets[..., 0], (targets[..., 1] - viewpoints[..., 1]) % self.azimuths

    def viewpoint_index(self, viewpoints: ArrayLike) -> NDArray[np.int64]:
        """Raster index (...) of viewpoints (..., 2)."""
        viewpoints = np.asarray(viewpoints)
        return viewpoints[..., 0] * self.azimuths + viewpoints[..., 1]

    def sensed(self, angles: ArrayLike) -> NDArray[np.float32]:
        """What proprioception tells (..., P) at elevations and azimuths (..., 2) in radians: the elevation; the azimuth
        as (sin, cos)."""
        angles = np.asarray(angles)
        told = {
            "elevation": angles[..., :1],
            "azimuth": np.stack([np.sin(angles[..., 1]), np.cos(angles[..., 1])], axis=-1),
        }
        parts = [angles[..., :0], *(told[word] for word in self.proprioception)]
        return np.concatenate(parts, axis=-1).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Protocol:
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
        return cls(**fields)


LOOK_AROUND = Protocol(
    name="look-around",
    elevations_deg=(-90.0, -60.0, -30.0, 0.0, 30.0, 60.0, 90.0),
    azimuths=12,
    neighbourhood=(5, 5),
    wrap_elevation=False,
    views=4,
)
"""Objects in Jayaraman & Grauman, *Learning to look around* (CVPR 2018): 7 × 12, moves 5 × 5, T = 4."""

LOOK_AHEAD = Protocol(
    name="look-ahead",
    elevations_deg=tuple(-82.5 + 15.0 * row for row in range(12)),
    azimuths=12,
    neighbourhood=(5, 5),
    wrap_elevation=True,
    views=5,
)
"""Jayaraman & Grauman, *Look-ahead before you leap* (ECCV 2016): 12 × 12, moves 5 × 5, T = 5, wraps."""

LOOK_AROUND_SCENES = Protocol(
    name="look-around-scenes",
    elevations_deg=(-90.0, -45.0, 0.0, 45.0, 90.0),
    azimuths=8,
    neighbourhood=(3, 5),
    wrap_elevation=False,
    views=6,
    height=32,
    width=32,
    viewpoints="turn",
)
"""Scenes in *Learning to look around* (SUN360): 5 × 8 views of 45° and 32 × 32 pixels, moves 3 × 5, T = 6."""

LOOK_AHEAD_SCENES = replace(LOOK_AHEAD, name="look-ahead-scenes", viewpoints="turn")
"""Scenes in *Look-ahead before you leap* (SUN360): 12 × 12 views of 45°, moves 5 × 5, T = 5, wraps."""

LOOK_AROUND_32 = replace(LOOK_AROUND, name="look-around-32", height=32, width=32)
"""LOOK_AROUND at the 32 × 32 pixels of its own completion experiments."""

PROTOCOLS = {
    preset.name: preset for preset in (LOOK_AROUND, LOOK_AHEAD, LOOK_AROUND_SCENES, LOOK_AHEAD_SCENES, LOOK_AROUND_32)
}


def get_protocol(name: str | Protocol, **changes: Any) -> Protocol:
    """A preset by name (or a protocol as it is), with single fields changed; UserError names the nearest preset."""
    if isinstance(name, str):
        if name not in PROTOCOLS:
            raise unknown("protocol", name, PROTOCOLS)
        name = PROTOCOLS[name]
    return replace(name, **changes) if changes else name
