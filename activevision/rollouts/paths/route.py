"""Routes over a floor: the shortest way between two points, as someone would walk it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d, minimum_filter1d
from scipy.spatial import cKDTree

from activevision.rollouts.paths.place import Floor
from activevision.rollouts.paths.smooth import STEP, smooth

Array = NDArray[np.float64]

_SPACING = 0.025  # metres between a route's points
_BELLS = (0.30, 0.20, 0.13, 0.09, 0.06)  # metres over which corners are rounded, the roundest that is free is taken
_CHECKED = 0.005  # metres along a route, and to its sides, between the points that must be over the floor
_EASE = 0.6  # seconds over which speeds are averaged, so that accelerations change gradually
_STAIR = 0.2  # metres over which the body smooths out steps
_ROOM = 0.25  # metres that one likes to have on either side
_PROBES = np.arange(-10, 11) * 0.05  # metres to the left


@dataclass(frozen=True)
class Route:
    """A smooth way over a floor.

    points: (K, 3), ``spacing`` metres apart. heading: (K,) yaw, radians. curvature: (K,) 1/m, unsigned.
    """

    points: Array
    heading: Array
    curvature: Array
    spacing: float

    @property
    def length(self) -> float:
        return (len(self.points) - 1) * self.spacing

    def at(self, along: Array) -> tuple[Array, Array]:
        """Points (n, 3) and heading (n,) at lengths (n,) from the start."""
        line = CubicSpline(np.arange(len(self.points)) * self.spacing, np.column_stack([self.points, self.heading]))
        values = line(along)
        return values[:, :3], values[:, 3]


def find_route(floor: Floor, start: Array, goal: Array, sharpest: float) -> Route | None:
    """A way with rounded corners that keeps off the walls where there is room, and over the floor throughout.

    sharpest: the highest curvature, 1/m. None where there is no way, or none as smooth as that.
    """
    cells = floor.path(start, goal)
    if len(cells) < 2:
        return None
    cells[0], cells[-1] = start, goal
    steps = _even(cells)
    line = _even(_pulled(floor, cells))
    if len(line) < 8:
        return None
    for away in (True, False):
        way = _off_walls(floor, line) if away else line
        for bell in _BELLS:
            route = _route(floor, _on_floor(floor, _even(_rounded(way, bell)), steps))
            if route is not None and route.curvature.max() <= sharpest:
                return route
    return None


def timed(route: Route, cruise: float, sideways: float, turning: float, push: float, slowest: float) -> Array:
    """Length (n,) gone, every STEP seconds, from standing to standing.

    cruise: m/s where the way is straight. sideways: highest acceleration across, m/s². turning: highest rate, rad/s.
    push: highest acceleration along, m/s². slowest: m/s that one keeps up even in the sharpest turn.
    """
    bend = np.maximum(route.curvature, 1e-6)
    fastest = np.clip(np.minimum(np.sqrt(sideways / bend), turning / bend), slowest, cruise)
    # speeds are averaged over _EASE below, which must not carry a high one into a bend
    fastest = minimum_filter1d(fastest, 2 * int(np.ceil(0.5 * _EASE * cruise / route.spacing)) + 1)
    squared = fastest**2
    squared[0] = squared[-1] = 0
    gain = 2 * push * route.spacing
    for order in (range(1, len(squared)), range(len(squared) - 2, -1, -1)):
        step = 1 if order.step > 0 else -1
        for i in order:
            squared[i] = min(squared[i], squared[i - step] + gain)
    speed = np.sqrt(squared)
    times = np.concatenate([[0], np.cumsum(2 * route.spacing / (speed[1:] + speed[:-1]))])
    rest = int(_EASE / 2 / STEP) + 1
    samples = np.arange(int(np.ceil(times[-1] / STEP)) + 1) * STEP
    along = np.interp(samples, times, np.arange(len(times)) * route.spacing)
    return np.clip(smooth(np.pad(along, rest, mode="edge"), _EASE), 0, route.length)


def _pulled(floor: Floor, cells: Array) -> Array:
    """The corners of a way from cell to cell that is pulled tight: from each, the farthest point in plain sight."""
    corners, here = [cells[0]], 0
    while here < len(cells) - 1:
        ahead = cells[here + 1 :]
        ends, stopped = floor.slide(np.broadcast_to(cells[here], ahead.shape), ahead)
        seen = np.flatnonzero(~stopped & (np.linalg.norm((ends - ahead)[:, [0, 2]], axis=1) < 1e-3))
        here += 1 + (int(seen[-1]) if len(seen) else 0)
        corners.append(cells[here])
    return np.array(corners)


def _even(line: Array) -> Array:
    """Points (K, 3) _SPACING apart, but for rounding, along a line (C, 3); its ends are kept."""
    gone = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    count = max(2, round(float(gone[-1]) / _SPACING) + 1)
    places = np.linspace(0, gone[-1], count)
    return np.stack([np.interp(places, gone, line[:, axis]) for axis in range(3)], axis=1)


def _rounded(line: Array, bell: float) -> Array:
    """The line (K, 3) with its corners rounded by a bell of so many metres; its ends stay."""
    reach = int(4 * bell / _SPACING) + 1
    padded = np.pad(line, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    return gaussian_filter1d(padded, bell / _SPACING, axis=0)[reach:-reach]


def _off_walls(floor: Floor, line: Array) -> Array:
    """The line (K, 3) moved sideways to where there is _ROOM on both sides, or else to the middle; its ends stay."""
    for bell in (0.3, 0.1):
        line = _even(_rounded(line, 0.1))
        ends = np.minimum(np.arange(len(line)), np.arange(len(line))[::-1]) * _SPACING
        along = np.gradient(line, axis=0)
        left = np.stack([along[:, 2], np.zeros(len(along)), -along[:, 0]], axis=1)
        left /= np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9)
        low, high = _free_beside(floor.contains(line[:, None] + _PROBES[:, None] * left[:, None]))
        wanted = np.where(high - low < 2 * _ROOM, (low + high) / 2, np.clip(0, low + _ROOM, high - _ROOM))
        shift = gaussian_filter1d(wanted * np.clip(ends / 0.3, 0, 1), bell / _SPACING, mode="nearest")
        line = line + (shift * np.clip(ends / 0.1, 0, 1))[:, None] * left
    return line


def _free_beside(free: NDArray[np.bool_]) -> tuple[Array, Array]:
    """The stretch of _PROBES from low (K,) to high (K,) that is free, of (K, P), and nearest to the line."""
    count = free.shape[1]
    first, last = np.zeros(free.shape, np.int64), np.zeros(free.shape, np.int64)  # of the stretch that a probe is in
    for i in range(count):
        first[:, i] = np.where(free[:, i - 1], first[:, i - 1], i) if i else 0
        j = count - 1 - i
        last[:, j] = np.where(free[:, j + 1], last[:, j + 1], j) if i else j
    nearest = np.where(free, np.abs(_PROBES), np.inf).argmin(axis=1)
    rows = np.arange(len(free))
    none = ~free.any(axis=1)
    low, high = _PROBES[first[rows, nearest]], _PROBES[last[rows, nearest]]
    return np.where(none, 0.0, low), np.where(none, 0.0, high)


def _on_floor(floor: Floor, line: Array, steps: Array) -> Array:
    """The line (K, 3) at the height of the floor, without its edges; it runs near the walk ``steps`` (S, 3)."""
    _, nearest = cKDTree(steps[:, [0, 2]]).query(line[:, [0, 2]])
    storey = np.stack([line[:, 0], steps[nearest, 1], line[:, 2]], axis=1)
    height = floor.height_at(storey)
    height = np.where(np.isfinite(height), height, storey[:, 1])
    height = gaussian_filter1d(height, _STAIR / _SPACING, mode="nearest")
    left = np.clip(1 - np.arange(len(line)) * _SPACING / (3 * _STAIR), 0, 1)
    height += (line[0, 1] - height[0]) * left**2 * (3 - 2 * left)  # from where one stood, between two steps perhaps
    return np.stack([line[:, 0], height, line[:, 2]], axis=1)


def _route(floor: Floor, line: Array) -> Route | None:
    """A route along the line (K, 3); None where that would leave the floor."""
    spacing = float(np.linalg.norm(np.diff(line, axis=0), axis=1).mean())
    along = np.gradient(line, axis=0)
    heading = np.unwrap(np.arctan2(-along[:, 0], -along[:, 2]))
    route = Route(line, heading, np.abs(np.gradient(heading)) / spacing, spacing)
    points, course = route.at(np.arange(0, route.length, _CHECKED))
    across = _CHECKED * np.stack([np.cos(course), np.zeros(len(course)), -np.sin(course)], axis=1)
    return route if floor.contains(points[:, None] + np.array([[-1], [0], [1]]) * across[:, None]).all() else None
