"""Floors and spots on them."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.rollouts.paths.place import Floor, NoRoom, Place

Array = NDArray[np.float64]

_CANDIDATES = 64
_ROUND = np.arange(8) * np.pi / 4
_RING = np.stack([np.cos(_ROUND), np.zeros(8), np.sin(_ROUND)], axis=1)


def floor_of(place: Place) -> Floor:
    """NoRoom where nobody can stand anywhere."""
    if place.floor is None:
        raise NoRoom(f"scene {place.id!r} has no floor that a person can stand on: choose scenes that have.")
    return place.floor


def roomy(floor: Floor, points: Array, radius: float) -> NDArray[np.bool_]:
    """Whether at points (N, 3) one can also stand ``radius`` metres away on every side."""
    return floor.contains(points[:, None] + radius * _RING).all(axis=1) & floor.contains(points)


def standing_place(place: Place, generator: Generator) -> Array:
    """A floor point (3,) that is not at the very edge of the floor, where there is such a point."""
    floor = floor_of(place)
    points = floor.sample(generator, _CANDIDATES)
    for radius in (0.15, 0.05):
        free = points[roomy(floor, points, radius)]
        if len(free):
            return free[0]
    return points[0]
