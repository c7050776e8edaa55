"""Orbit: round something with an eye on its middle, nearer and farther, higher and lower."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.geometry import look_at, orbit_pose
from activevision.rollouts.paths.camera_path import Limits, Motion, Track
from activevision.rollouts.paths.place import OBJECT, ROOM, Floor, NoRoom, Place
from activevision.rollouts.paths.smooth import STEP, at_rate, smooth, squash, steps, sway
from activevision.rollouts.paths.spot import floor_of

Array = NDArray[np.float64]

_LEAD = 0.5  # seconds of what is computed before the first view
_CIRCLES = 384  # tried in a room
_BEARINGS = np.linspace(0, 2 * np.pi, 73)[:-1]
_BAND = np.array([0.92, 1.0, 1.08])  # radii that must be free for a circle of radius 1
_RADII = (0.5, 2.2)  # metres
_LEAST_ARC = 6  # bearings: 30°
_LONG = 4.0  # metres of an arc that are enough
_TRIED = 16  # circles, the best ones, until one is free all along
_FASTEST = 0.7  # m/s in a room, of the mean motion
_LEAST_SWING = 2.5  # seconds to the other end of an arc
_ROUNDED = 1.5  # seconds over which a camera turns back
_HEIGHTS = (0.9, 1.7)  # metres over the floor that a camera takes in a room: where one who stands there has room
_AIMS = (0.6, 1.2)  # metres over the floor of what it looks at


@dataclass(frozen=True)
class Orbit(Motion):
    """The camera goes round an object, or round a spot in a room, and looks at its middle throughout.

    Azimuth, elevation and distance vary smoothly and independently. Round an object the distance is at least that from
    where it fills the view. In a room the camera keeps over the floor that a person can stand on: on the longest free
    arc of some circle, near the room's middle if it can, to and fro where the arc is no full circle.

    turn_deg: lowest and highest mean rate round the middle, degrees a second; either way round.
    elevation_deg: lowest and highest mean elevation over an object.
    """

    name: ClassVar[str] = "orbit"
    kinds: ClassVar[tuple[str, ...]] = (OBJECT, ROOM)
    limits: ClassVar[Limits] = Limits(speed=1.4, acceleration=2.8, jerk=16.0, turn_rate=1.3, turn_acceleration=2.8)

    turn_deg: tuple[float, float] = (15.0, 40.0)
    elevation_deg: tuple[float, float] = (-20.0, 55.0)

    def __call__(self, place: Place, views: int, rate: float, generator: Generator) -> Track:
        count = steps((views - 1) / rate + 2 * _LEAD)
        turn = np.radians(generator.uniform(*self.turn_deg)) * generator.choice([-1, 1])
        if place.kind == OBJECT:
            return self._round_object(place, turn, count, views, rate, generator)
        return _round_spot(place, turn, count, views, rate, generator)

    def _round_object(
        self, place: Place, turn: float, count: int, views: int, rate: float, generator: Generator
    ) -> Track:
        wander = sway(generator, count, 3, 0.12)
        azimuth = generator.uniform(0, 2 * np.pi) + turn * STEP * np.arange(count) + 0.15 * wander[:, 0]
        mean = np.radians(generator.uniform(*self.elevation_deg))
        elevation = squash(mean + 0.2 * wander[:, 1], np.radians(80))
        distance = place.distance * (1.2 + squash(0.1 * wander[:, 2], 0.2))
        path = at_rate(np.stack([elevation, azimuth, distance], axis=1), _LEAD, views, rate)
        return Track.along(orbit_pose(path[:, 0], path[:, 1], path[:, 2]))


def _round_spot(place: Place, turn: float, count: int, views: int, rate: float, generator: Generator) -> Track:
    floor = floor_of(place)
    wander = sway(generator, count, 2, 0.12)
    aim_height, mean_height = generator.uniform(*_AIMS), generator.uniform(-0.2, 0.3)
    begins_at, way = generator.random(2)
    low, high = _HEIGHTS
    for middle, radius, begin, arc in _circles(place, floor, generator):
        turn = np.clip(turn, -_FASTEST / radius, _FASTEST / radius)
        if arc >= 2 * np.pi:
            azimuth = 2 * np.pi * begins_at + turn * STEP * np.arange(count)
        else:  # to and fro: a triangle wave with its corners rounded
            slow = min(abs(turn), arc / _LEAST_SWING)
            phase = (slow * STEP * np.arange(count) + (begins_at + (way < 0.5)) * arc) % (2 * arc)
            azimuth = begin + smooth(np.minimum(phase, 2 * arc - phase), _ROUNDED)
        away = radius * (1 + squash(0.04 * wander[:, 0], 0.07))
        height = (low + high) / 2 + squash(mean_height + 0.15 * wander[:, 1], (high - low) / 2)
        feet = middle + np.stack([away * np.sin(azimuth), np.zeros(count), away * np.cos(azimuth)], axis=1)
        if floor.contains(feet).all():
            eye = feet + height[:, None] * [0, 1, 0]
            aim = middle + np.array([0, aim_height, 0])
            return Track.along(look_at(at_rate(eye, _LEAD, views, rate), aim))
    raise NoRoom(f"scene {place.id!r} has no room to go round anything: choose handheld or turntable for it.")


def _circles(place: Place, floor: Floor, generator: Generator) -> Iterator[tuple[Array, float, float, float]]:
    """Circles with a free arc: the middle (3,) on the floor's level, the radius, the arc's begin and length, radians.

    Of many round spots in the room those come first whose free arcs are longest in metres, less the spot's distance
    from the middle of the room.
    """
    level = float(floor.sample(generator, 1)[0, 1])
    low, high = place.bounds
    reach = max(min(_RADII[1], 0.5 * float((high - low)[[0, 2]].min())), _RADII[0] + 0.01)
    radii = generator.uniform(_RADII[0], reach, _CIRCLES)
    room = (low + high) / 2
    middles = room + generator.uniform(-0.3, 0.3, (_CIRCLES, 3)) * (high - low)
    middles[:, 1] = level
    rays = np.stack([np.sin(_BEARINGS), np.zeros(len(_BEARINGS)), np.cos(_BEARINGS)], axis=1)
    points = middles[:, None, None] + (radii[:, None] * _BAND)[..., None, None] * rays
    free = np.asarray(floor.contains(points).all(axis=1), np.bool_)
    begins, lengths = _longest_run(free)
    step = float(_BEARINGS[1])
    off = np.linalg.norm((middles - room)[:, [0, 2]], axis=1)
    score = np.minimum(lengths * radii * step, _LONG) - 0.3 * off
    for best in np.argsort(-score, kind="stable")[:_TRIED].tolist():
        if lengths[best] >= _LEAST_ARC:
            arc = 2 * np.pi if free[best].all() else (int(lengths[best]) - 1) * step
            yield middles[best], float(radii[best]), float(begins[best] * step), arc


def _longest_run(free: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Begin (N,) and length (N,) of the longest run of each row of a ring (N, B)."""
    size = free.shape[1]
    run = np.zeros(len(free), np.int64)
    best, end = np.zeros(len(free), np.int64), np.zeros(len(free), np.int64)
    for place in range(2 * size):
        run = np.where(free[:, place % size], run + 1, 0)
        longer = np.minimum(run, size) > best
        best, end = np.where(longer, np.minimum(run, size), best), np.where(longer, place, end)
    return (end - best + 1) % size, best
