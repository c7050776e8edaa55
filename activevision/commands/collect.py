"""``activevision collect``: rollouts with egomotion labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from activevision.commands.choices import SceneChoice, make_env
from activevision.commands.run_folder import note_run

if TYPE_CHECKING:
    from activevision.protocol import Protocol
    from activevision.scenes import Catalogue

_ENVIRONMENTS = 64


@dataclass(frozen=True)
class Collect:
    """Collect egomotion-labelled rollouts from ActiveObject-v0 into shards. Goes on where it was stopped."""

    choice: Annotated[SceneChoice, tyro.conf.arg(name="")] = field(default_factory=SceneChoice)
    split: str = "train"
    """train, val or test."""
    protocol: str = "look-around"
    """Name of a protocol: look-around or look-ahead."""
    policy: Literal["random", "sweep", "farthest", "single"] = "random"
    """What moves the camera."""
    episodes: int = 6000
    """Rollouts."""
    out: Path = Path("runs/rollouts")
    """Folder for the shards."""
    seed: int = 0
    """Decides scenes, viewpoints and motions."""

    def run(self) -> None:
        from activevision.protocol import get_protocol

        protocol = get_protocol(self.protocol)
        collect_rollouts(self.choice.catalogue(), self.split, protocol, self.episodes, self.out, self.seed, self.policy)
        note_run(self.out, "collect", self)
        print(f"{self.episodes} rollouts are in {self.out}")


def collect_rollouts(
    catalogue: Catalogue, split: str, protocol: Protocol, episodes: int, out: Path, seed: int, policy: str = "random"
) -> None:
    """Rollouts of a baseline policy over a split into the folder ``out``."""
    from activevision.agents.policies.baselines import Farthest, Single, Sweep
    from activevision.rollouts.collect import collect
    from activevision.rollouts.manifest import Source

    makers = {
        "random": lambda: None,  # drawn by the collection itself, an episode at a time
        "sweep": lambda: Sweep(protocol),
        "farthest": lambda: Farthest(protocol, seed),
        "single": lambda: Single(protocol),
    }
    env = make_env(catalogue, split, protocol, _ENVIRONMENTS)
    source = Source(catalogue.name, split, catalogue.licence, catalogue.credit)
    collect(env, makers[policy](), episodes, out, seed, source)  # type: ignore[arg-type]
