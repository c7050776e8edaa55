"""``World``: the environment, the scenes and the protocol that a run is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from activevision.commands.choices import SceneChoice
from activevision.scenes import SPLITS

if TYPE_CHECKING:
    from gymnasium.vector import VectorEnv

    from activevision.explore_protocol import ExploreProtocol
    from activevision.protocol import Protocol
    from activevision.scenes import Catalogue

_EXPLORE = "activevision/Explore-v0"
_DEFAULTS: dict[str, tuple[str | None, str]] = {
    "activevision/ActiveObject-v0": ("procedural", "look-around"),
    "activevision/ActiveScene-v0": ("rooms-procedural", "look-around-scenes"),
    "activevision/LookAround-v0": (None, "look-around-32"),
    _EXPLORE: ("rooms-procedural", "explore-room"),
}
"""Scenes and protocol of each environment, where the user names none; None: what the protocol looks at."""


@dataclass(frozen=True)
class World:
    """An environment's id, a catalogue and a protocol: what rollouts, agents and results come from.

    simulator: the name of what renders it; None for the embedded one that fits the catalogue.
    scenes, options: what the catalogue was asked for by.
    """

    env: str
    catalogue: Catalogue
    protocol: Protocol | ExploreProtocol
    simulator: str | None = None
    scenes: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def make(
        self, split: str, num_envs: int, autoreset_mode: str = "Disabled", sensors: Sequence[str] = ("rgb",)
    ) -> VectorEnv:
        """A native vector environment over a split; on a view grid, its views are rendered if they were not yet."""
        import gymnasium

        env = gymnasium.make_vec(
            self.env,
            num_envs=num_envs,
            vectorization_mode="vector_entry_point",
            catalogue=self.catalogue,
            split=split,
            protocol=self.protocol,
            simulator=self.simulator,
            autoreset_mode=autoreset_mode,
            sensors=sensors,
        )
        if self.on_grid:
            env.unwrapped.task.prepare()  # type: ignore[attr-defined]
        return env

    def spec(self, split: str) -> dict[str, Any]:
        """What ``gymnasium.make`` is to be given, as JSON."""
        catalogue = {"catalogue": self.scenes, "catalogue_options": dict(self.options), "split": split}
        return {"id": self.env, "kwargs": {**catalogue, "protocol": self.protocol.name, "simulator": self.simulator}}

    @property
    def on_grid(self) -> bool:
        """Whether all views of a scene can be had, because the camera keeps to a view grid."""
        from activevision.protocol import Protocol

        return isinstance(self.protocol, Protocol)

    def facts(self, split: str) -> dict[str, Any]:
        """What a result says of its catalogue. The tests of all folds are tests of one catalogue, which each names, so
        that their logs go together."""
        from activevision.scenes.folds import FoldedCatalogue

        catalogue = self.catalogue
        name, scenes = catalogue.name, len(catalogue.scenes(split))
        if split == "test" and isinstance(catalogue, FoldedCatalogue):
            name, split = catalogue.whole, f"{catalogue.parts} folds"
            scenes = sum(len(catalogue.scenes(each)) for each in SPLITS)
        return {
            "name": name, "classes": list(catalogue.classes), "split": split, "scenes": scenes,
            "licence": catalogue.licence, "credit": catalogue.credit,
        }  # fmt: skip


@dataclass(frozen=True)
class WorldChoice(SceneChoice):
    """Which environment, which scenes."""

    env: str = ""
    """Id of the environment: activevision/ActiveObject-v0 unless given."""
    protocol: str | None = None
    """Name of a protocol; that of the environment unless given."""
    simulator: str | None = None
    """What renders: embree, habitat, habitat-worker (in a process of its own, started again once if it dies) or
    panorama; the embedded one that fits the scenes unless given."""

    def resolved(self) -> WorldChoice:
        """With everything named that was left to the environment; UserError for one that is not ours."""
        from activevision.envs.registration import ACTIVE_OBJECT
        from activevision.errors import unknown
        from activevision.protocol import get_protocol

        env = self.env or ACTIVE_OBJECT
        if env not in _DEFAULTS:
            raise unknown("environment", env, _DEFAULTS)
        scenes, protocol = _DEFAULTS[env]
        protocol = self.protocol or protocol
        if scenes is None:  # what can be completed are objects as well as places
            scenes = "procedural" if get_protocol(protocol).viewpoints == "orbit" else "rooms-procedural"
        return replace(self, env=env, scenes=self.scenes or scenes, protocol=protocol)

    def any_world(self) -> World:
        """UserError for a wrong environment, catalogue, option, protocol or simulator."""
        from activevision.explore_protocol import get_explore_protocol
        from activevision.protocol import get_protocol
        from activevision.simulators.registry import get_simulator

        choice = self.resolved()
        assert choice.protocol is not None
        get = get_explore_protocol if choice.env == _EXPLORE else get_protocol
        protocol = get(choice.protocol)
        catalogue = choice.catalogue()
        get_simulator(choice.simulator, catalogue)  # a wrong name is an error before anything is done
        return World(choice.env, catalogue, protocol, choice.simulator, choice.scenes, choice.options)

    def world(self) -> World:
        """One to recognise what there is in; a UserError also for an environment or protocol that is about else."""
        from activevision.envs.registration import LOOK_AROUND
        from activevision.errors import UserError

        if self.env == LOOK_AROUND:
            raise UserError(f"{self.env} is about completing views, not recognising: see examples/look_around.py.")
        world = self.any_world()
        if getattr(world.protocol, "task", "room") != "room":
            raise UserError(
                f"protocol {world.protocol.name!r} is not about recognising the room: choose another, or gym.make it."
            )
        return world
