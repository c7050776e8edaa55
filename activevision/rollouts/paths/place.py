"""``Place``: what a camera path needs to know of what it films."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from activevision.errors import UserError

ROOM, OBJECT, PANORAMA = "room", "object", "panorama"
KINDS = (ROOM, OBJECT, PANORAMA)


class NoRoom(UserError):
    """A place of the right kind in which there is nevertheless no room for a motion."""


class Floor(Protocol):
    """Where one can walk: a ``NavigableArea``, or a simulator's own navigation mesh. Points are (..., 3), metres."""

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Whether one can stand with the feet at these points, give or take a step."""
        ...

    def height_at(self, points: ArrayLike) -> NDArray[np.float64]:
        """Height (...) of the floor within a step of these points; NaN where there is none."""
        ...

    def sample(self, generator: Generator, count: int) -> NDArray[np.float64]:
        """Floor points (count, 3), evenly spread."""
        ...

    def slide(self, start: ArrayLike, stop: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Where straight walks from ``start`` to ``stop`` end, and whether something stopped them."""
        ...

    def path(self, start: ArrayLike, goal: ArrayLike) -> NDArray[np.float64]:
        """Floor points (K, 3) of a shortest walk; (0, 3) where there is none."""
        ...


@dataclass(frozen=True, eq=False)
class Place:
    """Something to film.

    id: of the scene, for messages. kind: one of KINDS: "room" (a scan is one too), "object", "panorama".
    bounds: (2, 3) lower and upper corner, metres; of an object, whose middle is the origin, as it was scaled.
    floor: of a room, where one can walk; None elsewhere, and where nobody can stand.
    distance: of an object, metres from its middle from where it fills the view and no more.

    From a panorama's only viewpoint, the origin, a camera can turn and not move.
    """

    id: str
    kind: str
    bounds: NDArray[np.float64]
    floor: Floor | None = None
    distance: float = 3.0
