"""Frames per second of several simulators in one run: same scenes, same cameras, one core, in turns."""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from activevision.camera import Camera
from activevision.errors import UserError, unknown
from activevision.geometry import look_at

if TYPE_CHECKING:
    from rich.table import Table

    from activevision.scenes import Scene
    from activevision.simulators.simulator import Simulator

COMPARED = ("embree", "habitat")
_CELLS = (7, 16, 36, 102)  # rows and columns of quads on each of a room's surfaces: 4k, 20k, 100k, 800k triangles
_SIDES = (64, 128)
_SENSORS = (("rgb",), ("rgb", "depth", "instance"))
SCENES = len(_CELLS)
_VIEWS = 16  # to a call
_SECONDS = 0.5  # at least, for each measurement


def named_simulators(words: Sequence[str]) -> tuple[str, ...]:
    """Simulators from the command line, separated by commas or spaces; without any, those that are installed.

    UserError for an unknown one, and for one that was named and is not installed.
    """
    names = tuple(dict.fromkeys(name for word in words for name in word.split(",") if name))
    for name in names:
        if name not in COMPARED:
            raise unknown("simulator", name, COMPARED)
    if names:
        for name in names:
            _maker(name)([]).close()
        return names
    try:
        _maker("habitat")([]).close()
    except UserError as error:
        print(f"without habitat in the comparison: {error}")
        return ("embree",)
    return COMPARED


def compare(names: Sequence[str], repeats: int, seed: int, advance: Callable[[int], None]) -> list[dict[str, Any]]:
    """Rows of benchmark.json: frames/s of each simulator with each scene, camera and set of sensors.

    The seconds are of processor time of this process, all its threads together, so that others on the machine do not
    count; the process is pinned to one core where the system can do that. The simulators take turns, ``repeats`` times
    after one that is not counted; noted are medians and quartiles. ``advance`` is called with 1 after each of SCENES.
    """
    rows = []
    generator = np.random.default_rng(seed)
    eyes = generator.uniform([-1.5, 0.8, -1.5], [1.5, 1.8, 1.5], (_VIEWS, 3))
    poses = look_at(eyes, generator.uniform([-2, 0, -2], [2, 2.4, 2], (_VIEWS, 3)))
    with _one_core() as pinned:
        for cells in _CELLS:
            scene = furnished_room(cells)
            simulators = {name: _maker(name)([scene]) for name in names}
            for side in _SIDES:
                camera = Camera(side, side, 90.0)
                for sensors in _SENSORS:
                    rates: dict[str, list[float]] = {name: [] for name in names}
                    for _ in range(repeats + 1):
                        for name, simulator in simulators.items():
                            rates[name].append(_rate(simulator, poses, camera, sensors))
                    settings = {"resolution": [side, side], "triangles": scene.triangles, "modalities": list(sensors),
                                "batch": _VIEWS, "cores": 1, "pinned": pinned, "clock": "processor",
                                "load": round(_load(), 1)}  # fmt: skip
                    rows += [_row(simulators[name].settings, rates[name][1:], settings) for name in names]
            for simulator in simulators.values():
                simulator.close()
            advance(1)
    return rows


def side_by_side(rows: Sequence[dict[str, Any]]) -> Table:
    """What ``compare`` gave, a column for each simulator; with two also by how much the first is faster."""
    from rich.table import Table

    rates: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in rows:
        settings = row["settings"]
        key = (settings["triangles"], settings["resolution"][0], " + ".join(settings["modalities"]))
        rates.setdefault(key, {})[settings["simulator"]] = row["value"]
    names = list(dict.fromkeys(row["settings"]["simulator"] for row in rows))
    table = Table("triangles", "pixels", "sensors", *(f"{name}, frames/s" for name in names), box=None)
    if len(names) == 2:
        table.add_column("ratio")
    for (triangles, side, sensors), values in rates.items():
        cells = [f"{triangles:,}", f"{side}²", sensors, *(f"{values[name]:,.0f}" for name in names)]
        if len(names) == 2:
            cells.append(f"{values[names[0]] / values[names[1]]:.1f}")
        table.add_row(*cells)
    return table


def furnished_room(cells: int) -> Scene:
    """A closed room with 35 balls in it, every surface bumpy and textured; 40 · 2 · cells² triangles, to within 3 %.

    All triangles face the inside of the room, so that a simulator may leave out their backs.
    """
    from activevision.scenes import Instance, Material, Mesh, Scene

    generator = np.random.default_rng(0)
    meshes: list[Mesh] = []

    def add(points: np.ndarray, uv: np.ndarray, faces: np.ndarray) -> None:
        blobs = generator.integers(60, 200, (8, 8, 3)).astype(np.uint8).repeat(64, 0).repeat(64, 1)
        grain = generator.integers(0, 25, (512, 512, 1), np.uint8)
        material = Material((1.0, 1.0, 1.0), blobs + grain)
        vertices, repeated = points.astype(np.float32), (uv * 2).astype(np.float32)
        meshes.append(Mesh(vertices, faces, repeated, None, material, len(meshes) + 1))

    for number in range(6):
        axis, far = divmod(number, 2)
        uv, faces = _grid(cells)
        inward = (1 - 2 * far) * (1 - _bumps(uv) * 0.3)  # −1 … 1 across the room, bumps towards the middle
        points = np.empty((len(uv), 3))
        points[:, axis] = -inward
        points[:, [(axis + 1) % 3, (axis + 2) % 3]] = 2.06 * uv - 1.03
        add(points * [2.0, 1.3, 2.0] + [0.0, 1.3, 0.0], uv, faces if not far else faces[:, ::-1])
    for _ in range(34):
        uv, faces = _grid(cells)
        longitude, latitude = 2 * np.pi * uv[:, 0], np.pi * (uv[:, 1] - 0.5)
        directions = np.stack(
            [np.cos(latitude) * np.sin(longitude), np.sin(latitude), np.cos(latitude) * np.cos(longitude)], axis=1
        )
        radius = generator.uniform(0.1, 0.25)
        centre = generator.uniform([-1.7, 0.1, -1.7], [1.7, 2.4, 1.7])
        while np.linalg.norm(centre - [0.0, 1.3, 0.0]) < 1.0:
            centre = generator.uniform([-1.7, 0.1, -1.7], [1.7, 2.4, 1.7])
        add(centre + radius * directions * (1 + 0.5 * _bumps(uv))[:, None], uv, faces)
    instances = tuple(Instance(mesh.instance, "wall" if mesh.instance <= 6 else "ball", 1) for mesh in meshes)
    return Scene("room", "room", tuple(meshes), instances, "generated", "MIT", "activevision")


def _grid(cells: int) -> tuple[np.ndarray, np.ndarray]:
    """uv (V, 2) in [0, 1] of a grid of cells² quads, and its triangles (F, 3)."""
    a, b = (axis.ravel() for axis in np.meshgrid(np.linspace(0, 1, cells + 1), np.linspace(0, 1, cells + 1)))
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    quads = np.stack([corner, corner + 1, corner + cells + 2, corner + cells + 1], axis=1)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    return np.stack([a, b], axis=1), faces


def _bumps(uv: np.ndarray) -> np.ndarray:
    """(V,) smooth heights in [0, 0.1], 0 along the edges."""
    return 0.1 * (np.sin(3 * np.pi * uv) ** 2).prod(1)


def _maker(name: str) -> Callable[[Sequence[Any]], Simulator]:
    """What makes a simulator of this name as fast as it goes with one core and without light."""
    if name == "embree":
        from activevision.simulators.embree_simulator import UNLIT, EmbreeSimulator

        return lambda scenes: EmbreeSimulator(scenes, samples=1, lighting=UNLIT, threads=1)
    from activevision.simulators.habitat import HabitatSimulator

    return lambda scenes: HabitatSimulator(scenes, backs=False)


def _rate(simulator: Simulator, poses: np.ndarray, camera: Camera, sensors: Sequence[str]) -> float:
    done, start = 0, time.process_time()
    while (spent := time.process_time() - start) < _SECONDS:
        simulator.render(np.zeros(len(poses), np.int64), poses, camera, sensors)
        done += len(poses)
    return done / spent


def _row(simulator: dict[str, Any], rates: list[float], settings: dict[str, Any]) -> dict[str, Any]:
    quartiles = statistics.quantiles(rates, n=4) if len(rates) > 1 else [rates[0]] * 3
    kept = {key: simulator[key] for key in ("simulator", "version", "habitat_sim", "device") if key in simulator}
    spread = {"quartiles": [round(quartiles[0], 1), round(quartiles[2], 1)]}
    value = round(statistics.median(rates), 1)
    return {"name": "simulators", "value": value, "unit": "frames/s", "settings": {**kept, **settings, **spread}}


@contextlib.contextmanager
def _one_core() -> Iterator[bool]:
    """Run the block, and threads that it starts, on one core; yields whether the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)


def _load() -> float:
    """Processes that wanted a core in the last minute, this one included; NaN where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
