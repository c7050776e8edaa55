"""View grids: all views of a scene under a protocol, rendered once, cached on disk, looked up for ever after."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.errors import UserError
from activevision.files import atomic_write, cache_dir, digest
from activevision.machine import allow_open_files, spread
from activevision.progress import progress
from activevision.protocol import Protocol
from activevision.scenes import Entry
from activevision.simulators.registry import SimulatorFactory, default_simulator
from activevision.simulators.simulator import SENSORS, Simulator, check_sensors


def placed(scene: Any, protocol: Protocol) -> Any:
    """A scene or panorama as the protocol's poses see it: fitted to unit radius, or with its station at the origin."""
    return scene.fitted() if protocol.viewpoints == "orbit" else scene.at_station()


class PlacedScenes(Sequence[Any]):
    """Entries as scenes or panoramas placed for a protocol, loaded when they are asked for."""

    def __init__(self, entries: Sequence[Entry], protocol: Protocol):
        self._entries, self._protocol = entries, protocol

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: Any) -> Any:
        return placed(self._entries[index].load(), self._protocol)


class ViewGrid:
    """Views of S scenes from every viewpoint of a protocol.

    One file a scene and sensor lies in the cache under a key of the scene, the grid, the camera and the simulator's
    settings. Files are written aside and renamed, so two processes may render the same grid at once, an interrupted
    run goes on where it stopped, and a damaged file is rendered again. Scenes are loaded only to be rendered.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        protocol: Protocol,
        sensors: Sequence[str] = ("rgb",),
        simulator: SimulatorFactory = default_simulator,
        folder: Path | None = None,
    ):
        check_sensors(sensors)
        if not entries:
            raise UserError("a view grid of no scenes: choose a split that has some.")
        self.entries, self.protocol, self.sensors = tuple(entries), protocol, tuple(sensors)
        self._factory = simulator
        self._folder = folder or cache_dir("views")
        allow_open_files(len(self.entries) * len(self.sensors))  # a map holds its file open
        first = self._open_simulator()
        self.simulator_settings: dict[str, Any] = first.settings
        # such a simulator is costly to start, and one that holds all scenes is as fast as one for each
        self._one_thread = getattr(first, "one_thread", False)
        self._simulator: Simulator | None = first if self._one_thread else None
        if not self._one_thread:
            first.close()
        look = (
            protocol.elevations_deg,
            protocol.azimuths,
            protocol.height,
            protocol.width,
            protocol.hfov_deg,
            protocol.viewpoints,
            self.simulator_settings,
        )
        self._keys = [digest(entry.key, look) for entry in entries]
        self._maps: dict[str, list[NDArray | None]] = {sensor: [None] * len(entries) for sensor in sensors}

    def __len__(self) -> int:
        return len(self.entries)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_simulator": None}  # a copy opens its own

    def prepare(self) -> ViewGrid:
        """Render what the cache lacks, on all processors, with a progress bar; returns itself."""
        missing = [scene for scene in range(len(self)) if not self._open(scene)]
        if missing:
            size = self.protocol.grid_size
            with progress(f"Rendering {self.protocol.name} views", len(missing) * size, "views") as advance:
                for _ in spread(self._render, missing, 1 if self._one_thread else None):
                    advance(size)
        self.close()
        return self

    def close(self) -> None:
        """Release the simulator, if one is open; it opens again for a scene that was not rendered yet."""
        if self._simulator is not None:
            self._simulator.close()
            self._simulator = None

    def views(self, scenes: ArrayLike, viewpoints: ArrayLike, sensor: str = "rgb") -> NDArray:
        """Images (N, H, W, …) of scenes (N,) from viewpoints (N, 2); renders a scene that was not prepared."""
        scenes, index = np.asarray(scenes), self.protocol.viewpoint_index(viewpoints)
        tail, kind = SENSORS[sensor]
        out: NDArray = np.empty((len(scenes), self.protocol.height, self.protocol.width, *tail), kind)
        maps = self._maps[sensor]
        for row, (scene, view) in enumerate(zip(scenes.tolist(), index.tolist(), strict=True)):
            images = maps[scene]
            out[row] = (self.scene(scene, sensor) if images is None else images)[view]
        return out

    def scene(self, scene: int, sensor: str = "rgb") -> NDArray:
        """Read-only memory map (E·A, H, W, …) of one scene, viewpoints in raster order."""
        if self._maps[sensor][scene] is None and not self._open(scene):
            self._render(scene)
        images = self._maps[sensor][scene]
        assert images is not None
        return images

    def _open_simulator(self) -> Simulator:
        return self._factory(PlacedScenes(self.entries, self.protocol))

    def _path(self, scene: int, sensor: str) -> Path:
        key = self._keys[scene]
        return self._folder / key[:2] / f"{key}.{sensor}.npy"

    def _open(self, scene: int) -> bool:
        """Map a scene's files; False if one is missing or damaged."""
        for sensor in self.sensors:
            if self._maps[sensor][scene] is not None:
                continue
            tail, kind = SENSORS[sensor]
            shape = (self.protocol.grid_size, self.protocol.height, self.protocol.width, *tail)
            try:
                # a plain view of the map: a memmap makes a Python object of every slice, which costs more than the copy
                images = np.asarray(np.load(self._path(scene, sensor), mmap_mode="r"))
            except (FileNotFoundError, ValueError, EOFError):
                return False
            except OSError as error:
                if error.errno != errno.EMFILE:
                    raise
                raise UserError(
                    f"too many open files for the views of {len(self)} scenes: raise the limit with `ulimit -n`."
                ) from None
            if images.shape != shape or images.dtype != kind:
                return False
            self._maps[sensor][scene] = images
        return True

    def _render(self, scene: int) -> None:
        poses, camera = self.protocol.poses.reshape(-1, 4, 4), self.protocol.camera
        if self._one_thread:
            self._simulator = self._simulator or self._open_simulator()
            images = self._simulator.render(np.full(len(poses), scene), poses, camera, self.sensors)
        else:
            simulator = self._factory([placed(self.entries[scene].load(), self.protocol)])
            try:
                images = simulator.render(np.zeros(len(poses), np.int64), poses, camera, self.sensors)
            finally:
                simulator.close()
        for sensor in self.sensors:
            with atomic_write(self._path(scene, sensor)) as file:
                np.save(file, images[sensor])
        if not self._open(scene):
            raise UserError(f"cannot read back {self._path(scene, self.sensors[0])}: check the disk it is on.")
