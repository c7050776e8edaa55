"""habitat-sim's navigation mesh with the interface of ``scenes.navigable.NavigableArea``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from activevision.errors import UserError
from activevision.scenes.navigable import Agent


class HabitatNavigableArea:
    """The floor that an agent can stand on, by a ``habitat_sim.PathFinder``.

    Its parts are the navigation mesh's islands, numbered from 0, the largest, on. Recast has already moved its edges
    inwards by the agent's radius.

    finder: a ``habitat_sim.PathFinder`` with a mesh. query: the class ``habitat_sim.ShortestPath``.
    """

    def __init__(self, finder: Any, query: Any, agent: Agent):
        self.agent = agent
        self._finder = finder
        self._query = query
        sizes = np.array([finder.island_area(island) for island in range(finder.num_islands)])
        self._islands = np.argsort(-sizes, kind="stable")  # part → island
        self.areas: NDArray[np.float64] = sizes[self._islands]

    def __getstate__(self) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "area.navmesh"
            self._finder.save_nav_mesh(str(path))
            return {"agent": self.agent, "query": self._query, "finder": type(self._finder), "mesh": path.read_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        finder = state["finder"]()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "area.navmesh"
            path.write_bytes(state["mesh"])
            finder.load_nav_mesh(str(path))
        self.__init__(finder, state["query"], state["agent"])  # type: ignore[misc]

    @property
    def area(self) -> float:
        """m² of the largest part."""
        return float(self.areas[0])

    def contains(self, points: ArrayLike, part: int | None = 0) -> NDArray[np.bool_]:
        """Whether an agent can stand at points (..., 3), whose y is the height of its feet.

        They must be within a step of the floor of that part; of any part where it is None.
        """
        points = np.asarray(points, np.float64)
        found = [self._stands(point, part) for point in points.reshape(-1, 3)]
        return np.array(found, np.bool_).reshape(points.shape[:-1])

    def height_at(self, points: ArrayLike) -> NDArray[np.float64]:
        """Height (...) of the floor within a step of points (..., 3), the nearest one; NaN where there is none."""
        points = np.asarray(points, np.float64)
        heights = [
            self._finder.snap_point(point)[1] if self._stands(point, None) else np.nan
            for point in points.reshape(-1, 3)
        ]
        return np.array(heights, np.float64).reshape(points.shape[:-1])

    def sample(self, generator: Generator, count: int, part: int = 0) -> NDArray[np.float64]:
        """Floor points (count, 3), evenly spread over a part (the largest by default)."""
        if not 0 <= part < len(self._islands):
            raise UserError(f"navigable area has {len(self._islands)} parts, and none with the number {part}.")
        self._finder.seed(int(generator.integers(2**31)))
        island = int(self._islands[part])
        drawn = [self._finder.get_random_navigable_point(island_index=island) for _ in range(count)]
        return np.array(drawn, np.float64).reshape(count, 3)

    def slide(self, start: ArrayLike, stop: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Where one gets walking straight from ``start`` (..., 3) to ``stop`` (..., 3), and whether one collided.

        At a wall the motion slides along it. The end is on the floor; the heights of ``stop`` are ignored. From a start
        that is not navigable one does not move, which is a collision.
        """
        start, stop = np.broadcast_arrays(np.asarray(start, np.float64), np.asarray(stop, np.float64))
        walks = [self._walk(a, b) for a, b in zip(start.reshape(-1, 3), stop.reshape(-1, 3), strict=True)]
        ends = np.array([end for end, _ in walks], np.float64).reshape(start.shape)
        return ends, np.array([collided for _, collided in walks], np.bool_).reshape(start.shape[:-1])

    def distance(self, start: ArrayLike, goals: ArrayLike) -> NDArray[np.float64]:
        """Length (N,) in metres of the shortest walk from one point (3,) to each of ``goals`` (N, 3).

        Infinite where there is no way, and from or to a point that is not navigable.
        """
        start = np.asarray(start, np.float64)
        goals = np.asarray(goals, np.float64).reshape(-1, 3)
        if not self._stands(start, None):
            return np.full(len(goals), np.inf)
        return np.array([self._way(start, goal)[0] for goal in goals])

    def path(self, start: ArrayLike, goal: ArrayLike) -> NDArray[np.float64]:
        """Corners (K, 3) of the shortest walk; (0, 3) where there is none."""
        start, goal = np.asarray(start, np.float64), np.asarray(goal, np.float64)
        return self._way(start, goal)[1] if self._stands(start, None) else np.empty((0, 3))

    def _stands(self, point: NDArray[np.float64], part: int | None) -> bool:
        if not self._finder.is_navigable(point, max_y_delta=self.agent.step):
            return False
        return part is None or self._finder.get_island(point) == self._islands[part]

    def _walk(self, start: NDArray[np.float64], stop: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
        if not self._stands(start, None):
            return start, True
        end = np.array(self._finder.try_step(start, [stop[0], start[1], stop[2]]), np.float64)
        return end, bool(np.hypot(*(end - stop)[[0, 2]]) > 1e-3)

    def _way(self, start: NDArray[np.float64], goal: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        if not self._stands(goal, None):
            return np.inf, np.empty((0, 3))
        query = self._query()
        query.requested_start, query.requested_end = start, goal
        if not self._finder.find_path(query):
            return np.inf, np.empty((0, 3))
        return query.geodesic_distance, np.array(query.points, np.float64).reshape(-1, 3)
