"""What a scene costs: time to load it, memory to hold it, frames a second inside it."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from activevision.camera import Camera
from activevision.errors import UserError
from activevision.geometry import from_rotation_translation
from activevision.scenes import Entry, Scene
from activevision.simulators.analytic import FURNISHED
from activevision.simulators.registry import SimulatorFactory, default_simulator

_FRAMES = 64  # rendered at a time


@dataclass(frozen=True)
class SceneCost:
    """id, triangles, instances: of the scene.

    load_s: seconds to have the scene; a scan that was never loaded before is parsed first, any other comes from the
    cache. compile_s: seconds until its first frame. memory_mb: by how much loading and rendering raised the most memory
    that this process ever held; NaN where the system does not tell.
    frames_per_s: rgb frames a second by (height, width), with all of the simulator's threads.
    """

    id: str
    triangles: int
    instances: int
    load_s: float
    compile_s: float
    memory_mb: float
    frames_per_s: dict[tuple[int, int], float]


def measure_scene(
    entry: Entry[Scene],
    sizes: Sequence[tuple[int, int]] = ((64, 64), (256, 256)),
    seconds: float = 2.0,
    simulator: SimulatorFactory = default_simulator,
    hfov_deg: float = 90.0,
) -> SceneCost:
    """Load a scene and render ``seconds`` of frames of every (height, width) of ``sizes`` from where one stands in it.

    The camera turns in place, evenly over the sphere of directions; a scene without a station is seen from its middle.
    UserError for a panorama.
    """
    before, start = _peak_mb(), time.perf_counter()
    scene = entry.load()
    if not isinstance(scene, Scene):
        raise UserError(f"{type(scene).__name__} {scene.id!r} is a picture and costs next to nothing: give scenes.")
    loaded = time.perf_counter()
    place = scene.station if scene.station is not None else scene.bounds.mean(0)
    rotations = Rotation.random(_FRAMES, rng=np.random.default_rng(0)).as_matrix()
    poses, ids = from_rotation_translation(rotations, place), np.zeros(_FRAMES, np.int64)
    engine = simulator([scene])
    try:
        engine.render(ids[:1], poses[:1], Camera(8, 8, hfov_deg))
        compiled = time.perf_counter()
        speeds = {}
        for height, width in sizes:
            camera, frames, began = Camera(width, height, hfov_deg), 0, time.perf_counter()
            while frames == 0 or time.perf_counter() - began < seconds:
                engine.render(ids, poses, camera)
                frames += _FRAMES
            speeds[height, width] = frames / (time.perf_counter() - began)
    finally:
        engine.close()
    return SceneCost(
        id=entry.id,
        triangles=scene.triangles,
        instances=len(scene.instances),
        load_s=loaded - start,
        compile_s=compiled - loaded,
        memory_mb=_peak_mb() - before,
        frames_per_s=speeds,
    )


def measure_scenes(
    entries: Sequence[Entry[Scene]],
    sizes: Sequence[tuple[int, int]] = ((64, 64), (256, 256)),
    seconds: float = 2.0,
    simulator: SimulatorFactory = default_simulator,
) -> Iterator[SceneCost]:
    """``measure_scene`` of each, in a process of its own, so that what one holds does not count for another.

    The process has rendered something before, so that compiled code is loaded already.
    """
    spawn = multiprocessing.get_context("spawn")
    for entry in entries:
        with ProcessPoolExecutor(1, spawn) as pool:
            yield pool.submit(_measure_warm, entry, sizes, seconds, simulator).result()


def _measure_warm(
    entry: Entry[Scene], sizes: Sequence[tuple[int, int]], seconds: float, simulator: SimulatorFactory
) -> SceneCost:
    first = simulator([FURNISHED.scene()])
    try:
        first.render([0], np.eye(4)[None], Camera(8, 8))
    finally:
        first.close()
    return measure_scene(entry, sizes, seconds, simulator)


def _peak_mb() -> float:
    """The most memory in megabytes that this process has held so far."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
