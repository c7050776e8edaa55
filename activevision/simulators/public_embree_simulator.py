"""The fallback of the default simulator: embreex's public interface and NumPy, nothing compiled here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import CameraModel
from activevision.errors import UserError
from activevision.progress import console
from activevision.scenes import Scene
from activevision.scenes.srgb import linear_from_srgb, srgb_from_linear
from activevision.simulators.embree_public import Hits, PublicTree
from activevision.simulators.lighting import Lighting
from activevision.simulators.made_once import MEMORY, MadeOnce
from activevision.simulators.numpy_baking import lamp_light_public
from activevision.simulators.numpy_shading import corner_weights, facing_normals, shade
from activevision.simulators.ray_spacing import ray_spacing
from activevision.simulators.simulator import SENSORS, Simulator, check_poses, check_scenes, check_sensors
from activevision.simulators.surface import Surface, flatten

_VERSION = 3  # goes up whenever the same scene and pose would give other pixels


def embree_simulator(scenes: Sequence[Scene], **options: Any) -> Simulator:
    """``EmbreeSimulator``, or with a notice in one line the fallback where Embree's library cannot be called directly.

    options: ``samples``, ``lighting`` and ``memory``, which both take.
    """
    return _best()(scenes, **options)


@cache
def _best() -> Callable[..., Simulator]:
    """Found out once, so that the notice comes once."""
    try:
        from activevision.simulators.embree_simulator import EmbreeSimulator
    except (UserError, OSError, AttributeError, ImportError) as error:
        console.print(
            "Rendering without Embree's packets, several times slower, because its library cannot be bound: "
            + str(error).splitlines()[0],
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        return PublicEmbreeSimulator
    return EmbreeSimulator


class _Compiled(NamedTuple):
    tree: PublicTree
    surface: Surface
    baked: NDArray[np.float32] | None

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return self.tree.nbytes + self.surface.nbytes + (0 if self.baked is None else self.baked.nbytes)


class PublicEmbreeSimulator:
    """Renders like ``EmbreeSimulator``, through embreex's Python classes and NumPy; see ``Simulator``.

    Depth, ids, normals and positions are the same but for rounding, colours within a step or two of 255.

    scenes: any sequence; a scene is fetched and compiled when it is first rendered.
    samples: rays per pixel side for rgb. lighting, memory: as of ``EmbreeSimulator``.
    """

    def __init__(
        self, scenes: Sequence[Scene], *, samples: int = 2, lighting: Lighting | None = None, memory: int = MEMORY
    ):
        if samples < 1:
            raise UserError(f"simulator with samples={samples}: it needs at least 1 ray per pixel side.")
        lamps = lighting is None
        self._lighting = lighting or Lighting()
        self.settings: dict[str, Any] = {
            "simulator": "embree-public",
            "version": _VERSION,
            "samples": samples,
            "lighting": asdict(self._lighting),
            "lamps": lamps,
        }
        self._samples = samples
        self._compiled = MadeOnce(lambda scene_id: _made_ready(scenes[scene_id], lamps), memory)
        self._scenes = scenes
        self._closed = False
        lights = np.array([[*direction, *light] for direction, light in self._lighting.lights]).reshape(-1, 6)
        lights[:, :3] /= np.linalg.norm(lights[:, :3], axis=1, keepdims=True)
        self._lights = lights.astype(np.float32)

    def render(
        self, scene_ids: ArrayLike, poses: ArrayLike, camera: CameraModel, sensors: Sequence[str] = ("rgb",)
    ) -> dict[str, NDArray]:
        """Images (N, H, W, …) of each sensor; scene_ids (N,), poses (N, 4, 4) ``world_from_camera``."""
        if self._closed:
            raise RuntimeError("render: this simulator is closed")
        check_sensors(sensors)
        scene_ids = check_scenes(scene_ids, len(self._scenes))
        poses = np.asarray(poses, np.float64)
        check_poses(poses)
        if len(poses) != len(scene_ids):
            raise ValueError(f"render: {len(scene_ids)} scene ids need as many poses, got {poses.shape}")
        images: dict[str, NDArray] = {
            name: np.empty((len(poses), camera.height, camera.width, *SENSORS[name][0]), SENSORS[name][1])
            for name in sensors
        }
        for view, (scene, pose) in enumerate(zip(scene_ids.tolist(), poses.astype(np.float32), strict=True)):
            compiled = self._compiled[scene]
            if "rgb" in images:
                images["rgb"][view] = self._colours(compiled, pose, camera)
            if len(images) > ("rgb" in images):
                for name, image in _measure(compiled, pose, camera).items():
                    if name in images:
                        images[name][view] = image
        return images

    def close(self) -> None:
        self._closed = True
        self._compiled.clear()

    def _colours(self, compiled: _Compiled, pose: NDArray[np.float32], camera: CameraModel) -> NDArray[np.uint8]:
        """(H, W, 3) sRGB, the mean light of samples × samples rays a pixel."""
        samples = self._samples
        directions, hits = _trace(compiled.tree, pose, camera.rays(samples))
        light = np.empty((len(directions), 3), np.float32)
        light[:] = linear_from_srgb(np.array(self._lighting.background))
        hit = hits.face >= 0
        face, weights, directions = hits.face[hit], corner_weights(hits.u[hit], hits.v[hit]), directions[hit]
        normals = facing_normals(compiled.surface, face, weights, directions)
        light[hit] = np.minimum(
            shade(
                compiled.surface, face, weights, normals, hits.slope[hit], directions, hits.distance[hit],
                ray_spacing(camera, samples), compiled.baked, self._lights, self._lighting.ambient,
                self._lighting.fill,
            ),
            1,
        )  # fmt: skip
        mean = light.reshape(camera.height, samples, camera.width, samples, 3).mean((1, 3))
        return np.asarray(np.rint(255 * srgb_from_linear(mean)), np.uint8)


def _made_ready(scene: Scene, lamps: bool) -> _Compiled:
    """A scene, lit by its own lamps where it has any and they are wanted."""
    vertices, faces, surface = flatten(scene)
    tree = PublicTree(vertices, faces)
    lit = lamps and scene.lamps
    baked = lamp_light_public(tree, vertices[faces], surface.normals, scene.lamps) if lit else None
    return _Compiled(tree, surface, baked)


def _measure(compiled: _Compiled, pose: NDArray[np.float32], camera: CameraModel) -> dict[str, NDArray]:
    """All sensors but rgb (H, W, …), along the rays through the pixels' centres."""
    directions, hits = _trace(compiled.tree, pose, camera.rays())
    hit = hits.face >= 0
    surface = compiled.surface
    mesh = surface.meshes[surface.faces["mesh"][hits.face]]  # −1 for nothing is the background
    distance = np.where(hit, hits.distance, 0)
    images = {
        "depth": distance,
        "instance": mesh["instance"],
        "category": mesh["category"],
        "normal": facing_normals(surface, hits.face, corner_weights(hits.u, hits.v), directions) * hit[:, None],
        "position": (pose[:3, 3] + distance[:, None] * directions) * hit[:, None],
    }
    return {name: image.reshape(camera.height, camera.width, *image.shape[1:]) for name, image in images.items()}


def _trace(tree: PublicTree, pose: NDArray[np.float32], rays: NDArray[np.float64]) -> tuple[NDArray[np.float32], Hits]:
    """Directions (R, 3) in the world of a camera's rays (…, 3), and what they meet."""
    directions = rays.reshape(-1, 3).astype(np.float32) @ pose[:3, :3].T
    origins = np.broadcast_to(pose[:3, 3], directions.shape).copy()
    return directions, tree.first(origins, directions)
