"""``NavigableArea``: where an agent can stand and walk in a scene, found from its triangles alone.

The triangles are cut along a grid of upright columns. In each column what lies on top of one another is merged into
spans, as in Recast's heightfield. A span's top is floor where it is flat enough and the agent's height is free above
it; the floor is then narrowed by everything that comes nearer to a cell's middle than the agent's radius between its
step and its head. Cells whose heights differ by no more than a step are joined; what is joined makes up a part.

It works for made-up rooms and for scans of millions of triangles, with several storeys and uneven floors. The mesh may
have holes and double faces. Floors must face up (counter-clockwise from above), which tells them from ceilings, on
whose other side nobody stands; of everything else both sides are solid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numba import njit
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from activevision.errors import UserError
from activevision.files import atomic_write, cache_dir, digest
from activevision.progress import progress
from activevision.scenes.scene import Mesh, Scene

_VERSION = 1  # goes up whenever the same scene would give another area
_SLOW = 500_000  # triangles from which on a progress bar is shown
_MERGE = 0.02  # spans nearer than this, metres, are one: a floor and the rug on it
_STEEPEST = np.cos(np.radians(50.0))
_NEIGHBOURS = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], np.int64)


@dataclass(frozen=True)
class Agent:
    """Who walks. Metres: cell size of the grid, the body's radius and height, and how high a step it takes."""

    cell: float = 0.05
    radius: float = 0.18
    height: float = 1.5
    step: float = 0.2

    def __post_init__(self) -> None:
        if not (self.cell > 0 and self.height > self.step >= 0 and self.radius >= 0):
            raise UserError(f"{self}: cell and height must be positive, and the step lower than the height.")


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
        path = cache_dir("navigable") / f"{digest(scene.content_hash, _VERSION, asdict(agent))}.npz"
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
        meshes = [mesh for mesh in scene.meshes if len(mesh.faces)]
        bounds = scene.bounds
        origin = bounds[0, [0, 2]] - 2.5 * agent.cell  # off the round numbers on which walls tend to lie
        shape = np.ceil((bounds[1, [0, 2]] + 2.5 * agent.cell - origin) / agent.cell).astype(np.int64)
        columns, rows = int(shape[0]), int(shape[1])
        with _progress(scene) as advance:
            first, spans = _cut(meshes, origin, columns, rows, agent.cell, advance)
        _sort_columns(first, spans)
        column, floor = _floors(first, spans, np.float32(_MERGE), np.float32(agent.height))
        free = _unobstructed(
            first, spans, column, floor, rows, agent.radius / agent.cell, np.float32(agent.step),
            np.float32(agent.height),
        )  # fmt: skip
        blocked = column[~free], floor[~free]
        column, floor = column[free], floor[free]
        if not len(column):
            raise UserError(
                f"scene {scene.id!r} has no floor that an agent of {agent.height} m can stand on: "
                "check its scale, that +Y is up and that floors face up, or choose a smaller agent."
            )
        start = np.searchsorted(column, np.arange(columns * rows + 1)).astype(np.int64)
        link = _links_to(start, floor, column, floor, columns, rows, np.float32(agent.step))
        barred = np.searchsorted(blocked[0], np.arange(columns * rows + 1)).astype(np.int64)
        against = _links_to(barred, blocked[1], column, floor, columns, rows, np.float32(agent.step))
        ledge = ((link < 0) & (against < 0)).sum(1)
        return cls(agent, origin, (columns, rows), start, column, floor, link, _parts(link, ledge))

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
        except Exception as error:  # zipfile, zlib and numpy each raise their own for damage
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


def _progress(scene: Scene) -> AbstractContextManager[Callable[[int], None]]:
    """A bar for scans, which take seconds; nothing for rooms, which take a fraction of one."""
    if scene.triangles < _SLOW:
        return nullcontext(lambda _: None)
    return progress(f"navigable area of {scene.id}", 2 * scene.triangles, "triangles")


def _cut(
    meshes: Sequence[Mesh],
    origin: NDArray[np.float64],
    columns: int,
    rows: int,
    cell: float,
    advance: Callable[[int], None],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """All triangles cut along the grid: the spans (S, 7) of flat column i are first[i] … first[i + 1]."""
    counts = np.zeros(columns * rows, np.int64)
    for mesh in meshes:
        _count(_grid_corners(mesh.vertices, origin, cell), mesh.faces, columns, rows, counts)
        advance(len(mesh.faces))
    first = np.concatenate([[0], np.cumsum(counts)])
    spans = np.empty((int(first[-1]), 7), np.float32)
    cursor = first[:-1].copy()
    for mesh in meshes:
        _fill(_grid_corners(mesh.vertices, origin, cell), mesh.faces, columns, rows, cursor, spans, cell)
        advance(len(mesh.faces))
    return first, spans


def _grid_corners(vertices: NDArray[np.float32], origin: NDArray[np.float64], cell: float) -> NDArray[np.float64]:
    """Vertices (V, 3) with x and z in cells from the grid's corner, and y in metres."""
    placed = vertices.astype(np.float64)
    placed[:, 0] = (placed[:, 0] - origin[0]) / cell
    placed[:, 2] = (placed[:, 2] - origin[1]) / cell
    return placed


@njit(cache=True)
def _clip(
    polygon: NDArray[np.float64], count: int, axis: int, bound: float, sign: float, out: NDArray[np.float64]
) -> int:
    """Sutherland–Hodgman against one plane: keeps the side where sign · (coordinate − bound) ≤ 0."""
    kept = 0
    for i in range(count):
        j = i + 1 if i + 1 < count else 0
        here = sign * (polygon[i, axis] - bound)
        there = sign * (polygon[j, axis] - bound)
        if here <= 0:
            out[kept, 0], out[kept, 1], out[kept, 2] = polygon[i, 0], polygon[i, 1], polygon[i, 2]
            kept += 1
        if (here < 0 and there > 0) or (here > 0 and there < 0):
            t = here / (here - there)
            for k in range(3):
                out[kept, k] = polygon[i, k] + t * (polygon[j, k] - polygon[i, k])
            out[kept, axis] = bound
            kept += 1
    return kept


@njit(cache=True)
def _count(
    vertices: NDArray[np.float64], faces: NDArray[np.int32], columns: int, rows: int, counts: NDArray[np.int64]
) -> None:
    """Adds to ``counts`` how many triangles touch each column."""
    spans = np.empty((0, 7), np.float32)
    for f in range(len(faces)):
        _rasterise(vertices, faces[f], columns, rows, counts, spans, 1.0, False)


@njit(cache=True)
def _fill(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
    columns: int,
    rows: int,
    cursor: NDArray[np.int64],
    spans: NDArray[np.float32],
    cell: float,
) -> None:
    """Writes what each triangle covers of each column at the column's cursor, which moves on."""
    for f in range(len(faces)):
        _rasterise(vertices, faces[f], columns, rows, cursor, spans, cell, True)


@njit(cache=True)
def _rasterise(
    vertices: NDArray[np.float64],
    face: NDArray[np.int32],
    columns: int,
    rows: int,
    cursor: NDArray[np.int64],
    spans: NDArray[np.float32],
    cell: float,
    write: bool,
) -> None:
    """Cuts one triangle along the grid. A span: low, high, 1 where it faces up, and its bounds in x and z in cells."""
    a, b, c = vertices[face[0]], vertices[face[1]], vertices[face[2]]
    up = _faces_up(a, b, c, cell)
    polygon = np.empty((3, 3))
    for k in range(3):
        polygon[0, k], polygon[1, k], polygon[2, k] = a[k], b[k], c[k]
    band, spare, piece = np.empty((8, 3)), np.empty((8, 3)), np.empty((9, 3))
    left = max(0, int(np.floor(min(a[0], b[0], c[0]))))
    right = min(columns - 1, int(np.floor(max(a[0], b[0], c[0]))))
    for x in range(left, right + 1):
        size = _clip(polygon, 3, 0, float(x), -1.0, spare)
        size = _clip(spare, size, 0, float(x + 1), 1.0, band)
        if size == 0:
            continue
        low, high = band[0, 2], band[0, 2]
        for k in range(1, size):
            low, high = min(low, band[k, 2]), max(high, band[k, 2])
        for z in range(max(0, int(np.floor(low))), min(rows - 1, int(np.floor(high))) + 1):
            some = _clip(band, size, 2, float(z), -1.0, spare)
            some = _clip(spare, some, 2, float(z + 1), 1.0, piece)
            if some == 0:
                continue
            index = cursor[x * rows + z]
            cursor[x * rows + z] += 1
            if not write:
                continue
            span = spans[index]
            span[0], span[1] = piece[0, 1], piece[0, 1]
            span[3], span[4] = piece[0, 0], piece[0, 0]
            span[5], span[6] = piece[0, 2], piece[0, 2]
            for k in range(1, some):
                span[0], span[1] = min(span[0], piece[k, 1]), max(span[1], piece[k, 1])
                span[3], span[4] = min(span[3], piece[k, 0]), max(span[4], piece[k, 0])
                span[5], span[6] = min(span[5], piece[k, 2]), max(span[6], piece[k, 2])
            span[2] = 1.0 if up else 0.0


@njit(cache=True)
def _faces_up(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], cell: float) -> bool:
    ux, uy, uz = (b[0] - a[0]) * cell, b[1] - a[1], (b[2] - a[2]) * cell
    vx, vy, vz = (c[0] - a[0]) * cell, c[1] - a[1], (c[2] - a[2]) * cell
    x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    return y > _STEEPEST * np.sqrt(x * x + y * y + z * z) and y > 0


@njit(cache=True)
def _sort_by_first(rows: NDArray[np.float32]) -> None:
    """Shell's sort of rows by their first number, in place; numba takes ten times as long to compile ``argsort``."""
    count, width = rows.shape
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    held = np.empty(width, rows.dtype)
    while gap > 0:
        for i in range(gap, count):
            for k in range(width):
                held[k] = rows[i, k]
            j = i
            while j >= gap and rows[j - gap, 0] > held[0]:
                for k in range(width):
                    rows[j, k] = rows[j - gap, k]
                j -= gap
            for k in range(width):
                rows[j, k] = held[k]
        gap //= 3


@njit(cache=True)
def _sort_columns(first: NDArray[np.int64], spans: NDArray[np.float32]) -> None:
    """Sorts the spans of each column by their lower ends, in place."""
    for column in range(len(first) - 1):
        if first[column + 1] - first[column] > 1:
            _sort_by_first(spans[first[column] : first[column + 1]])


@njit(cache=True)
def _floors(
    first: NDArray[np.int64], spans: NDArray[np.float32], gap: float, height: float
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Column and height of every top of merged spans that faces up and has the height free above it.

    Spans that touch or are at most ``gap`` apart are merged; the top faces up if what reaches highest does.
    """
    where, floor = np.empty(len(spans), np.int64), np.empty(len(spans), np.float32)
    count = 0
    for column in range(len(first) - 1):
        begin, end = first[column], first[column + 1]
        i = begin
        while i < end:
            top, up = spans[i, 1], spans[i, 2]
            i += 1
            while i < end and spans[i, 0] <= top + gap:
                if spans[i, 1] > top + 1e-4:
                    up = spans[i, 2]
                elif spans[i, 1] > top - 1e-4:
                    up = max(up, spans[i, 2])
                top = max(top, spans[i, 1])
                i += 1
            if up > 0 and (i == end or spans[i, 0] - top >= height):
                where[count], floor[count] = column, top
                count += 1
    return where[:count], floor[:count]


@njit(cache=True)
def _unobstructed(
    first: NDArray[np.int64],
    spans: NDArray[np.float32],
    column: NDArray[np.int64],
    floor: NDArray[np.float32],
    rows: int,
    radius: float,
    step: float,
    height: float,
) -> NDArray[np.bool_]:
    """Which floor cells have nothing within ``radius`` cells of their middle between the step and the head."""
    free = np.ones(len(column), np.bool_)
    columns = (len(first) - 1) // rows
    reach = int(np.ceil(radius + 0.5))
    for i in range(len(column)):
        x, z = column[i] // rows, column[i] % rows
        middle_x, middle_z = x + 0.5, z + 0.5
        foot, head = floor[i] + step, floor[i] + height
        for nx in range(max(0, x - reach), min(columns, x + reach + 1)):
            for nz in range(max(0, z - reach), min(rows, z + reach + 1)):
                for k in range(first[nx * rows + nz], first[nx * rows + nz + 1]):
                    span = spans[k]
                    if span[0] >= head:
                        break
                    if span[1] <= foot:
                        continue
                    dx = max(span[3] - middle_x, middle_x - span[4], 0.0)
                    dz = max(span[5] - middle_z, middle_z - span[6], 0.0)
                    if dx * dx + dz * dz < radius * radius:
                        free[i] = False
                        break
                if not free[i]:
                    break
            if not free[i]:
                break
    return free


@njit(cache=True)
def _links_to(
    start: NDArray[np.int64],
    target: NDArray[np.float32],
    column: NDArray[np.int64],
    floor: NDArray[np.float32],
    columns: int,
    rows: int,
    step: float,
) -> NDArray[np.int64]:
    """Of each cell the neighbours (C, 4) among the targets, nearest in height and at most a step away; or −1.

    target: heights; those in flat column i are start[i] … start[i + 1].
    """
    link = np.full((len(column), 4), -1, np.int64)
    for i in range(len(column)):
        x, z = column[i] // rows, column[i] % rows
        for direction in range(4):
            nx, nz = x + _NEIGHBOURS[direction, 0], z + _NEIGHBOURS[direction, 1]
            if nx < 0 or nz < 0 or nx >= columns or nz >= rows:
                continue
            best = step + 1e-6
            for j in range(start[nx * rows + nz], start[nx * rows + nz + 1]):
                rise = abs(target[j] - floor[i])
                if rise <= best:
                    best = rise
                    link[i, direction] = j
    return link


def _parts(link: NDArray[np.int64], ledge: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the connected part of each cell; ``ledge`` (C,) counts on how many sides one would fall down.

    Parts are ordered by size, those with ledges all round last: a bed's top is no rival to a small room's floor.
    """
    count = len(link)
    row = np.repeat(np.arange(count), 4)[(link >= 0).ravel()]
    column = link[link >= 0]
    _, labels = connected_components(csr_array((np.ones(len(row), np.int8), (row, column)), (count, count)), False)
    border = np.bincount(labels, (link < 0).sum(1))
    falls = np.bincount(labels, ledge) / np.maximum(border, 1)
    order = np.argsort(-np.bincount(labels) * (1 - 0.9 * falls), kind="stable")
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return number[labels]


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
