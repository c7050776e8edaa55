"""Turntable: a constant rate of turning round an object, or of a tripod's head in a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from activevision.geometry import orbit_pose
from activevision.rollouts.paths.camera_path import Limits, Motion, Track
from activevision.rollouts.paths.place import OBJECT, PANORAMA, ROOM, Place
from activevision.rollouts.paths.smooth import poses
from activevision.rollouts.paths.spot import standing_place


@dataclass(frozen=True)
class Turntable(Motion):
    """The camera goes round an object, or pans on a tripod in a room or panorama, at a constant rate and elevation.

    turn_deg: lowest and highest rate, degrees a second; either way round. elevation_deg: of the camera over an object,
    lowest and highest. pitch_deg: of a panning camera. height: of the tripod, metres.
    """

    name: ClassVar[str] = "turntable"
    kinds: ClassVar[tuple[str, ...]] = (OBJECT, ROOM, PANORAMA)
    limits: ClassVar[Limits] = Limits(speed=0.8, acceleration=0.65, jerk=0.5, turn_rate=0.8, turn_acceleration=0.01)

    turn_deg: tuple[float, float] = (15.0, 45.0)
    elevation_deg: tuple[float, float] = (-30.0, 60.0)
    pitch_deg: tuple[float, float] = (-25.0, 10.0)
    height: tuple[float, float] = (1.0, 1.6)

    def __call__(self, place: Place, views: int, rate: float, generator: Generator) -> Track:
        turn = np.radians(generator.uniform(*self.turn_deg)) * generator.choice([-1, 1])
        azimuth = generator.uniform(0, 2 * np.pi) + turn * np.arange(views) / rate
        if place.kind == OBJECT:
            elevation = np.radians(generator.uniform(*self.elevation_deg))
            return Track.along(orbit_pose(elevation, azimuth, place.distance))
        pitch, height = np.radians(generator.uniform(*self.pitch_deg)), generator.uniform(*self.height)
        position = np.zeros(3)
        if place.kind == ROOM:
            position = standing_place(place, generator) + np.array([0, height, 0])
        angles = np.stack([azimuth, np.full(views, pitch), np.zeros(views)], axis=1)
        return Track.along(poses(np.broadcast_to(position, (views, 3)), angles))
