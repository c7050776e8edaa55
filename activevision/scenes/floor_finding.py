"""The floor of a scene on which an agent can stand, found from its triangles alone.

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
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from activevision.errors import UserError
from activevision.progress import progress
from activevision.scenes.scene import Mesh, Scene

VERSION = 1
"""Goes up whenever the same scene would give another floor."""

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


class Floor(NamedTuple):
    """Floor cells on a grid; the fields are those of ``NavigableArea``, which explains them."""

    origin: NDArray[np.float64]
    shape: tuple[int, int]
    start: NDArray[np.int64]
    column: NDArray[np.int64]
    floor: NDArray[np.float32]
    link: NDArray[np.int64]
    part: NDArray[np.int64]


def find_floor(scene: Scene, agent: Agent) -> Floor:
    """Where an agent can stand in a scene. UserError where nobody could stand anywhere."""
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
    return Floor(origin, (columns, rows), start, column, floor, link, _parts(link, ledge))


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
