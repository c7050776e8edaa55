"""``NavigableArea``: where an agent can stand and walk in a scene, asked for by point and by walk.

It is made of the floor that ``floor_finding`` finds in the scene's triangles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numba import njit
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from activevision.errors import UserError
from activevision.files import NO_ARRAYS, atomic_write, cache_dir, digest
from activevision.scenes.floor_finding import VERSION, Agent, find_floor
from activevision.scenes.scene import Scene

__all__ = ["Agent", "NavigableArea"]


@dataclass(frozen=True, eq=False)
class NavigableArea:
    """The floor that an agent can stand on.

    origin: (2,) x and z of the grid's corner. shape: (columns along x, rows along z).
    start: (columns · rows + 1,) int64; the floor cells of column i of the flat grid are start[i] … start[i + 1].
    column: (C,) int64 flat index of each floor cell. floor: (C,) float32 its height.
    link: (C, 4) int64 the neighbouring floor cell towards +x, −x, +z, −z, or −1.
    part: (C,) int64 which connected part it belongs to; parts are numbered from 0, the largest, on. A part that one
        falls off all round, such as the top of a table, comes after a floor between walls even if it is larger.
    """

    agent: Agent
    origin: NDArray[np.float64]
    shape: tuple[int, int]
    start: NDArray[np.int64]
    column: NDArray[np.int64]
    floor: NDArray[np.float32]
    link: NDArray[np.int64]
    part: NDArray[np.int64]

    @classmethod
    def of(cls, scene: Scene, agent: Agent | None = None) -> NavigableArea:
        """The area of a scene, from the cache where it was found before."""
        if not isinstance(scene, Scene):
            raise UserError(f"{type(scene).__name__} {scene.id!r} has no floor to walk on: give rooms or scans.")
        agent = agent or Agent()
        path = cache_dir("navigable") / f"{digest(scene.content_hash, VERSION, asdict(agent))}.npz"
        try:
            return cls.load(path)
        except UserError:
            area = cls.build(scene, agent)
            area.save(path)
            return area

    @classmethod
    def build(cls, scene: Scene, agent: Agent | None = None) -> NavigableArea:
        """The area of a scene, found from its triangles. UserError where nobody could stand anywhere."""
        agent = agent or Agent()
        return cls(agent, *find_floor(scene, agent))

    def save(self, path: Path) -> None:
        """Write to a ``.npz`` file."""
        arrays = {name: getattr(self, name) for name in ("origin", "shape", "start", "column", "floor", "link", "part")}
        with atomic_write(path) as file:
            np.savez_compressed(file, agent=np.array(list(asdict(self.agent).values())), **arrays)

    @classmethod
    def load(cls, path: Path) -> NavigableArea:
        """Read what ``save`` wrote; UserError where the file is missing or damaged."""
        try:
            with np.load(path) as arrays:
                agent = Agent(*(float(value) for value in arrays["agent"]))
                columns, rows = (int(value) for value in arrays["shape"])
                rest = {name: arrays[name] for name in ("start", "column", "floor", "link", "part")}
                return cls(agent, arrays["origin"], (columns, rows), **rest)
        except (*NO_ARRAYS, TypeError) as error:  # TypeError: an array where a number should be
            raise UserError(f"{path}: no readable navigable area ({error}): build it again.") from None

    @cached_property
    def areas(self) -> NDArray[np.float64]:
        """(P,) m² of each part, the largest first."""
        return np.bincount(self.part).astype(np.float64) * self.agent.cell**2

    @property
    def area(self) -> float:
        """m² of the largest part."""
        return float(self.areas[0])

    def contains(self, points: ArrayLike, part: int | None = 0) -> NDArray[np.bool_]:
        """Whether an agent can stand at points (..., 3), whose y is the height of its feet.

        They must be within a step of the floor of that part; of any part where it is None.
        """
        cells = self._cells_at(points)
        found = cells >= 0
        if part is not None:
            found &= self.part[cells] == part
        return found

    def height_at(self, points: ArrayLike) -> NDArray[np.float64]:
        """Height (...) of the floor within a step of points (..., 3), the nearest one; NaN where there is none."""
        cells = self._cells_at(points)
        return np.where(cells >= 0, self.floor[cells], np.nan).astype(np.float64)

    def sample(self, generator: Generator, count: int, part: int = 0) -> NDArray[np.float64]:
        """Floor points (count, 3), evenly spread over a part (the largest by default)."""
        cells = np.flatnonzero(self.part == part)
        if not len(cells):
            raise UserError(f"navigable area has {len(self.areas)} parts, and none with the number {part}.")
        chosen = cells[generator.integers(len(cells), size=count)]
        within = generator.random((count, 2))
        x, z = np.divmod(self.column[chosen], self.shape[1])
        plane = self.origin + (np.stack([x, z], axis=1) + within) * self.agent.cell
        return np.stack([plane[:, 0], self.floor[chosen], plane[:, 1]], axis=1)

    def slide(self, start: ArrayLike, stop: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Where one gets walking straight from ``start`` (..., 3) to ``stop`` (..., 3), and whether one collided.

        At a wall the motion goes on along it with the component that it has in that direction. The end is on the floor;
        the heights of ``stop`` are ignored. From a start that is not navigable one does not move, which is a collision.
        """
        start, stop = np.broadcast_arrays(np.asarray(start, np.float64), np.asarray(stop, np.float64))
        flat, aim = start.reshape(-1, 3), stop.reshape(-1, 3)
        cells = self._cells_at(flat)
        ends, collided = _walk(self._in_cells(flat), self._in_cells(aim), cells, self.column, self.link, self.shape[1])
        reached = ends[:, 2].astype(np.int64)
        plane = self.origin + ends[:, :2] * self.agent.cell
        points = np.stack([plane[:, 0], np.where(cells >= 0, self.floor[reached], flat[:, 1]), plane[:, 1]], axis=1)
        points = np.where((cells >= 0)[:, None], points, flat)
        return points.reshape(start.shape), collided.reshape(start.shape[:-1])

    def distance(self, start: ArrayLike, goals: ArrayLike) -> NDArray[np.float64]:
        """Length (N,) in metres of the shortest walk from one point (3,) to each of ``goals`` (N, 3).

        Infinite where there is no way, and from or to a point that is not navigable. Walks go from cell to cell,
        straight or diagonally, which makes them at most 8 % longer than they need be.
        """
        source = int(self._cells_at(np.asarray(start, np.float64)[None])[0])
        cells = self._cells_at(goals)
        if source < 0:
            return np.full(cells.shape, np.inf)
        lengths = dijkstra(self._graph, indices=source)
        return np.where(cells >= 0, lengths[cells], np.inf)

    @cached_property
    def clearance(self) -> NDArray[np.float64]:
        """(C,) metres that each floor cell is from the nearest place where one cannot stand, plus the radius."""
        edge = np.flatnonzero((self.link < 0).any(1))
        if not len(edge):
            return np.full(len(self.column), np.inf)
        lengths = dijkstra(self._graph, indices=edge, min_only=True)
        return lengths + self.agent.radius

    def path(self, start: ArrayLike, goal: ArrayLike) -> NDArray[np.float64]:
        """Floor points (K, 3) of a shortest walk from cell to cell; (0, 3) where there is none."""
        source, target = self._cells_at(np.stack([start, goal]).astype(np.float64))
        if source < 0 or target < 0 or self.part[source] != self.part[target]:
            return np.empty((0, 3))
        _, before = dijkstra(self._graph, indices=int(source), return_predecessors=True)
        cells = [int(target)]
        while cells[-1] != source:
            cells.append(int(before[cells[-1]]))
        return self._middles(np.array(cells[::-1]))

    def picture(self, paths: Sequence[ArrayLike] = (), pixels: int = 4) -> NDArray[np.uint8]:
        """The area from above (H, W, 3), ``pixels`` to a cell, −z up: the largest part green, others grey.

        Lighter is higher. paths: walks (K, 3) to draw.
        """
        columns, rows = self.shape
        image = np.full((columns * rows, 3), 32, np.uint8)
        low, high = float(self.floor.min()), float(self.floor.max())
        shade = 0.75 + 0.25 * (self.floor - low) / max(high - low, 1e-6)
        tones = np.where((self.part == 0)[:, None], [96, 190, 120], [120, 120, 128])
        image[self.column] = (tones * shade[:, None]).astype(np.uint8)
        grid = image.reshape(columns, rows, 3).transpose(1, 0, 2)
        picture = np.ascontiguousarray(grid.repeat(pixels, 0).repeat(pixels, 1))
        for index, walk in enumerate(paths):
            points = self._in_cells(np.asarray(walk, np.float64)) * pixels
            colour = ((230, 90, 60), (70, 120, 230), (240, 190, 60))[index % 3]
            cv2.polylines(picture, [points.round().astype(np.int32)], False, colour, max(1, pixels // 2), cv2.LINE_AA)
        return picture

    def _in_cells(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) x and z of points (N, 3) in cells from the grid's corner."""
        return np.ascontiguousarray((points[..., [0, 2]] - self.origin) / self.agent.cell)

    def _middles(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        x, z = np.divmod(self.column[cells], self.shape[1])
        plane = self.origin + (np.stack([x, z], axis=1) + 0.5) * self.agent.cell
        return np.stack([plane[:, 0], self.floor[cells], plane[:, 1]], axis=1)

    def _cells_at(self, points: ArrayLike) -> NDArray[np.int64]:
        """The floor cell (...) nearest in height to points (..., 3), at most a step away; −1 where there is none."""
        points = np.asarray(points, np.float64)
        flat = points.reshape(-1, 3)
        cells = _find(
            self._in_cells(flat), flat[:, 1], self.start, self.floor, self.shape[0], self.shape[1],
            self.agent.step + 1e-6,
        )  # fmt: skip
        return cells.reshape(points.shape[:-1])

    @cached_property
    def _graph(self) -> csr_array:
        """Lengths between neighbouring cells, diagonal ones where one can go round either corner."""
        cell = self.agent.cell
        count = len(self.column)
        rows, columns = [], []
        every = np.arange(count)
        for direction in range(4):
            there = self.link[:, direction]
            rows.append(every[there >= 0])
            columns.append(there[there >= 0])
        straight = sum(len(r) for r in rows)
        for along, across in ((0, 2), (0, 3), (1, 2), (1, 3)):
            first, second = self.link[:, along], self.link[:, across]
            corner = np.where(first >= 0, self.link[first, across], -1)
            other = np.where(second >= 0, self.link[second, along], -1)
            passable = (corner >= 0) & (corner == other)
            rows.append(every[passable])
            columns.append(corner[passable])
        row, column = np.concatenate(rows), np.concatenate(columns)
        lengths = np.full(len(row), cell)
        lengths[straight:] *= np.sqrt(2.0)
        return csr_array((lengths, (row, column)), shape=(count, count))


@njit(cache=True)
def _find(
    places: NDArray[np.float64],
    height: NDArray[np.float64],
    start: NDArray[np.int64],
    floor: NDArray[np.float32],
    columns: int,
    rows: int,
    step: float,
) -> NDArray[np.int64]:
    """The floor cell (N,) at each place (N, 2) that is nearest to its height, at most a step away; or −1."""
    found = np.full(len(places), -1, np.int64)
    for i in range(len(places)):
        if not (0 <= places[i, 0] < columns and 0 <= places[i, 1] < rows):
            continue
        index = int(places[i, 0]) * rows + int(places[i, 1])
        best = step
        for j in range(start[index], start[index + 1]):
            away = abs(floor[j] - height[i])
            if away <= best:
                best = away
                found[i] = j
    return found


@njit(cache=True)
def _enter(cell: int, x: float, z: float, column: NDArray[np.int64], link: NDArray[np.int64], rows: int) -> int:
    """The floor cell at (x, z), in the same or a touching column, that is joined to ``cell``; or −1."""
    dx, dz = int(np.floor(x)) - column[cell] // rows, int(np.floor(z)) - column[cell] % rows
    if dx == 0 and dz == 0:
        return cell
    along = 0 if dx > 0 else 1
    across = 2 if dz > 0 else 3
    if dz == 0:
        return link[cell, along]
    if dx == 0:
        return link[cell, across]
    first = link[cell, along]
    if first >= 0 and link[first, across] >= 0:
        return link[first, across]
    second = link[cell, across]
    if second >= 0:
        return link[second, along]
    return -1


@njit(cache=True)
def _walk(
    starts: NDArray[np.float64],
    aims: NDArray[np.float64],
    cells: NDArray[np.int64],
    column: NDArray[np.int64],
    link: NDArray[np.int64],
    rows: int,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Ends (N, 3) as x, z in cells and the floor cell, and collisions (N,), of straight walks in half-cell steps."""
    ends, collided = np.zeros((len(starts), 3)), np.zeros(len(starts), np.bool_)
    for i in range(len(starts)):
        x, z, cell = starts[i, 0], starts[i, 1], cells[i]
        if cell < 0:
            collided[i] = True
            continue
        away_x, away_z = aims[i, 0] - x, aims[i, 1] - z
        steps = max(1, int(np.ceil(2.0 * np.sqrt(away_x * away_x + away_z * away_z))))
        dx, dz = away_x / steps, away_z / steps
        for _ in range(steps):
            onward = _enter(cell, x + dx, z + dz, column, link, rows)
            if onward >= 0:
                x, z, cell = x + dx, z + dz, onward
                continue
            collided[i] = True
            sideways = _enter(cell, x + dx, z, column, link, rows)
            if sideways >= 0 and dx != 0.0:
                x, cell = x + dx, sideways
                continue
            sideways = _enter(cell, x, z + dz, column, link, rows)
            if sideways >= 0 and dz != 0.0:
                z, cell = z + dz, sideways
                continue
            break
        ends[i, 0], ends[i, 1], ends[i, 2] = x, z, cell
    return ends, collided
