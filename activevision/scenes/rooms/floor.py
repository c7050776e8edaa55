"""The furnished floor while a room is being laid out: what stands where, and whether one can still walk about."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import ndimage

from activevision.scenes.rooms.pieces import Body
from activevision.scenes.rooms.plan import DOOR, WINDOW, Plan

GAP = 0.01
"""Between neighbours and between a piece and the wall, metres."""
GRID = 0.1
WALKER_RADIUS, WALKER_STEP, WALKER_HEIGHT = 0.22, 0.2, 1.6
"""Who has to get about: a little more than the walker of ``NavigableArea``, so that its floor is in one part too."""
_DOOR_DEPTH, _WINDOW_DEPTH = 0.85, 0.3


@dataclass(frozen=True)
class Block:
    """An upright box on the floor plan: middle (x, z), half sizes, turn about Y, from ``low`` to ``high``."""

    x: float
    z: float
    half_width: float
    half_depth: float
    turn: float
    low: float
    high: float

    @property
    def row(self) -> tuple[float, ...]:
        return self.x, self.z, self.half_width, self.half_depth, cos(self.turn), sin(self.turn), self.low, self.high

    def at(self, right: float, front: float) -> tuple[float, float]:
        """The floor point that lies ``right`` (its +X) and in ``front`` (its +Z) of the middle."""
        c, s = cos(self.turn), sin(self.turn)
        return self.x + right * c + front * s, self.z - right * s + front * c

    @property
    def corners(self) -> NDArray[np.float64]:
        """(4, 2)."""
        w, d = self.half_width, self.half_depth
        return np.array([self.at(w, d), self.at(w, -d), self.at(-w, -d), self.at(-w, d)])


@dataclass(frozen=True, eq=False)
class Placed:
    """A body where it stands."""

    body: Body
    block: Block


class Floor:
    """Pieces in a plan. They never overlap, and the floor that is left stays connected to the door."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.placed: list[Placed] = []
        self._solids: list[tuple[float, ...]] = []
        self._zones: list[tuple[float, ...]] = []
        self._rugs: list[tuple[float, ...]] = []
        if plan.notch is not None:
            x0, z0, x1, z1 = plan.notch
            notch = Block((x0 + x1) / 2, (z0 + z1) / 2, (x1 - x0) / 2 + GAP, (z1 - z0) / 2 + GAP, 0, -9, 9)
            self._solids.append(notch.row)
        for wall in plan.walls:
            for opening in wall.openings:
                if opening.kind not in (DOOR, WINDOW):
                    continue
                deep = _DOOR_DEPTH if opening.kind == DOOR else _WINDOW_DEPTH
                x, z = wall.at(opening.middle, deep / 2)
                wide = opening.width / 2 + (0.08 if opening.kind == DOOR else 0.0)
                zone = Block(x, z, wide, deep / 2, wall.heading, opening.bottom + 0.02, opening.top)
                self._zones.append(zone.row)
        columns, rows = int(plan.width / GRID), int(plan.depth / GRID)
        across = (np.arange(columns) + 0.5 - columns / 2) * GRID
        along = (np.arange(rows) + 0.5 - rows / 2) * GRID
        self._cells = np.stack(np.meshgrid(across, along), axis=-1)
        self._free = plan.inside(self._cells, WALKER_RADIUS)
        wall, door = plan.door
        self._entrance = np.array(wall.at(door.middle, 0.4))

    def fits(self, block: Block, ignore_zones: bool = False) -> bool:
        """Whether a block lies in the room and overlaps neither a piece nor a place to be kept free."""
        corners = block.corners
        limit = np.array([self.plan.width / 2, self.plan.depth / 2]) - 0.5 * GAP
        if (np.abs(corners) > limit).any() or block.high > self.plan.height - GAP:
            return False
        row = np.array(block.row)
        if self._solids and _overlaps(row, np.array(self._solids)):
            return False
        return ignore_zones or not self._zones or not _overlaps(row, np.array(self._zones))

    def put(self, body: Body, block: Block, clear: float = 0.0, blocking: bool = True) -> bool:
        """Stands a piece there with ``clear`` metres kept free in front; False where that cannot be.

        blocking: whether walkers have to go round it.
        """
        if not self.fits(block):
            return False
        zone = None
        if clear > 0:
            x, z = block.at(0.0, block.half_depth + clear / 2)
            zone = Block(x, z, 0.9 * block.half_width, clear / 2, block.turn, 0.05, 1.5)
            if not self._reachable(zone):
                return False
        if blocking and block.low < WALKER_HEIGHT and block.high > WALKER_STEP:
            free = self._free & ~self._covered(block, WALKER_RADIUS)
            if not self._connected(free):
                return False
            self._free = free
        self.placed.append(Placed(body, block))
        self._solids.append(block.row)
        if zone is not None:
            self._zones.append(zone.row)
        return True

    def lay(self, body: Body, block: Block) -> bool:
        """Lays a rug where it is clear of other rugs. What stands on it sinks into its few millimetres of pile."""
        row = np.array(block.row)
        within = self.plan.inside(block.corners, 0.03).all()
        if not within or (self._rugs and _overlaps(row, np.array(self._rugs))):
            return False
        self._rugs.append(block.row)
        self.placed.append(Placed(body, block))
        return True

    def occupy(self, block: Block) -> None:
        """Fills a place with something that is no piece, such as a lamp."""
        self._solids.append(block.row)

    @property
    def walkable(self) -> NDArray[np.bool_]:
        """(rows, columns) cells of ``GRID`` where a walker's middle can be."""
        return self._free

    @property
    def cells(self) -> NDArray[np.float64]:
        """(rows, columns, 2) middles of the cells."""
        return self._cells

    @property
    def blocks(self) -> list[Block]:
        return [one.block for one in self.placed]

    def _reachable(self, zone: Block) -> bool:
        if (np.abs(zone.corners) > np.array([self.plan.width / 2, self.plan.depth / 2])).any():
            return False
        return not self._solids or not _overlaps(np.array(zone.row), np.array(self._solids))

    def _covered(self, block: Block, margin: float) -> NDArray[np.bool_]:
        c, s = cos(block.turn), sin(block.turn)
        dx, dz = self._cells[..., 0] - block.x, self._cells[..., 1] - block.z
        right, front = np.abs(dx * c - dz * s) - block.half_width, np.abs(dx * s + dz * c) - block.half_depth
        return np.maximum(right, 0) ** 2 + np.maximum(front, 0) ** 2 < margin**2

    def _connected(self, free: NDArray[np.bool_]) -> bool:
        """Whether nearly all free floor can be reached from the door."""
        labels, count = ndimage.label(free)
        if count == 0:
            return False
        near = np.linalg.norm(self._cells - self._entrance, axis=-1)
        near[~free] = np.inf
        if near.min() > 0.45:
            return False
        home = labels.flat[near.argmin()]
        sizes = np.bincount(labels.ravel())[1:]
        return bool(sizes[home - 1] >= 0.9 * sizes.sum())


@njit(cache=True)
def _overlaps(block: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Whether a row of ``Block.row`` overlaps any of the others: separating axes of two rectangles, and heights."""
    x, z, w, d, c, s = block[0], block[1], block[2], block[3], block[4], block[5]
    for other in others:
        if block[6] >= other[7] - 1e-6 or other[6] >= block[7] - 1e-6:
            continue
        dx, dz = other[0] - x, other[1] - z
        oc, os, ow, od = other[4], other[5], other[2], other[3]
        cosine, sine = abs(c * oc + s * os), abs(s * oc - c * os)
        if abs(dx * c - dz * s) >= w + ow * cosine + od * sine - 1e-6:
            continue
        if abs(dx * s + dz * c) >= d + ow * sine + od * cosine - 1e-6:
            continue
        if abs(dx * oc - dz * os) >= ow + w * cosine + d * sine - 1e-6:
            continue
        if abs(dx * os + dz * oc) >= od + w * sine + d * cosine - 1e-6:
            continue
        return True
    return False
