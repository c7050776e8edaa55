"""Tumble: round an object and over it, so that every elevation is seen as often as any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from activevision.geometry import orbit_pose
from activevision.rollouts.paths.camera_path import Limits, Motion, Track
from activevision.rollouts.paths.place import OBJECT, Place
from activevision.rollouts.paths.smooth import STEP, at_rate, smooth, steps

_LEAD = 0.5  # seconds of what is computed before the first view
_ROUNDED = 1.0  # seconds over which a camera turns back


@dataclass(frozen=True)
class Tumble(Motion):
    """The camera looks at the middle of an object from where that fills the view, and goes round it and up and down.

    These are the views of a grid over the whole sphere, with all between them. Azimuth and elevation change at constant
    rates; the elevation turns back, smoothly, just before its ends.

    turn_deg: lowest and highest rate of the azimuth, degrees a second; either way round. climb_deg: the same of the
    elevation. elevation_deg: between which elevations.
    """

    name: ClassVar[str] = "tumble"
    kinds: ClassVar[tuple[str, ...]] = (OBJECT,)
    limits: ClassVar[Limits] = Limits(speed=1.12, acceleration=3.7, jerk=18.0, turn_rate=1.12, turn_acceleration=3.7)

    turn_deg: tuple[float, float] = (15.0, 45.0)
    climb_deg: tuple[float, float] = (15.0, 45.0)
    elevation_deg: tuple[float, float] = (-90.0, 90.0)

    def __call__(self, place: Place, views: int, rate: float, generator: Generator) -> Track:
        count = steps((views - 1) / rate + 2 * _LEAD)
        turn = np.radians(generator.uniform(*self.turn_deg)) * generator.choice([-1, 1])
        climb = np.radians(generator.uniform(*self.climb_deg))
        low, high = np.radians(self.elevation_deg)
        azimuth = generator.uniform(0, 2 * np.pi) + turn * STEP * np.arange(count)
        phase = (generator.uniform(0, 2) * (high - low) + climb * STEP * np.arange(count)) % (2 * (high - low))
        elevation = low + smooth(np.minimum(phase, 2 * (high - low) - phase), _ROUNDED)
        path = at_rate(np.stack([elevation, azimuth], axis=1), _LEAD, views, rate)
        return Track.along(orbit_pose(path[:, 0], path[:, 1], place.distance))
