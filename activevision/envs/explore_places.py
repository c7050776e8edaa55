"""The places that a camera explores: scenes in a simulator, and where in them one can walk."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from activevision.camera import Camera
from activevision.envs.explore_motion import Walkable
from activevision.errors import UserError
from activevision.explore_protocol import ExploreProtocol
from activevision.machine import cores
from activevision.scenes import Entry, Scene
from activevision.scenes.navigable import Agent, NavigableArea
from activevision.simulators.registry import SimulatorFactory

# geometry with textures is large, and is needed only until all that follows from it is known
_KEPT_SCENES = 2 + cores()
_KEPT_FACTS = 512
_HEADROOM = 0.1  # metres between a camera at eye height and what it walks under
_LEVEL = 0.15  # metres between the heights at which floor is looked for, less than the step that tells floors apart

Key = TypeVar("Key")
Value = TypeVar("Value")


class Latest(Generic[Key, Value]):
    """What ``make(key)`` gives, with the last ``keep`` answers kept. Threads may ask at once."""

    def __init__(self, make: Callable[[Key], Value], keep: int = _KEPT_FACTS):
        self._make, self._keep = make, keep
        self._known: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def __call__(self, key: Key) -> Value:
        with self._lock:
            if key not in self._known:
                self._known[key] = self._make(key)
                if len(self._known) > self._keep:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
            return self._known[key]

    def __getstate__(self) -> dict[str, Any]:
        return {"make": self._make, "keep": self._keep}  # a copy finds out anew

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


class Places:
    """Scenes to move about in.

    ``simulator`` renders them. A simulator that has a method ``navigable(scene_id, agent) -> Walkable`` says itself
    where one can walk; otherwise that is found from the scene's triangles.
    """

    def __init__(self, entries: Sequence[Entry], protocol: ExploreProtocol, simulator: SimulatorFactory):
        self._made_of = entries, protocol, simulator
        self.entries, self._cell = entries, protocol.cell
        self._agent = Agent(radius=protocol.radius, height=protocol.eye_height + _HEADROOM)
        scenes = _Scenes(entries)
        self.scene: Latest[int, Scene] = scenes.latest
        self.simulator = simulator(scenes)
        self.area: Latest[int, Walkable] = Latest(self._area)
        self.floor: Latest[int, NDArray[np.float64]] = Latest(self._floor)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._made_of

    def prepare(self, index: int) -> None:
        """Find out at once all that takes long, while the scene's geometry is in memory."""
        self.area(index)
        self.simulator.render(np.array([index]), np.eye(4)[None], Camera(1, 1))

    def stand(self, index: int, x: float, z: float) -> NDArray[np.float64]:
        """The floor point (3,) at (x, z), on the lowest storey that has one; UserError where nobody can stand."""
        floor = self.floor(index)
        heights = np.arange(floor[:, 1].min(), floor[:, 1].max() + _LEVEL, _LEVEL)
        points = np.stack([np.full_like(heights, x), heights, np.full_like(heights, z)], axis=1)
        area = self.area(index)
        free = area.contains(points)
        if not free.any():
            near = floor[np.linalg.norm(floor[:, [0, 2]] - [x, z], axis=1).argmin()]
            raise UserError(
                f"viewpoint at x={x:.2f}, z={z:.2f} puts the camera inside a wall or furniture of scene "
                f"{self.entries[index].id!r}: the nearest place to stand is x={near[0]:.2f}, z={near[2]:.2f}."
            )
        return np.array([x, float(area.height_at(points[free][:1])[0]), z])

    def _area(self, index: int) -> Walkable:
        own: Callable[[int, Agent], Walkable] | None = getattr(self.simulator, "navigable", None)
        return NavigableArea.of(self.scene(index), self._agent) if own is None else own(index, self._agent)

    def _floor(self, index: int) -> NDArray[np.float64]:
        """Points (C, 3) of the floor on which one can stand, on a square grid."""
        area, cell = self.area(index), self._cell
        some = area.sample(np.random.default_rng(0), 4096)
        low, high = some.min(0), some.max(0)
        x, z = (np.arange(np.floor(low[i] / cell) - 2, np.ceil(high[i] / cell) + 2) * cell + cell / 2 for i in (0, 2))
        grid = np.stack(np.meshgrid(x, z, indexing="ij"), axis=-1).reshape(-1, 2)
        storeys = []
        for level in np.arange(low[1], high[1] + _LEVEL, _LEVEL):
            points = np.insert(grid, 1, level, axis=1)
            points = points[area.contains(points)]
            storeys.append(np.stack([points[:, 0], area.height_at(points), points[:, 2]], axis=1))
        return np.unique(np.concatenate(storeys).round(4), axis=0)


class _Scenes(Sequence[Any]):
    """Scenes for a simulator, loaded when they are asked for, the latest kept."""

    def __init__(self, entries: Sequence[Entry]):
        self._entries = entries
        self.latest: Latest[int, Scene] = Latest(self._load, _KEPT_SCENES)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._entries,)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: Any) -> Any:
        return self.latest(int(index))

    def _load(self, index: int) -> Scene:
        return self._entries[index].load()
