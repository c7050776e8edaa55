"""Scenes of a catalogue as a stage for camera paths, with a simulator to render them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activevision.camera import Camera, CameraModel
from activevision.errors import UserError
from activevision.rollouts.film import RATE, VIEWS, FilmRecorder, usual_camera
from activevision.rollouts.pairs import PairsOf, no_pairs
from activevision.rollouts.paths import OBJECT, PANORAMA, ROOM, Floor, Place, get_path
from activevision.scenes import Catalogue, Scene
from activevision.scenes.navigable import Agent, NavigableArea
from activevision.scenes.panoramas import Panorama
from activevision.simulators.registry import SimulatorFactory, get_simulator
from activevision.simulators.simulator import Simulator, check_sensors

_PERSON = Agent(height=1.8)  # the highest eye of the paths at 1.7 m, and some headroom
_KEPT = 2  # scenes in memory


class _Ready(NamedTuple):
    place: Place
    simulator: Simulator


class CatalogueStage:
    """Scenes of a split, each made when it is first looked at, with the latest few kept; see ``rollouts.stage.Stage``.

    Rooms and scans stand where they are, objects are scaled to unit radius round the origin, and panoramas are seen
    from the origin.

    spec: how the catalogue was asked for. simulator: by name, or what makes one of scenes; what fits unless given.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        split: str,
        spec: Mapping[str, Any],
        simulator: str | SimulatorFactory | None = None,
    ):
        self.entries: Sequence[Any] = tuple(catalogue.scenes(split))
        self.classes = tuple(catalogue.classes)
        self.spec: Mapping[str, Any] = {"catalogue": catalogue.name, **spec, "split": split}
        self._factory = get_simulator(simulator, catalogue)
        self._ready: OrderedDict[int, _Ready] = OrderedDict()
        self.kind = self.place(0).kind
        self.simulator: Mapping[str, Any] = self._ready[0].simulator.settings

    def place(self, index: int) -> Place:
        return self._made(index).place

    def render(
        self, index: int, poses: NDArray[Any], camera: CameraModel, sensors: Sequence[str]
    ) -> dict[str, NDArray[Any]]:
        return self._made(index).simulator.render(np.full(len(poses), 0), poses, camera, sensors)

    def close(self) -> None:
        while self._ready:
            self._ready.popitem()[1].simulator.close()

    def _made(self, index: int) -> _Ready:
        if index not in self._ready:
            while len(self._ready) >= _KEPT:
                self._ready.popitem(last=False)[1].simulator.close()
            self._ready[index] = self._make(index)
        self._ready.move_to_end(index)
        return self._ready[index]

    def _make(self, index: int) -> _Ready:
        scene = self.entries[index].load()
        if isinstance(scene, Panorama):
            return _Ready(Place(scene.id, PANORAMA, np.zeros((2, 3))), self._factory([scene]))
        if scene.station is None:
            fitted = scene.fitted()
            return _Ready(Place(scene.id, OBJECT, fitted.bounds), self._factory([fitted]))
        simulator = self._factory([scene])
        return _Ready(Place(scene.id, ROOM, scene.bounds, _floor(scene, simulator)), simulator)


def _floor(scene: Scene, simulator: Simulator) -> Floor | None:
    """Where one can walk, by the simulator if it has a say in that; None where nobody can stand."""
    own: Callable[[int, Agent], Floor] | None = getattr(simulator, "navigable", None)
    try:
        return NavigableArea.of(scene, _PERSON) if own is None else own(0, _PERSON)
    except UserError:
        return None


def film_recorder(
    catalogue: Catalogue,
    split: str,
    spec: Mapping[str, Any],
    motion: str,
    seed: int,
    *,
    motion_settings: Mapping[str, Any] | None = None,
    width: int = 64,
    height: int = 64,
    hfov_deg: float | None = None,
    views: int = VIEWS,
    rate: float = RATE,
    sensors: Sequence[str] = (),
    pairs: PairsOf = no_pairs,
    per_scene: int = 1,
    simulator: str | SimulatorFactory | None = None,
) -> FilmRecorder:
    """A recorder of films of a split; a ``partial`` of it is picklable, so that worker processes can make their own.

    spec: how the catalogue was asked for, as JSON. hfov_deg: as the environments have it unless given.
    The rest is as in ``FilmRecorder`` and ``CatalogueStage``.
    """
    check_sensors(sensors)
    path = get_path(motion, **(motion_settings or {}))  # before anything is loaded
    stage = CatalogueStage(catalogue, split, spec, simulator)
    camera = usual_camera(stage.kind, width, height) if hfov_deg is None else Camera(width, height, hfov_deg)
    return FilmRecorder(
        stage, path, seed, camera=camera, views=views, rate=rate, sensors=sensors, pairs=pairs, per_scene=per_scene
    )
