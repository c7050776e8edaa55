"""``World``: the environment, the scenes and the protocol that a run is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from activevision.commands.choices import SceneChoice

if TYPE_CHECKING:
    from gymnasium.vector import VectorEnv

    from activevision.explore_protocol import ExploreProtocol
    from activevision.protocol import Protocol
    from activevision.scenes import Catalogue

_DEFAULTS = {
    "activevision/ActiveObject-v0": ("procedural", "look-around"),
    "activevision/ActiveScene-v0": ("rooms-procedural", "look-around-scenes"),
    "activevision/Explore-v0": ("rooms-procedural", "explore-room"),
}
"""Scenes and protocol of each environment, where the user names none."""


@dataclass(frozen=True)
class World:
    """An environment's id, a catalogue and a protocol: what rollouts, agents and results come from.

    simulator: the name of what renders it; None for the embedded one that fits the catalogue.
    """

    env: str
    catalogue: Catalogue
    protocol: Protocol | ExploreProtocol
    simulator: str | None = None

    def make(self, split: str, num_envs: int, autoreset_mode: str = "Disabled") -> VectorEnv:
        """A native vector environment over a split, its views rendered if they were not yet."""
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
        )
        env.unwrapped.task.prepare()  # type: ignore[attr-defined]
        return env

    @property
    def on_grid(self) -> bool:
        """Whether all views of a scene can be had, because the camera keeps to a view grid."""
        from activevision.protocol import Protocol

        return isinstance(self.protocol, Protocol)

    def facts(self, split: str) -> dict[str, Any]:
        """What a result says of its catalogue."""
        catalogue = self.catalogue
        return {
            "name": catalogue.name, "classes": list(catalogue.classes), "split": split,
            "scenes": len(catalogue.scenes(split)), "licence": catalogue.licence, "credit": catalogue.credit,
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
        from activevision.envs.registration import ACTIVE_OBJECT, LOOK_AROUND
        from activevision.errors import UserError, unknown

        env = self.env or ACTIVE_OBJECT
        if env == LOOK_AROUND:
            raise UserError(f"{env} is about completing views, not recognising: see examples/look_around.py.")
        if env not in _DEFAULTS:
            raise unknown("environment", env, _DEFAULTS)
        scenes, protocol = _DEFAULTS[env]
        return replace(self, env=env, scenes=self.scenes or scenes, protocol=self.protocol or protocol)

    def world(self) -> World:
        """UserError for a wrong environment, catalogue, option, protocol or simulator."""
        from activevision.errors import UserError
        from activevision.explore_protocol import get_explore_protocol
        from activevision.protocol import get_protocol
        from activevision.simulators.registry import get_simulator

        choice = self.resolved()
        assert choice.protocol is not None
        get = get_explore_protocol if choice.env == "activevision/Explore-v0" else get_protocol
        protocol = get(choice.protocol)
        if getattr(protocol, "task", "room") != "room":
            raise UserError(
                f"protocol {choice.protocol!r} is not about recognising the room: make its environment with gym.make."
            )
        catalogue = choice.catalogue()
        get_simulator(choice.simulator, catalogue)  # a wrong name is an error before anything is done
        return World(choice.env, catalogue, protocol, choice.simulator)
