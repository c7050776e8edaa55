"""The default simulator: Embree on the CPU, shading in a compiled loop, no display or GL library needed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import CameraModel
from activevision.errors import UserError
from activevision.machine import cores
from activevision.scenes import Scene
from activevision.scenes.srgb import linear_from_srgb
from activevision.simulators.baking import lamp_light
from activevision.simulators.embree import TriangleTree, new_packet, packet_arguments
from activevision.simulators.lighting import UNLIT, Lighting
from activevision.simulators.made_once import MEMORY, MadeOnce
from activevision.simulators.ray_spacing import ray_spacing
from activevision.simulators.ray_tiles import ray_tiles
from activevision.simulators.runs import runs
from activevision.simulators.simulator import SENSORS, check_poses, check_scenes, check_sensors
from activevision.simulators.surface import Surface, flatten
from activevision.simulators.tracing import PACKET, trace_views

__all__ = ["UNLIT", "EmbreeSimulator", "Lighting"]

_VERSION = 4  # goes up whenever the same scene and pose would give other pixels
_VIEWS_PER_TASK = 16
# Triangles to a ray above which neighbouring rays have little in common, so that Embree is faster to follow each alone.
_CROWDED = 30


class _Compiled(NamedTuple):
    tree: TriangleTree
    surface: Surface
    baked: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return self.tree.nbytes + self.surface.nbytes + self.baked.nbytes


class EmbreeSimulator:
    """Renders scenes by tracing packets of rays through Embree; see ``Simulator`` for the interface.

    scenes: any sequence; a scene is fetched and compiled when it is first rendered.
    lighting: for all scenes; unless given, a scene's own lamps where it has any, with soft shadows.
    samples: rays per pixel side for rgb; depth and ids always come from the ray through the pixel's centre.
    threads: how many render at once; all processors unless given. The images do not depend on it.
    memory: bytes of compiled scenes that are kept; the least recently rendered go first. Fewer than are rendered in
        turn make every call compile.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        *,
        samples: int = 2,
        lighting: Lighting | None = None,
        threads: int | None = None,
        memory: int = MEMORY,
    ):
        if samples < 1:
            raise UserError(f"simulator with samples={samples}: it needs at least 1 ray per pixel side.")
        lamps = lighting is None
        lighting = lighting or Lighting()
        self.settings: dict[str, Any] = {
            "simulator": "embree",
            "version": _VERSION,
            "samples": samples,
            "lighting": asdict(lighting),
            "lamps": lamps,
        }
        self._samples = samples
        directions = np.array([direction for direction, _ in lighting.lights]).reshape(-1, 3)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        radiances = np.array([radiance for _, radiance in lighting.lights]).reshape(-1, 3)
        self._lights = np.concatenate([directions, radiances], axis=1).astype(np.float32)
        self._fill, self._ambient = np.float32(lighting.fill), np.float32(lighting.ambient)
        background = linear_from_srgb(np.array(lighting.background)).astype(np.float32)
        # it does not hold this simulator, whose memory would otherwise outlive its last user until garbage is collected
        self._compiled = MadeOnce(lambda scene_id: _made_ready(scenes[scene_id], background, lamps), memory)
        self._scenes = scenes
        self._closed = False
        self._pool = ThreadPoolExecutor(threads or cores())

    def render(
        self, scene_ids: ArrayLike, poses: ArrayLike, camera: CameraModel, sensors: Sequence[str] = ("rgb",)
    ) -> dict[str, NDArray]:
        """Images (N, H, W, …) of each sensor; scene_ids (N,), poses (N, 4, 4) ``world_from_camera``."""
        if self._closed:
            raise RuntimeError("render: this simulator is closed")
        check_sensors(sensors)
        scene_ids = check_scenes(scene_ids, len(self._scenes))
        poses = np.ascontiguousarray(poses, np.float64)
        if poses.shape != (len(scene_ids), 4, 4):
            raise ValueError(
                f"render: {len(scene_ids)} scene ids need poses ({len(scene_ids)}, 4, 4), got {poses.shape}"
            )
        check_poses(poses)
        images: dict[str, NDArray] = {
            name: np.empty((len(poses), camera.height, camera.width, *SENSORS[name][0]), SENSORS[name][1])
            for name in sensors
        }
        list(
            self._pool.map(
                lambda run: self._render_run(run[0], run[1], poses, camera, images), runs(scene_ids, _VIEWS_PER_TASK)
            )
        )
        return images

    def close(self) -> None:
        self._closed = True
        self._pool.shutdown()
        for compiled in self._compiled.clear():
            compiled.tree.close()

    def _render_run(
        self, scene_id: int, views: slice, poses: NDArray, camera: CameraModel, images: dict[str, NDArray]
    ) -> None:
        compiled = self._compiled[scene_id]
        run = {name: image[views] for name, image in images.items()}
        if self._samples == 1:
            self._trace(compiled, poses[views], camera, 1, run)
            return
        self._trace(compiled, poses[views], camera, self._samples, {k: v for k, v in run.items() if k == "rgb"})
        self._trace(compiled, poses[views], camera, 1, {k: v for k, v in run.items() if k != "rgb"})

    def _trace(
        self, compiled: _Compiled, poses: NDArray, camera: CameraModel, samples: int, images: dict[str, NDArray]
    ) -> None:
        if not images:
            return
        pixels = camera.height * camera.width
        outputs = [
            images[name].reshape(-1, *tail) if name in images else np.empty((0, *tail), kind)
            for name, (tail, kind) in SENSORS.items()
        ]
        tiles = ray_tiles(camera, samples)
        crowded = len(compiled.surface.faces) > _CROWDED * tiles["pixel"].size
        trace_views(
            compiled.tree.address,
            packet_arguments(coherent=not crowded).ctypes.data,
            compiled.surface,
            compiled.baked,
            self._lights,
            self._ambient,
            self._fill,
            new_packet(PACKET),
            np.zeros((pixels if samples > 1 else 0, 3), np.float32),
            tiles,
            pixels,
            samples,
            ray_spacing(camera, samples),
            poses,
            *outputs,
        )


def _made_ready(scene: Scene, background: NDArray[np.float32], lamps: bool) -> _Compiled:
    """A scene before a background (3,) of linear light, lit by its own lamps where it has any and they are wanted."""
    vertices, faces, surface = flatten(scene)
    surface.meshes["glow"][-1] = background
    tree = TriangleTree(vertices, faces)
    baked = np.zeros((0, 3, 3), np.float32)
    if lamps and scene.lamps:
        baked = lamp_light(tree, vertices[faces], surface.normals, scene.lamps)
    return _Compiled(tree, surface, baked)
