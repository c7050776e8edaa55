"""Simulators by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from activevision.errors import UserError, unknown
from activevision.scenes import Catalogue
from activevision.simulators.simulator import Simulator

SimulatorFactory = Callable[[Sequence[Any]], Simulator]

SIMULATORS = ("embree", "habitat", "habitat-worker", "panorama")
"""habitat runs in this process; habitat-worker in one of its own, which is started again once if it dies."""


def default_simulator(scenes: Sequence[Any]) -> Simulator:
    """The embedded Embree simulator or its fallback, imported when it is first needed."""
    from activevision.simulators.public_embree_simulator import embree_simulator

    return embree_simulator(scenes)


def _habitat_worker(scenes: Sequence[Any]) -> Simulator:
    from activevision.simulators.habitat import HabitatSimulator
    from activevision.simulators.worker import WorkerSimulator

    return WorkerSimulator(HabitatSimulator, scenes)


def get_simulator(simulator: str | SimulatorFactory | None, catalogue: Catalogue) -> SimulatorFactory:
    """What makes a simulator of scenes: by name, as it is, or for None the embedded one that fits the catalogue.

    UserError names the nearest simulator when there is none of this name.
    """
    from activevision.scenes.panoramas import PanoramaFolderCatalogue

    pictures = isinstance(catalogue, PanoramaFolderCatalogue)
    if simulator is None:
        simulator = "panorama" if pictures else "embree"
    if not isinstance(simulator, str):
        if not callable(simulator):
            names = ", ".join(SIMULATORS)
            raise UserError(f"simulator {simulator!r}: give a name ({names}), or a callable that makes one of scenes.")
        return simulator
    if simulator in SIMULATORS and pictures != (simulator == "panorama"):
        raise UserError(
            f"simulator {simulator!r} does not show what catalogue {catalogue.name!r} holds: leave the simulator out."
        )
    if simulator == "embree":
        return default_simulator
    if simulator == "habitat":
        from activevision.simulators.habitat import HabitatSimulator

        return HabitatSimulator
    if simulator == "habitat-worker":
        return _habitat_worker
    if simulator == "panorama":
        from activevision.simulators.panorama import PanoramaSimulator

        return PanoramaSimulator
    raise unknown("simulator", simulator, SIMULATORS)
