"""Closed solids to build objects from: boxes, lofts, lathes, tubes, extrusions.

Metres, Y up. Faces are counter-clockwise from outside, normals are unit vectors, and uv are metres along the surface,
so that a texture keeps its scale from part to part. A primitive stands on y = 0 with its footprint centred on the
origin unless its ``at`` (the centre of its base) says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

Array: TypeAlias = NDArray[np.float64]
Point: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Solid:
    """vertices (V, 3), faces (F, 3), normals (V, 3), uv (V, 2) in metres."""

    vertices: Array
    faces: NDArray[np.int64]
    normals: Array
    uv: Array

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Solid:
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def turned(self, axis: str, degrees: float) -> Solid:
        """Turned about the origin round "x", "y" or "z"."""
        matrix = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
        vertices, normals = (np.einsum("vj,ij->vi", rows, matrix) for rows in (self.vertices, self.normals))
        return replace(self, vertices=vertices, normals=normals)

    def scaled(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Solid:
        """Scaled about the origin by positive factors; the uv stay, so a texture stretches with the shape."""
        factors = np.array([x, y, z])
        return replace(self, vertices=self.vertices * factors, normals=_unit(self.normals / factors))

    def tapered(self, bottom: float) -> Solid:
        """Narrowed towards its base, to the fraction ``bottom`` of the footprint about the footprint's middle."""
        low, high = self.vertices.min(0), self.vertices.max(0)
        height = (self.vertices[:, 1] - low[1]) / max(high[1] - low[1], 1e-9)
        middle = (low + high) / 2 * [1, 0, 1]
        factor = (bottom + (1 - bottom) * height)[:, None] * [1, 0, 1] + [0, 1, 0]
        return replace(self, vertices=(self.vertices - middle) * factor + middle)

    def bowed(self, amount: float) -> Solid:
        """Bent so that its left and right ends come forward (+Z) by ``amount`` metres, as a curved chair back does."""
        half = np.abs(self.vertices[:, 0]).max()
        across = self.vertices[:, 0] / half
        normals = self.normals - (2 * amount / half * across * self.normals[:, 2])[:, None] * [1, 0, 0]
        return replace(self, vertices=self.vertices + (amount * across**2)[:, None] * [0, 0, 1], normals=_unit(normals))

    def puffed(self, amount: float) -> Solid:
        """Bulged upwards by ``amount`` metres in the middle of its footprint, as a stuffed cushion is."""
        low, high = self.vertices.min(0), self.vertices.max(0)
        across = 2 * (self.vertices - low) / (high - low) - 1
        swell = amount * (1 - across[:, 0] ** 2) * (1 - across[:, 2] ** 2) * (across[:, 1] > 0)
        vertices = self.vertices + swell[:, None] * [0, 1, 0]
        half = (high - low) / 2
        slope_x = -2 * across[:, 0] * (1 - across[:, 2] ** 2) * amount / half[0]
        slope_z = -2 * across[:, 2] * (1 - across[:, 0] ** 2) * amount / half[2]
        tilt = np.stack([-slope_x, np.zeros(len(vertices)), -slope_z], axis=1)
        upward = np.clip(self.normals[:, 1:2], 0, None)
        return replace(self, vertices=vertices, normals=_unit(self.normals + tilt * upward))


def merge(solids: Sequence[Solid]) -> Solid:
    """One solid of many, their vertices kept apart."""
    offsets = np.cumsum([0, *(len(s.vertices) for s in solids)])
    return Solid(
        np.concatenate([s.vertices for s in solids]),
        np.concatenate([s.faces + offset for s, offset in zip(solids, offsets, strict=False)]),
        np.concatenate([s.normals for s in solids]),
        np.concatenate([s.uv for s in solids]),
    )


def spun(solid: Solid, count: int, axis: str = "y") -> Solid:
    """``count`` copies spread evenly round the axis through the origin."""
    angles = np.linspace(0, 360, count, endpoint=False)
    matrices = Rotation.from_euler(axis, angles[:, None], degrees=True).as_matrix()
    vertices = np.einsum("cij,vj->cvi", matrices, solid.vertices).reshape(-1, 3)
    normals = np.einsum("cij,vj->cvi", matrices, solid.normals).reshape(-1, 3)
    faces = (solid.faces + np.arange(count)[:, None, None] * len(solid.vertices)).reshape(-1, 3)
    return Solid(vertices, faces, normals, np.tile(solid.uv, (count, 1)))


def box(
    width: float, height: float, depth: float, at: ArrayLike = (0, 0, 0), radius: float = 0.0, inner: int = 1
) -> Solid:
    """A box along x, y, z; its edges are rounded where ``radius`` > 0.

    inner: cells between the rounded edges, more than one for a box that will be bent or puffed.
    A texture's u runs along the longer side of each face, as wood is cut.
    """
    half = np.array([width, height, depth]) / 2
    radius = float(min(radius, 0.98 * half.min()))
    if radius <= 0:
        grid, towards, faces = _box_topology(inner, 0)
        vertices, normals = grid * half, towards
    else:
        grid, towards, faces = _box_topology(inner, 2)
        straight = half - radius
        inside = np.clip(grid, -1, 1) * straight
        normals = _unit(towards)
        vertices = inside + radius * normals
    uv = _box_uv(vertices, half, faces_per_side=len(vertices) // 6)
    vertices = vertices + np.array([0, half[1], 0]) + np.asarray(at, np.float64)
    return Solid(vertices, faces, normals, uv)


def plate(width: float, height: float, thickness: float, at: ArrayLike = (0, 0, 0), inner: int = 1) -> Solid:
    """A box that carries one whole picture on its front: uv in [0, 1] across x and y."""
    solid = box(width, height, thickness, inner=inner)
    uv = np.stack([solid.vertices[:, 0] / width + 0.5, solid.vertices[:, 1] / height], axis=1)
    return replace(solid, vertices=solid.vertices + np.asarray(at, np.float64), uv=uv)


def loft(rings: ArrayLike, crease_deg: float = 35.0) -> Solid:
    """A skin over rings (N, M, 3), each a closed loop of M points, counter-clockwise as seen from the last ring.

    A ring shrunk to one point closes the end. Where the skin turns by more than ``crease_deg`` between neighbouring
    rings the edge is sharp. Nearly flat stretches get planar uv, so that a table top shows straight grain.
    """
    rings = np.asarray(rings, np.float64)
    count, around = rings.shape[:2]
    steps = np.diff(rings, axis=0)
    unit = _unit(steps)
    turn = np.einsum("nmk,nmk->nm", unit[1:], unit[:-1]).mean(1)
    corners: NDArray[np.int64] = np.flatnonzero(turn < np.cos(np.radians(crease_deg))) + 1
    perimeter = np.linalg.norm(np.roll(rings, -1, 1) - rings, axis=2)
    widest = perimeter[perimeter.sum(1).argmax()]
    along_ring = np.concatenate([[0.0], np.cumsum(widest)])
    along_path = np.concatenate([[0.0], np.cumsum(np.linalg.norm(steps, axis=2).mean(1))])
    tangent = np.roll(rings, -1, 1) - np.roll(rings, 1, 1)
    pole = perimeter.sum(1) < 1e-9
    parts = []
    for start, end in zip([0, *corners], [*corners, count - 1], strict=True):
        part, poles = rings[start : end + 1], pole[start : end + 1]
        slope = unit[start:end]
        path = np.concatenate([slope[:1], slope[1:] + slope[:-1], slope[-1:]])
        normals = _cross(tangent[start : end + 1], path)
        for index in np.flatnonzero(poles):
            neighbour = start + (1 if index == 0 else len(part) - 2)
            normals[index] = _cross(tangent[neighbour], slope[0 if index == 0 else -1])
        normals = _unit(normals)
        if len(part) > 2:  # a tip on a smooth stretch has one normal; on a cone each side keeps its own
            normals[poles] = _unit(normals[poles].sum(1, keepdims=True))
        closed = np.concatenate([part, part[:, :1]], axis=1).reshape(-1, 3)
        normals = np.concatenate([normals, normals[:, :1]], axis=1).reshape(-1, 3)
        u, v = np.broadcast_arrays(along_ring, along_path[start : end + 1, None])
        uv = np.stack([u, v], axis=-1).reshape(-1, 2)
        mean = normals.mean(0)
        if np.linalg.norm(mean) > 0.95:
            uv = np.delete(closed, np.abs(mean).argmax(), axis=1)
        parts.append(Solid(closed, _strip_faces(len(part), around, tuple(poles)), normals, uv))
    return merge(parts)


def lathe(profile: ArrayLike, at: ArrayLike = (0, 0, 0), sides: int = 32, crease_deg: float = 35.0) -> Solid:
    """A profile (N, 2) of (radius, y), from the bottom outside upwards, turned about the y axis.

    Closed if it starts and ends on the axis; a vessel's profile comes back down on its inside.
    """
    radius, y = np.asarray(profile, np.float64).T
    radius = np.where(np.abs(radius) < 1e-9, 0.0, radius)  # a curve may miss the axis by a rounding error
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    rings = np.empty((len(radius), sides, 3))
    rings[..., 0] = radius[:, None] * np.cos(angle)
    rings[..., 1] = y[:, None]
    rings[..., 2] = -radius[:, None] * np.sin(angle)
    return loft(rings + np.asarray(at, np.float64), crease_deg)


def cylinder(radius: float, height: float, at: ArrayLike = (0, 0, 0), sides: int = 24, bevel: float = 0.0) -> Solid:
    """An upright cylinder with its rims rounded by ``bevel``."""
    bevel = min(bevel, 0.49 * height, 0.49 * radius)
    profile = [(0, 0), (radius, 0), (radius, height), (0, height)]
    return lathe(fillet(profile, bevel) if bevel > 0 else profile, at, sides)


def sphere(radius: float, at: ArrayLike = (0, 0, 0), sides: int = 20) -> Solid:
    """A ball that stands on its lowest point."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, sides // 2 + 1)
    profile = np.stack([radius * np.cos(angle), radius * (1 + np.sin(angle))], axis=1)
    profile[[0, -1], 0] = 0.0
    return lathe(profile, at, sides, crease_deg=60)


def tube(path: ArrayLike, radius: ArrayLike, sides: int = 10) -> Solid:
    """A round bar with flat ends along a path (N, 3), of one radius or one per point.

    The cross-section is carried along by parallel transport, so that it does not twist.
    """
    points: Array = np.asarray(path, np.float64)
    keep = np.concatenate([[True], np.linalg.norm(np.diff(points, axis=0), axis=1) > 1e-7])
    radii: Array = np.broadcast_to(np.asarray(radius, np.float64), len(points))[keep]
    points = points[keep]
    steps = _unit(np.diff(points, axis=0))
    tangents = _unit(np.concatenate([steps[:1], steps[1:] + steps[:-1], steps[-1:]]))
    side = np.cross(tangents[0], np.eye(3)[np.abs(tangents[0]).argmin()])
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    sideways = np.empty_like(points)
    for index, tangent in enumerate(tangents):
        side = side - tangent * (side @ tangent)
        side /= sqrt(side @ side)
        sideways[index] = side
    other = _cross(tangents, sideways)
    spokes = np.cos(angle)[:, None] * sideways[:, None] + np.sin(angle)[:, None] * other[:, None]
    rings = points[:, None] + radii[:, None, None] * spokes
    ends = np.repeat(points[[0, -1]][:, None], sides, axis=1)
    return loft(np.concatenate([ends[:1], rings, ends[1:]]), crease_deg=50)


def extrude(outline: ArrayLike, depth: float, at: ArrayLike = (0, 0, 0), crease_deg: float = 35.0) -> Solid:
    """A star-shaped outline (N, 2) in x, y, counter-clockwise as seen from the front, made ``depth`` thick along z."""
    points: Array = np.asarray(outline, np.float64)
    apart = np.linalg.norm(np.roll(points, -1, 0) - points, axis=1) > 1e-9
    points = points[apart]  # an outline may repeat its start at its end
    following = np.roll(points, -1, 0)
    edge = _unit(following - points)
    outward = np.stack([edge[:, 1], -edge[:, 0]], axis=1)
    smooth = np.einsum("nk,nk->n", edge, np.roll(edge, 1, 0)) > np.cos(np.radians(crease_deg))
    at_start = np.where(smooth[:, None], _unit(outward + np.roll(outward, 1, 0)), outward)
    at_end = np.where(np.roll(smooth, -1)[:, None], _unit(outward + np.roll(outward, -1, 0)), outward)
    count = len(points)
    back, front = -depth / 2, depth / 2
    start = np.concatenate([[0.0], np.cumsum(np.linalg.norm(following - points, axis=1))])
    corners, normals, uv = [], [], []
    for xy, normal, z, u in (
        (points, at_start, front, start[:-1]),
        (points, at_start, back, start[:-1]),
        (following, at_end, back, start[1:]),
        (following, at_end, front, start[1:]),
    ):
        corners.append(np.column_stack([xy, np.full(count, z)]))
        normals.append(np.column_stack([normal, np.zeros(count)]))
        uv.append(np.column_stack([u, np.full(count, z)]))
    index = np.arange(count)
    quads = [index, index + count, index + 2 * count, index + 3 * count]
    side_faces = np.concatenate(
        [np.stack([quads[0], quads[1], quads[2]], 1), np.stack([quads[0], quads[2], quads[3]], 1)]
    )
    sides = Solid(np.concatenate(corners), side_faces, np.concatenate(normals), np.concatenate(uv))
    middle = points.mean(0)
    fan = np.stack([np.full(count, count), index, (index + 1) % count], axis=1)
    caps = []
    for z, faces in ((front, fan), (back, fan[:, ::-1])):
        xy = np.concatenate([points, middle[None]])
        vertices = np.column_stack([xy, np.full(count + 1, z)])
        caps.append(Solid(vertices, faces, np.tile([0, 0, np.sign(z)], (count + 1, 1)).astype(np.float64), xy))
    solid = merge([sides, *caps])
    return replace(solid, vertices=solid.vertices + np.asarray(at, np.float64))


def oval(
    width: float, depth: float, y: float, at: tuple[float, float] = (0, 0), power: float = 2.0, sides: int = 40
) -> Array:
    """A level ring (sides, 3) for ``loft``: a superellipse, from an ellipse at power 2 to a rectangle at 8 and more."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    x = at[0] + width / 2 * np.sign(cosine) * np.abs(cosine) ** (2 / power)
    z = at[1] - depth / 2 * np.sign(sine) * np.abs(sine) ** (2 / power)
    return np.stack([x, np.full(sides, y), z], axis=1)


def point_ring(at: ArrayLike, sides: int = 40) -> Array:
    """A ring (sides, 3) shrunk to a point, which closes a loft."""
    return np.tile(np.asarray(at, np.float64), (sides, 1))


def fillet(points: ArrayLike, radius: float, steps: int = 3) -> Array:
    """A polyline (N, K) whose inner corners are rounded over at most ``radius`` of each neighbouring edge."""
    points = np.asarray(points, np.float64)
    out = [points[:1]]
    t = np.linspace(0, 1, steps + 1)[:, None]
    for before, corner, after in zip(points[:-2], points[1:-1], points[2:], strict=True):
        inward, onward = before - corner, after - corner
        lengths = np.linalg.norm(inward), np.linalg.norm(onward)
        cut = [min(radius, 0.49 * length) / max(length, 1e-9) for length in lengths]
        first, last = corner + inward * cut[0], corner + onward * cut[1]
        out.append((1 - t) ** 2 * first + 2 * t * (1 - t) * corner + t**2 * last)
    return np.concatenate([*out, points[-1:]])


def spline(points: ArrayLike, count: int = 16) -> Array:
    """``count`` points on the Catmull-Rom curve through points (N, K)."""
    points = np.asarray(points, np.float64)
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    position = np.linspace(0, len(points) - 1, count)
    segment = np.minimum(position.astype(int), len(points) - 2)
    t = (position - segment)[:, None]
    a, b, c, d = (padded[segment + k] for k in range(4))
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def arc(radius: float, start_deg: float, end_deg: float, count: int = 12, middle: ArrayLike = (0, 0)) -> Array:
    """Points (count, 2) on a circle, angles counter-clockwise from the first axis."""
    angle = np.radians(np.linspace(start_deg, end_deg, count))
    return np.asarray(middle, np.float64) + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def torus(radius: float, thickness: float, sides: int = 28) -> Solid:
    """A ring of that radius round the z axis, centred on the origin, ``thickness`` in radius."""
    around = np.linspace(0, 2 * np.pi, sides + 1)[:, None]
    across = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    reach = radius + thickness * np.cos(across)
    rings = np.stack(
        [reach * np.cos(around), reach * np.sin(around), -thickness * np.sin(across) + 0 * around], axis=-1
    )
    rings[-1] = rings[0]
    return loft(rings, crease_deg=50)


def _unit(vectors: Array) -> Array:
    return vectors / np.sqrt(np.maximum(np.einsum("...k,...k->...", vectors, vectors), 1e-24))[..., None]


def _cross(first: Array, second: Array) -> Array:
    """The cross product over the last axis; NumPy's own spends most of its time on axis bookkeeping here."""
    (a, b, c), (d, e, f) = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0)
    return np.stack([b * f - c * e, c * d - a * f, a * e - b * d], axis=-1)


@lru_cache(maxsize=256)
def _strip_faces(rings: int, around: int, poles: tuple[bool, ...]) -> NDArray[np.int64]:
    """Triangles of a skin over ``rings`` rows of ``around`` + 1 vertices, without those that a pole makes empty."""
    row: NDArray[np.int64] = np.arange(rings - 1)[:, None]
    column: NDArray[np.int64] = np.arange(around)
    corner = row * (around + 1) + column
    above = corner + around + 1
    flat = np.asarray(poles)
    lower = np.stack([corner, corner + 1, above + 1], axis=-1)[~flat[:-1]]
    upper = np.stack([corner, above + 1, above], axis=-1)[~flat[1:]]
    return np.concatenate([lower.reshape(-1, 3), upper.reshape(-1, 3)])


_SIDES = tuple(  # (outward axis, its sign, u axis, v axis) with u × v = outward
    (axis, sign, (axis + (1 if sign > 0 else 2)) % 3, (axis + (2 if sign > 0 else 1)) % 3)
    for axis in range(3)
    for sign in (1, -1)
)


@lru_cache(maxsize=32)
def _box_topology(inner: int, rounding: int) -> tuple[Array, Array, NDArray[np.int64]]:
    """Positions on the unit cube, directions from the straight core (unnormalised), and faces, side after side."""
    middle = np.linspace(-1, 1, inner + 1)
    bend = np.tan(np.radians(np.linspace(0, 45, rounding + 1)))[1:]
    place = np.concatenate([-np.ones(rounding), middle, np.ones(rounding)])
    offset = np.concatenate([-bend[::-1], np.zeros(inner + 1), bend])
    count = len(place)
    vertices, towards, faces = [], [], []
    row: NDArray[np.int64] = np.arange(count - 1)[:, None]
    column: NDArray[np.int64] = np.arange(count - 1)
    corner = (row * count + column).ravel()
    quads = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + count + 1], 1),
            np.stack([corner, corner + count + 1, corner + count], 1),
        ]
    )
    for side, (axis, sign, u, v) in enumerate(_SIDES):
        position, direction = np.zeros((count, count, 3)), np.zeros((count, count, 3))
        position[..., axis], direction[..., axis] = sign, sign
        position[..., u], direction[..., u] = place, offset
        position[..., v], direction[..., v] = place[:, None], offset[:, None]
        vertices.append(position.reshape(-1, 3))
        towards.append(direction.reshape(-1, 3))
        faces.append(quads + side * count * count)
    return np.concatenate(vertices), np.concatenate(towards), np.concatenate(faces)


def _box_uv(vertices: Array, half: Array, faces_per_side: int) -> Array:
    uv = np.empty((len(vertices), 2))
    for side, (_, _, u, v) in enumerate(_SIDES):
        span = slice(side * faces_per_side, (side + 1) * faces_per_side)
        long, short = (u, v) if half[u] >= half[v] else (v, u)
        uv[span, 0], uv[span, 1] = vertices[span, long], vertices[span, short]
    return uv
