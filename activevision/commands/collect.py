"""``activevision collect``: rollouts with egomotion labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from activevision.commands.run_folder import note_run
from activevision.commands.world import World, WorldChoice

if TYPE_CHECKING:
    from activevision.rollouts.engines import Engine
    from activevision.rollouts.environment import EnvironmentRecorder

_ENVIRONMENTS = 64
_FLOW = "flow"


@dataclass(frozen=True)
class Collect:
    """Collect egomotion-labelled rollouts into shards. Goes on where it was stopped."""

    choice: Annotated[WorldChoice, tyro.conf.arg(name="")] = field(default_factory=WorldChoice)
    split: str = "train"
    """train, val or test."""
    policy: str = "random"
    """What moves the camera: random, sweep, single, and farthest on a grid or wander where it moves freely; or the
    folder of a trained agent."""
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


def collect_rollouts(
    world: World,
    split: str,
    episodes: int,
    out: Path,
    seed: int,
    policy: str = "random",
    sensors: tuple[str, ...] = ("rgb",),
    image: str = "png",
    engine: Engine | None = None,
) -> None:
    """Rollouts of a policy over a split, into the folder ``out``; by this process unless another engine is given."""
    from activevision.rollouts.collect import collect
    from activevision.rollouts.engines import in_this_process
    from activevision.rollouts.manifest import Source

    source = Source(world.catalogue.name, split, world.catalogue.licence, world.catalogue.credit)
    make_recorder = partial(_recorder, world, split, seed, policy, sensors)
    collect(make_recorder, episodes, out, source, image=image, engine=engine or in_this_process)


def _recorder(world: World, split: str, seed: int, policy: str, sensors: tuple[str, ...]) -> EnvironmentRecorder:
    from activevision.agents.policies import baseline
    from activevision.rollouts.environment import EnvironmentRecorder

    # motions at random are drawn by the recorder itself, an episode at a time
    mover = None if policy == "random" else (policy, partial(baseline, world.protocol, policy))
    env = world.make(split, _ENVIRONMENTS, sensors=sensors)
    return EnvironmentRecorder(env, world.spec(split), seed, mover)  # type: ignore[arg-type]
