"""The empty room: its floor's outline, its walls, and the door and windows in them.

Coordinates on the floor are (x, z) in metres, with the middle of the outline's bounding box at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import atan2

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

Point = tuple[float, float]
DOOR, WINDOW = "door", "window"


@dataclass(frozen=True)
class Opening:
    """A hole in a wall: from ``start`` to ``stop`` along it and from ``bottom`` to ``top``, metres."""

    kind: str
    start: float
    stop: float
    bottom: float
    top: float

    @property
    def middle(self) -> float:
        return (self.start + self.stop) / 2

    @property
    def width(self) -> float:
        return self.stop - self.start


@dataclass(frozen=True)
class Wall:
    """A wall from ``start`` along the unit vector ``along``; ``inward`` is the unit normal into the room."""

    start: Point
    along: Point
    inward: Point
    length: float
    openings: tuple[Opening, ...] = ()

    def at(self, along: float, off: float = 0.0) -> Point:
        """The floor point ``along`` the wall and ``off`` it into the room."""
        return (
            self.start[0] + along * self.along[0] + off * self.inward[0],
            self.start[1] + along * self.along[1] + off * self.inward[1],
        )

    @property
    def heading(self) -> float:
        """The turn about Y, in radians, that makes a piece's front (+Z) face into the room."""
        return atan2(self.inward[0], self.inward[1])


@dataclass(frozen=True)
class Plan:
    """A room's outline: ``width`` × ``depth`` less a rectangle at one corner, where ``notch`` is given.

    notch: (x0, z0, x1, z1) of what is left out of the bounding rectangle, or None.
    walls: round the room, each with the room on its inward side.
    """

    width: float
    depth: float
    height: float
    notch: tuple[float, float, float, float] | None
    walls: tuple[Wall, ...]

    @property
    def area(self) -> float:
        whole = self.width * self.depth
        if self.notch is None:
            return whole
        x0, z0, x1, z1 = self.notch
        return whole - (x1 - x0) * (z1 - z0)

    @property
    def corners(self) -> list[Point]:
        return [wall.start for wall in self.walls]

    def inside(self, points: ArrayLike, margin: float = 0.0) -> NDArray[np.bool_]:
        """Whether floor points (..., 2) lie in the room and at least ``margin`` from its walls (corners squared)."""
        x, z = np.moveaxis(np.asarray(points, np.float64), -1, 0)
        within = (np.abs(x) <= self.width / 2 - margin) & (np.abs(z) <= self.depth / 2 - margin)
        if self.notch is not None:
            x0, z0, x1, z1 = self.notch
            within &= ~((x > x0 - margin) & (x < x1 + margin) & (z > z0 - margin) & (z < z1 + margin))
        return within

    @cached_property
    def door(self) -> tuple[Wall, Opening]:
        """The first door and its wall."""
        return next((wall, hole) for wall in self.walls for hole in wall.openings if hole.kind == DOOR)


@dataclass(frozen=True)
class Proportions:
    """Between which bounds the plans of a class are drawn.

    area: m². aspect: longer over shorter side. height: of the ceiling, metres. notched: probability of an L-shape.
    doors, windows: how many. sill: height of the windows' lower edge, metres.
    """

    area: tuple[float, float]
    aspect: tuple[float, float] = (1.0, 1.5)
    height: tuple[float, float] = (2.4, 2.8)
    notched: float = 0.25
    doors: tuple[int, int] = (1, 1)
    windows: tuple[int, int] = (1, 2)
    sill: tuple[float, float] = (0.8, 1.0)


def draw_plan(rng: Generator, bounds: Proportions) -> Plan:
    """A plan with its door and windows, from the bounds of its class."""
    area, aspect = rng.uniform(*bounds.area), rng.uniform(*bounds.aspect)
    width, depth = np.sqrt(area * aspect), np.sqrt(area / aspect)
    notch = None
    if rng.random() < bounds.notched:
        cut_x, cut_z = rng.uniform(0.22, 0.38) * width, rng.uniform(0.22, 0.38) * depth
        grow = float(np.sqrt(area / (area - cut_x * cut_z)))
        width, depth, cut_x, cut_z = width * grow, depth * grow, cut_x * grow, cut_z * grow
        notch = width / 2 - cut_x, depth / 2 - cut_z, width / 2, depth / 2
    height = rng.uniform(*bounds.height)
    if rng.random() < 0.5:
        width, depth = depth, width
        notch = None if notch is None else (notch[1], notch[0], notch[3], notch[2])
    flip_x, flip_z = rng.random(2) < 0.5
    if notch is not None:
        x0, z0, x1, z1 = notch
        notch = (
            -x1 if flip_x else x0,
            -z1 if flip_z else z0,
            -x0 if flip_x else x1,
            -z0 if flip_z else z1,
        )
    width, depth, height = round(float(width), 3), round(float(depth), 3), round(float(height), 3)
    walls = _walls(_outline(width, depth, notch))
    plan = Plan(width, depth, height, notch, tuple(walls))
    return replace(plan, walls=_opened(rng, plan, bounds))


def _outline(width: float, depth: float, notch: tuple[float, float, float, float] | None) -> list[Point]:
    """Corners with the room on the left of each edge as seen from above with +Z down (x right)."""
    x, z = width / 2, depth / 2
    corners = [(-x, -z), (x, -z), (x, z), (-x, z)]
    if notch is None:
        return corners
    x0, z0, x1, z1 = notch
    near_x, far_x = (x0, x1) if x1 > 0 else (x1, x0)
    near_z, far_z = (z0, z1) if z1 > 0 else (z1, z0)
    index = next(i for i, c in enumerate(corners) if c[0] * far_x > 0 and c[1] * far_z > 0)
    along_x = index % 2 == 0  # the edge that arrives at corners 0 and 2 runs along z, at 1 and 3 along x
    first = (corners[index][0], near_z) if along_x else (near_x, corners[index][1])
    last = (near_x, corners[index][1]) if along_x else (corners[index][0], near_z)
    return [*corners[:index], first, (near_x, near_z), last, *corners[index + 1 :]]


def _walls(corners: list[Point]) -> list[Wall]:
    walls = []
    for start, stop in zip(corners, [*corners[1:], corners[0]], strict=True):
        dx, dz = stop[0] - start[0], stop[1] - start[1]
        length = float(np.hypot(dx, dz))
        along = dx / length + 0.0, dz / length + 0.0
        walls.append(Wall(start, along, (-along[1] + 0.0, along[0] + 0.0), length))
    return walls


def _opened(rng: Generator, plan: Plan, bounds: Proportions) -> tuple[Wall, ...]:
    """The walls with doors and windows: windows in one or two outer walls, doors rather in the others."""
    walls = list(plan.walls)
    outer = [i for i, wall in enumerate(walls) if wall.length > 1.4]
    order = [int(i) for i in rng.permutation(outer)]
    sunny = order[: int(rng.integers(1, 3))]
    shady = [i for i in order if i not in sunny] or order
    for index in range(int(rng.integers(bounds.doors[0], bounds.doors[1] + 1))):
        width, top = rng.uniform(0.82, 0.95), rng.uniform(1.98, 2.08)
        _cut(rng, walls, shady[index % len(shady)], DOOR, width, 0.0, top, corner=0.12)
    for index in range(int(rng.integers(bounds.windows[0], bounds.windows[1] + 1))):
        wall = sunny[index % len(sunny)]
        width = min(rng.uniform(0.8, 1.9), 0.6 * walls[wall].length)
        bottom = rng.uniform(*bounds.sill)
        top = min(plan.height - 0.2, max(bottom + 0.6, rng.uniform(2.0, 2.3)))
        _cut(rng, walls, wall, WINDOW, width, bottom, top, corner=0.35)
    return tuple(walls)


def _cut(
    rng: Generator, walls: list[Wall], index: int, kind: str, width: float, bottom: float, top: float, corner: float
) -> None:
    """Cuts an opening where it is clear of the others; not at all where there is no such place."""
    wall = walls[index]
    slack = wall.length - 2 * corner - width
    if slack < 0:
        return
    for _ in range(12):
        # doors stand near a corner more often than not, windows near the middle
        place = rng.beta(0.5, 0.5) if kind == DOOR else rng.beta(2, 2)
        start = round(corner + slack * float(place), 3)
        opening = Opening(kind, start, round(start + width, 3), round(bottom, 3), round(top, 3))
        if all(opening.start > o.stop + 0.25 or opening.stop < o.start - 0.25 for o in wall.openings):
            walls[index] = replace(wall, openings=(*wall.openings, opening))
            return
