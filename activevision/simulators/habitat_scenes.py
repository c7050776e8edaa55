"""What habitat-sim can be given to show, and how it is told of it: our scenes, mesh files, scenes of its data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from activevision.errors import UserError, unknown
from activevision.files import cache_dir, digest, write_json
from activevision.scenes import Scene
from activevision.scenes.mesh_files import UP_AXES
from activevision.simulators.habitat_export import SCENE_ID, exported, stage_glb

_FRONT = {"x": (0.0, 0.0, -1.0), "y": (0.0, 0.0, -1.0), "z": (0.0, 1.0, 0.0)}


@dataclass(frozen=True)
class HabitatStage:
    """A mesh file as it is, shown by habitat-sim in its own colours, without light.

    path: a ``.glb`` or ``.gltf`` file, or a ``.ply``, ``.obj`` or ``.stl`` file, of which a glTF copy is written to the
    cache. up: the axis of the file that points up, "x", "y" or "z"; glTF says "y", many scans have "z".
    """

    path: Path | str
    up: str = "y"

    def __post_init__(self) -> None:
        if self.up not in UP_AXES:
            raise unknown("up axis", self.up, UP_AXES)


@dataclass(frozen=True)
class HabitatScene:
    """A scene of a data set that habitat-sim reads by itself: HM3D, Gibson, Replica, ReplicaCAD, …

    dataset_config: path of its ``*.scene_dataset_config.json``. scene_id: a scene or stage in it.
    Materials that want light get the data set's lamps alone; images of surroundings are not used, because habitat-sim
    would filter them for ten to thirty seconds at every start.
    """

    dataset_config: Path | str
    scene_id: str


class Source(NamedTuple):
    """What habitat-sim is told to load: the path of a data set's config, or "default", and a scene in it."""

    dataset: str
    scene: str
    name: str


def source_of(scene: Scene | HabitatScene | HabitatStage | Path | str, backs: bool) -> Source:
    """What habitat-sim has to be told to load; an exported scene and a stage's config are written to the cache."""
    if isinstance(scene, Scene):
        return Source(str(exported(scene, backs)), SCENE_ID, name_of(scene))
    if isinstance(scene, HabitatScene):
        dataset = Path(scene.dataset_config)
        if not dataset.is_file():
            raise UserError(f"no scene data set {dataset}: check the path.")
        return Source(str(dataset.resolve()), scene.scene_id, name_of(scene))
    stage = scene if isinstance(scene, HabitatStage) else HabitatStage(Path(scene))
    path = Path(stage.path)
    if not path.is_file():
        raise UserError(f"no file {path}: check the path.")
    asset = str(stage_glb(path))
    up = [float(axis == stage.up) for axis in UP_AXES]
    content = {"render_asset": asset, "up": up, "front": _FRONT[stage.up], "force_flat_shading": True}
    config = cache_dir("habitat") / f"{digest(content)}.stage_config.json"
    if not config.exists():
        write_json(config, content)
    return Source("default", str(config), name_of(stage))


def name_of(scene: Any) -> str:
    """What errors call a scene."""
    if isinstance(scene, Scene):
        return repr(scene.id)
    if isinstance(scene, HabitatScene):
        return f"{scene.scene_id!r} of {scene.dataset_config}"
    return str(scene.path if isinstance(scene, HabitatStage) else scene)
