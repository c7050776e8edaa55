"""habitat-sim behind the ``Simulator`` interface: the only file that imports it.

M. Savva et al., *Habitat: A Platform for Embodied AI Research*, ICCV 2019.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import weakref
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import Camera, CameraModel, EquirectangularCamera
from activevision.errors import UserError
from activevision.scenes import Scene
from activevision.scenes.navigable import Agent
from activevision.simulators.habitat_navigable import HabitatNavigableArea
from activevision.simulators.habitat_process import RENDERERS, hushed
from activevision.simulators.habitat_scenes import HabitatScene, HabitatStage, Source, name_of, source_of
from activevision.simulators.simulator import SENSORS, check_poses, check_scenes, check_sensors

__all__ = ["HabitatScene", "HabitatSimulator", "HabitatStage"]

INSTALL = "conda install -c conda-forge -c aihabitat-nightly habitat-sim headless withbullet"
"""The channel with builds for Python 3.10 and later; the stable one has 3.9 alone."""

_VERSION = 1  # goes up whenever the same scene and pose would give other pixels
_DRAWN = {"rgb": "COLOR", "depth": "DEPTH", "position": "DEPTH", "instance": "SEMANTIC", "category": "SEMANTIC"}
_MOST_SENSORS = 64  # framebuffers that are kept; with more the simulator is made anew
_working_folder = threading.Lock()


class HabitatSimulator:
    """Renders scenes with habitat-sim 0.3; see ``Simulator`` for the interface.

    scenes: any sequence of ``Scene`` (exported to the cache when it is first rendered; its colours are those of
        ``UNLIT``), paths of mesh files (as ``HabitatStage``), ``HabitatStage`` and ``HabitatScene``.
    gpu: number of an NVIDIA GPU; the CPU (Mesa) unless given.
    backs: show the backs of a ``Scene``'s triangles, as the embedded simulator does. Where the camera never sees any,
        without them is faster by about a third.
    keep: scenes whose meshes habitat-sim holds; with one more it is started afresh.

    There are no normals. Surfaces nearer than 0.01 m or farther than 1000 m are not seen. Equirectangular images are
    looked up by habitat-sim in a cube map whose faces have min(H, W)² pixels: depth and ids from the nearest of them,
    up to half a pixel of a face away, rgb from four. Depth is brought from the planes of the faces to the pixel's own
    ray, which is exact where a surface is parallel to the face.

    habitat-sim renders in one thread of a process, and not in one forked while it was open. All simulators of a
    process are closed in the order of a stack: closing one closes later ones too, which open again when they render.
    """

    one_thread = True

    def __init__(
        self,
        scenes: Sequence[Scene | HabitatScene | HabitatStage | Path | str],
        *,
        gpu: int | None = None,
        backs: bool = True,
        keep: int = 64,
    ):
        version = _habitat_sim().__version__
        if gpu is not None and not Path(f"/dev/nvidia{gpu}").exists():
            raise UserError(f"habitat-sim on GPU {gpu}: this machine has no NVIDIA GPU of that number; leave gpu out.")
        self.settings: dict[str, Any] = {
            "simulator": "habitat",
            "version": _VERSION,
            "habitat_sim": version,
            "device": "cpu" if gpu is None else "gpu",
            "backs": backs,
        }
        self._arguments: dict[str, Any] = {"scenes": scenes, "gpu": gpu, "backs": backs, "keep": keep}
        self._renderer: _Renderer | None = None
        self._finalizer: weakref.finalize | None = None
        self._closed = False

    def __getstate__(self) -> dict[str, Any]:
        return self._arguments

    def __setstate__(self, arguments: dict[str, Any]) -> None:
        self.__init__(**arguments)  # type: ignore[misc]

    def render(
        self, scene_ids: ArrayLike, poses: ArrayLike, camera: CameraModel, sensors: Sequence[str] = ("rgb",)
    ) -> dict[str, NDArray]:
        """Images (N, H, W, …) of each sensor; scene_ids (N,), poses (N, 4, 4) ``world_from_camera``.

        Views of one scene are rendered together. UserError where a scene has no instances or categories to tell.
        """
        check_sensors(sensors)
        if "normal" in sensors:
            raise UserError("habitat-sim renders no normals: leave the sensor out, or use the embedded simulator.")
        scene_ids = check_scenes(scene_ids, len(self._arguments["scenes"]))
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
        drawn = tuple(sorted({_DRAWN[name] for name in sensors}))
        for scene_id in dict.fromkeys(scene_ids.tolist()):
            renderer = self._showing(scene_id, camera, drawn)
            table = self._table(scene_id, renderer, sensors)
            for view in np.flatnonzero(scene_ids == scene_id):
                observations = renderer.observe(poses[view], camera, drawn)
                for name, image in images.items():
                    image[view] = _image(name, observations, poses[view], camera, table)
        return images

    def navigable(self, scene_id: int, agent: Agent | None = None) -> HabitatNavigableArea:
        """Where an agent can stand in a scene, by habitat-sim's navigation mesh (Recast), objects included.

        It stays good when the simulator has been closed. UserError where nobody could stand anywhere.
        """
        agent = agent or Agent()
        self._check_open()
        scene = self._arguments["scenes"][scene_id]
        renderer = _Renderer(self._arguments["gpu"])
        try:
            # without backs, as a ceiling seen from above would be a floor
            renderer.show(scene_id, source_of(scene, backs=False), {(Camera(1, 1), "DEPTH")})
            finder = renderer.pathfinder(agent)
        finally:
            RENDERERS.close(renderer)
        if finder is None:
            raise UserError(
                f"scene {name_of(scene)} has no floor that an agent of {agent.height} m "
                "can stand on: check its scale and that +Y is up, or choose a smaller agent."
            )
        return HabitatNavigableArea(finder, _habitat_sim().ShortestPath, agent)

    def close(self) -> None:
        """Release the scenes. Rendering afterwards is an error."""
        self._closed = True
        if self._renderer is not None:
            RENDERERS.close(self._renderer)
            self._renderer = None

    def _check_open(self) -> None:
        if self._closed:
            raise UserError("this habitat simulator is closed: make a new one.")
        forbidden = RENDERERS.forbidden()
        if forbidden:
            raise UserError(f"habitat-sim {forbidden}.")

    def _showing(self, scene_id: int, camera: CameraModel, drawn: Sequence[str]) -> _Renderer:
        """A renderer that shows this scene to this camera."""
        self._check_open()
        scenes = self._arguments["scenes"]
        wanted = {(camera, kind) for kind in drawn}
        renderer = self._renderer
        if renderer is None or renderer.closed or not renderer.fits(scene_id, wanted, self._arguments["keep"]):
            if renderer is not None:
                wanted |= renderer.kinds(camera)
                RENDERERS.close(renderer)
            if self._finalizer is not None:
                self._finalizer.detach()
            self._renderer = renderer = _Renderer(self._arguments["gpu"])
            self._finalizer = weakref.finalize(self, RENDERERS.close, renderer)
            self._finalizer.atexit = False  # the stack closes at the end by itself, in its order
        source = None if renderer.scene_id == scene_id else source_of(scenes[scene_id], self._arguments["backs"])
        renderer.show(scene_id, source, wanted)
        return renderer

    def _table(self, scene_id: int, renderer: _Renderer, sensors: Sequence[str]) -> _Table | None:
        """The category of each instance of a scene; None where none is asked for."""
        if not {"instance", "category"} & set(sensors):
            return None
        scene = self._arguments["scenes"][scene_id]
        if isinstance(scene, Scene):
            return _Table.of({instance.id: instance.category_id for instance in scene.instances})
        categories = renderer.categories()
        if not categories:
            raise UserError(
                f"{name_of(scene)} comes without semantics, which the sensors instance and category need: "
                "ask for rgb, depth and position alone, or get the data set's semantic files."
            )
        return _Table.of(categories)


class _Table(NamedTuple):
    """Ascending instance ids (I,), 0 among them, and the category id of each."""

    instance: NDArray[np.int32]
    category: NDArray[np.int32]

    @classmethod
    def of(cls, categories: dict[int, int]) -> _Table:
        pairs = np.array(sorted({0: 0, **categories}.items()), np.int32)
        return cls(np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]))

    def categories(self, instances: NDArray[np.int32]) -> NDArray[np.int32]:
        """Category ids (...) of instance ids (...); 0 of those that are not in the table."""
        place = np.searchsorted(self.instance, instances).clip(max=len(self.instance) - 1)
        return np.where(self.instance[place] == instances, self.category[place], 0)


class _Renderer:
    """One simulator of habitat-sim with a scene and the sensors that it was asked for so far."""

    def __init__(self, gpu: int | None):
        self.closed = False
        self.scene_id: int | None = None
        self._gpu = -1 if gpu is None else gpu
        self._simulator: Any = None
        self._specs: dict[tuple[CameraModel, str], Any] = {}
        self._seen: set[int] = set()

    def kinds(self, camera: CameraModel) -> set[tuple[CameraModel, str]]:
        """Sensors of this camera of every kind that was asked for, of whichever camera."""
        return {(camera, kind) for _, kind in self._specs}

    def fits(self, scene_id: int, wanted: set[tuple[CameraModel, str]], keep: int) -> bool:
        """Whether it can have these sensors as well, and this scene, without holding more than it should.

        What kinds of sensors there will be is settled at the start: textures and semantics are loaded only for them.
        """
        kinds = {kind for _, kind in self._specs}
        return (
            {kind for _, kind in wanted} <= kinds
            and len(self._specs.keys() | wanted) <= _MOST_SENSORS
            and len(self._seen | {scene_id}) <= keep
        )

    def show(self, scene_id: int, source: Source | None, wanted: set[tuple[CameraModel, str]]) -> None:
        """Load a scene, unless it is the one shown, and have the sensors that are wanted."""
        new = sorted(wanted - self._specs.keys(), key=repr)
        for camera, kind in new:
            self._specs[camera, kind] = _spec(camera, kind, f"{kind}-{len(self._specs)}")
        if source is not None:
            self._load(source)
            self.scene_id = scene_id
            self._seen.add(scene_id)
        else:
            for key in new:
                self._simulator.add_sensor(self._specs[key])

    def observe(self, pose: NDArray[np.float64], camera: CameraModel, drawn: Sequence[str]) -> dict[str, NDArray]:
        """What the sensors of this camera and these kinds see from a pose (4, 4), as habitat-sim gives it."""
        self._simulator.get_agent(0).scene_node.transformation = _magnum().Matrix4(pose.astype(np.float32))
        # the registry of all sensors is public from 2026 on; under its older name it has always been there
        registry = self._simulator._sensors
        sensors = {kind: registry[self._specs[camera, kind].uuid] for kind in drawn}
        for sensor in sensors.values():
            sensor.draw_observation()
        return {kind: sensor.get_observation() for kind, sensor in sensors.items()}

    def categories(self) -> dict[int, int]:
        """Category id of each instance id by the data set; empty where it has no semantics."""
        semantics = self._simulator.semantic_scene
        objects = [] if semantics is None else [thing for thing in semantics.objects if thing is not None]
        return {thing.semantic_id: max(thing.category.index(), 0) for thing in objects if thing.category is not None}

    def pathfinder(self, agent: Agent) -> Any:
        """A habitat_sim.PathFinder for an agent; None where there is nothing to stand on."""
        habitat = _habitat_sim()
        settings = habitat.NavMeshSettings()
        settings.set_defaults()
        settings.cell_size = agent.cell
        settings.cell_height = min(agent.cell, 0.05)
        settings.agent_radius = agent.radius
        settings.agent_height = agent.height
        settings.agent_max_climb = agent.step
        settings.include_static_objects = True
        finder = habitat.PathFinder()
        with hushed():
            found = self._simulator.recompute_navmesh(finder, settings)
        return finder if found and finder.is_loaded and finder.navigable_area > 0 else None

    def close(self) -> None:
        self.closed = True
        if self._simulator is not None:
            with hushed():
                self._simulator.close()
            self._simulator = None

    def _load(self, source: Source) -> None:
        habitat = _habitat_sim()
        backend = habitat.SimulatorConfiguration()
        backend.scene_dataset_config_file = source.dataset
        backend.scene_id = source.scene
        backend.gpu_device_id = self._gpu
        backend.enable_physics = False
        agent = habitat.AgentConfiguration()
        agent.sensor_specifications = list(self._specs.values())
        with hushed() as said:
            try:
                if self._simulator is None:
                    self._simulator = habitat.Simulator(habitat.Configuration(backend, [agent], _mediator()))
                    RENDERERS.push(self)
                else:
                    self._simulator.reconfigure(habitat.Configuration(backend, [agent]))
            except Exception as error:  # whatever the C++ side throws
                words = f"{error} {said()}"
                RENDERERS.close(self)
                raise UserError(f"habitat-sim cannot load {source.name}: {_reason(words)}") from error


def _spec(camera: CameraModel, kind: str, name: str) -> Any:
    """A sensor specification at the place of the agent."""
    habitat = _habitat_sim()
    if isinstance(camera, Camera):
        spec = habitat.CameraSensorSpec()
        spec.hfov = camera.hfov_deg
    elif isinstance(camera, EquirectangularCamera):
        spec = habitat.EquirectangularSensorSpec()
    else:
        raise UserError(f"habitat-sim has no camera such as {camera}: use Camera or EquirectangularCamera.")
    spec.uuid = name
    spec.sensor_type = getattr(habitat.SensorType, kind)
    spec.resolution = [camera.height, camera.width]
    spec.position = _magnum().Vector3(0.0)
    if kind != "COLOR":
        spec.channels = 1
    return spec


def _image(
    sensor: str, observations: dict[str, NDArray], pose: NDArray[np.float64], camera: CameraModel, table: _Table | None
) -> NDArray:
    """The image (H, W, …) of one of our sensors from what habitat-sim's saw."""
    observation = observations[_DRAWN[sensor]]
    if sensor == "rgb":
        return observation[..., :3]
    if sensor in ("depth", "position"):
        depth = observation
        if isinstance(camera, EquirectangularCamera):
            depth = depth / np.abs(_rays(camera)).max(-1)
        if sensor == "depth":
            return depth
        seen = (depth > 0)[..., None]
        return np.where(seen, pose[:3, 3] + depth[..., None] * (_rays(camera) @ pose[:3, :3].T), 0.0)
    instances = observation.astype(np.int32)
    assert table is not None
    return instances if sensor == "instance" else table.categories(instances)


@lru_cache(maxsize=16)
def _rays(camera: CameraModel) -> NDArray[np.float64]:
    return camera.rays()


@lru_cache(maxsize=1)
def _habitat_sim() -> Any:
    """The module, quiet unless the user's environment says otherwise; UserError where it is not installed."""
    os.environ.setdefault("MAGNUM_LOG", "quiet")
    os.environ.setdefault("HABITAT_SIM_LOG", "quiet")
    try:
        with hushed():
            import habitat_sim
    except ModuleNotFoundError:
        raise UserError(f"habitat-sim is not installed: {INSTALL} (Python 3.10 to 3.12)") from None
    except ImportError as error:
        raise UserError(f"habitat-sim cannot be imported ({error}): {INSTALL}") from error
    return habitat_sim


@lru_cache(maxsize=1)
def _magnum() -> Any:
    _habitat_sim()  # it loads the libraries that magnum needs
    import magnum

    return magnum


def _mediator() -> Any:
    """A fresh metadata mediator whose shading uses no images of surroundings.

    habitat-sim otherwise filters such images for ten to thirty seconds whenever a simulator is made. Which ones it
    reads, once and only here, in a file of the working folder.
    """
    habitat = _habitat_sim()
    nothing = {"enable_ibl": False, "ibl_blut_filename": "none", "ibl_envmap_filename": "none"}
    with _working_folder, tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").mkdir()
        (Path(folder) / "data" / "default.pbr_config.json").write_text(json.dumps(nothing))
        before = os.getcwd()
        try:
            os.chdir(folder)
            return habitat.metadata.MetadataMediator(habitat.SimulatorConfiguration())
        finally:
            os.chdir(before)


def _reason(words: str) -> str:
    """The most telling line of what habitat-sim said."""
    lines = [line.split(" : ")[-1].strip() for line in words.splitlines() if "none" not in line]
    return next((line for line in lines if line), "it gives no reason")[:200]
