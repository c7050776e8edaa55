"""``activevision collect``: rollouts with egomotion labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from activevision.commands.run_folder import note_run
from activevision.commands.world import World, WorldChoice

_ENVIRONMENTS = 64


@dataclass(frozen=True)
class Collect:
    """Collect egomotion-labelled rollouts into shards. Goes on where it was stopped."""

    choice: Annotated[WorldChoice, tyro.conf.arg(name="")] = field(default_factory=WorldChoice)
    split: str = "train"
    """train, val or test."""
    policy: str = "random"
    """What moves the camera: random, sweep, single, and farthest on a grid or wander where it moves freely."""
    episodes: int = 6000
    """Rollouts."""
    out: Path = Path("runs/rollouts")
    """Folder for the shards."""
    seed: int = 0
    """Decides scenes, viewpoints and motions."""

    def run(self) -> None:
        collect_rollouts(self.choice.world(), self.split, self.episodes, self.out, self.seed, self.policy)
        note_run(self.out, "collect", self)
        print(f"{self.episodes} rollouts are in {self.out}")


def collect_rollouts(world: World, split: str, episodes: int, out: Path, seed: int, policy: str = "random") -> None:
    """Rollouts of a policy that learns nothing, over a split, into the folder ``out``."""
    from activevision.agents.policies import baseline
    from activevision.rollouts.collect import collect
    from activevision.rollouts.manifest import Source

    # motions at random are drawn by the collection itself, an episode at a time
    mover = None if policy == "random" else baseline(world.protocol, policy, seed)
    env = world.make(split, _ENVIRONMENTS)
    source = Source(world.catalogue.name, split, world.catalogue.licence, world.catalogue.credit)
    collect(env, mover, episodes, out, seed, source)  # type: ignore[arg-type]
