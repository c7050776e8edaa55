"""``activevision collect``: rollouts with egomotion labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from activevision.commands.run_folder import note_run
from activevision.commands.world import World, WorldChoice

if TYPE_CHECKING:
    from activevision.rollouts.engines import Engine
    from activevision.rollouts.recorder import Recorder

_ENVIRONMENTS = {True: 64, False: 8}  # on a view grid, where a step is a look-up, and where it is rendering
_FRAMES = 1024  # in a shard, or one batch of episodes if that is more
_FLOW = "flow"


@dataclass(frozen=True)
class Collect:
    """Collect egomotion-labelled rollouts into shards. Goes on where it was stopped."""

    choice: Annotated[WorldChoice, tyro.conf.arg(name="")] = field(default_factory=WorldChoice)
    split: str = "train"
    """train, val or test."""
    policy: str = "random"
    """What chooses the motions: random, sweep, single, and farthest on a grid or wander where it moves freely; or the
    folder of an agent that `activevision train` wrote, whose learnt policy then looks with its own recogniser."""
    episodes: int = 6000
    """Rollouts."""
    sensors: str = "rgb"
    """What is recorded, separated by commas: rgb, depth, instance, category, normal, position, and flow, which is
    forward and backward optical flow with its masks and comes with depth."""
    image: Literal["png", "jpg"] = "png"
    """Of rgb: png loses nothing, jpg is smaller."""
    out: str = "runs/rollouts"
    """Folder for the shards, or an fsspec URL (s3://…)."""
    workers: int | None = None
    """Processes that record at once: all processors unless given. The files do not depend on it."""
    engine: Literal["local", "ray"] = "local"
    """Who records: processes on this machine, or a Ray cluster."""
    ray_address: str = "auto"
    """Of the Ray cluster: the one that this machine belongs to unless given; local starts one here for this run."""
    seed: int = 0
    """Decides scenes, viewpoints and motions."""

    def run(self) -> None:
        world = self.choice.any_world()
        collect_rollouts(
            world,
            self.split,
            self.episodes,
            self.out,
            self.seed,
            self.policy,
            sensors=_sensors(self.sensors),
            image=self.image,
            engine=self._engine(),
        )
        if "://" not in self.out:
            note_run(Path(self.out), "collect", self)
        print(f"{self.episodes} rollouts are in {self.out}")

    def _engine(self) -> Engine:
        from activevision.errors import UserError
        from activevision.machine import cores
        from activevision.rollouts.engines import Processes, in_this_process

        if self.workers is not None and self.workers < 1:
            raise UserError(f"--workers {self.workers}: give at least 1.")
        if self.engine == "ray":
            from activevision.rollouts.ray_engine import OnRay

            if self.workers is not None:
                raise UserError("--workers is about this machine; a Ray cluster has its own: leave it out.")
            return OnRay(self.ray_address)
        workers = self.workers or cores()
        return in_this_process if workers == 1 else Processes(workers)


def collect_rollouts(
    world: World,
    split: str,
    episodes: int,
    out: Path | str,
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
    batch = _ENVIRONMENTS[world.on_grid]
    per_shard = batch * max(1, _FRAMES // (batch * world.protocol.views))
    collect(
        make_recorder,
        episodes,
        out,
        source,
        episodes_per_shard=per_shard,
        image=image,
        engine=engine or in_this_process,
    )


def _sensors(words: str) -> tuple[str, ...]:
    """Names from the command line, without repeats; rgb is always there, and depth beside flow."""
    from activevision.errors import unknown
    from activevision.simulators.simulator import SENSORS

    names = [name.strip() for name in words.split(",") if name.strip()]
    for name in names:
        if name not in SENSORS and name != _FLOW:
            raise unknown("sensor", name, (*SENSORS, _FLOW))
    needed = ["rgb", *(["depth"] if _FLOW in names else []), *names]
    return tuple(dict.fromkeys(needed))


def _recorder(world: World, split: str, seed: int, policy: str, sensors: tuple[str, ...]) -> Recorder:
    from activevision.commands.flow_pairs import FlowPairs
    from activevision.rollouts.environment import EnvironmentRecorder
    from activevision.rollouts.pairs import no_pairs

    env: Any = world.make(split, _ENVIRONMENTS[world.on_grid], sensors=tuple(name for name in sensors if name != _FLOW))
    mover: Any = None  # motions at random are drawn by the recorder itself, an episode at a time
    if Path(policy).is_dir():
        env, mover = _with_agent(env, world, Path(policy))
    elif policy != "random":
        from activevision.agents.policies import baseline

        baseline(world.protocol, policy, seed)  # a wrong name is an error before anything is written
        mover = policy, partial(baseline, world.protocol, policy)
    return EnvironmentRecorder(env, world.spec(split), seed, mover, FlowPairs() if _FLOW in sensors else no_pairs)


def _with_agent(env: Any, world: World, folder: Path) -> tuple[Any, Any]:
    """The environment with an agent's beliefs, and its learnt policy, named by what the agent consists of."""
    from activevision.agents.agent import Agent, policy_file
    from activevision.agents.belief_env import BeliefVectorEnv
    from activevision.commands.train import read_facts
    from activevision.errors import UserError
    from activevision.files import digest

    facts = read_facts(folder)
    if not facts["seeds"]:
        raise UserError(f"agent {folder} has no learnt policy: train one with --seeds of at least 1.")
    number = facts["seeds"][0]
    agent = Agent.load(folder, world.protocol)
    beliefs = BeliefVectorEnv(env, agent.recogniser, agent.fusion(facts["fusion"]))
    policy = agent.policy("ppo", number)
    return beliefs, (f"ppo {digest((folder / policy_file(number)).read_bytes())}", lambda seed: policy)
