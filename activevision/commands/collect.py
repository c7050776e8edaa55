"""``activevision collect``: rollouts with egomotion labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from activevision.commands.run_folder import note_run
from activevision.commands.world import World, WorldChoice
from activevision.errors import UserError

if TYPE_CHECKING:
    from activevision.rollouts.engines import Engine
    from activevision.rollouts.pairs import PairsOf
    from activevision.rollouts.recorder import Recorder
    from activevision.scenes import Catalogue

_ENVIRONMENTS = {True: 64, False: 8}  # on a view grid, where a step is a look-up, and where it is rendering
_FRAMES = 640  # in a shard, or one batch of episodes if that is more: small enough to keep all workers busy
_EPISODES = {True: 6000, False: 200}
_FILMED = {
    "walk": "rooms-procedural",
    "driving": "rooms-procedural",
    "kitti-like": "rooms-procedural",
    "handheld": "rooms-procedural",
    "orbit": "procedural",
    "tumble": "procedural",
    "turntable": "procedural",
}
"""Scenes of each motion, where the user names none."""
_FLOW = "flow"


@dataclass(frozen=True)
class Film:
    """Camera paths instead of an environment's motions."""

    motion: Literal["walk", "orbit", "tumble", "turntable", "handheld", "driving", "kitti-like"] | None = None
    """Film along smooth paths: a person who walks or holds the camera, a car that drives (also called kitti-like), an
    orbit, an orbit over all elevations, a turntable."""
    views: int = 128
    """Frames of an episode."""
    rate: float = 10.0
    """Frames a second."""
    pixels: int = 64
    """Width and height of the frames."""
    hfov_deg: float | None = None
    """Horizontal field of view: 45 of objects and 90 of places unless given."""
    per_scene: int = 1
    """Episodes in a row in one scene; making a scene costs as much as some frames of it."""


@dataclass(frozen=True)
class Collect:
    """Collect egomotion-labelled video into shards: of an environment under a policy, or along smooth camera paths.

    Goes on where it was stopped.
    """

    choice: Annotated[WorldChoice, tyro.conf.arg(name="")] = field(default_factory=WorldChoice)
    film: Annotated[Film, tyro.conf.arg(name="")] = field(default_factory=Film)
    split: str = "train"
    """train, val or test."""
    policy: str = "random"
    """What chooses the motions: random, sweep, single, and farthest on a grid or wander where it moves freely; or the
    folder of an agent that `activevision train` wrote, whose learnt policy then looks with its own recogniser."""
    episodes: int | None = None
    """Rollouts: 6000 on a view grid and 200 where every frame has to be rendered, unless given."""
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
        from activevision.rollouts.storage import Storage

        engine, sensors = self._engine(), _sensors(self.sensors)
        if self.seed < 0:
            raise UserError(f"--seed {self.seed}: give 0 or more.")
        if self.film.motion is None:
            if self.film != Film():
                raise UserError("--views, --rate, --pixels, --hfov-deg and --per-scene are of films: give a --motion.")
            world = self.choice.any_world()
            episodes = self._episodes(world.on_grid)
            collect_rollouts(world, self.split, episodes, self.out, self.seed, self.policy, sensors, self.image, engine)
        else:
            episodes = self._episodes(on_grid=False)
            self._film(episodes, sensors, engine)
        if folder := Storage(self.out).path:
            note_run(folder, "collect", self)
        print(f"{episodes} rollouts are in {self.out}")

    def _episodes(self, on_grid: bool) -> int:
        return _EPISODES[on_grid] if self.episodes is None else self.episodes

    def _film(self, episodes: int, sensors: tuple[str, ...], engine: Engine) -> None:
        if self.choice.env or self.choice.protocol or self.policy != "random":
            raise UserError("--env, --protocol and --policy are not of films: leave them out, or leave --motion out.")
        assert self.film.motion is not None
        choice = self.choice if self.choice.scenes else replace(self.choice, scenes=_FILMED[self.film.motion])
        spec = {"catalogue": choice.scenes, "catalogue_options": choice.options}
        collect_films(
            choice.catalogue(), spec, self.split, self.film, episodes, self.out, self.seed, sensors, self.image, engine,
            choice.simulator,
        )  # fmt: skip

    def _engine(self) -> Engine:
        from activevision.machine import cores
        from activevision.rollouts.engines import Processes, in_this_process
        from activevision.workers import check_workers

        check_workers(self.workers)
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
    make_recorder = partial(_recorder, world, split, seed, policy, sensors)
    batch = _ENVIRONMENTS[world.on_grid]
    _collect(make_recorder, world.catalogue, split, episodes, out, world.protocol.views, batch, image, engine)


def collect_films(
    catalogue: Catalogue,
    spec: Mapping[str, Any],
    split: str,
    film: Film,
    episodes: int,
    out: Path | str,
    seed: int,
    sensors: tuple[str, ...] = ("rgb",),
    image: str = "png",
    engine: Engine | None = None,
    simulator: str | None = None,
) -> None:
    """Films of a split into the folder ``out``; by this process unless another engine is given.

    spec: how the catalogue was asked for. film: with a motion.
    """
    from activevision.commands.stage import film_recorder

    assert film.motion is not None
    rendered, pairs = _parted(sensors)
    make_recorder = partial(
        film_recorder,
        catalogue,
        split,
        spec,
        film.motion,
        seed,
        width=film.pixels,
        height=film.pixels,
        hfov_deg=film.hfov_deg,
        views=film.views,
        rate=film.rate,
        sensors=rendered,
        pairs=pairs,
        per_scene=film.per_scene,
        simulator=simulator,
    )
    _collect(make_recorder, catalogue, split, episodes, out, film.views, film.per_scene, image, engine)


def _collect(
    make_recorder: Callable[[], Recorder],
    catalogue: Catalogue,
    split: str,
    episodes: int,
    out: Path | str,
    views: int,
    together: int,
    image: str,
    engine: Engine | None,
) -> None:
    """Collect what a recorder makes of a split; ``together``: episodes that are made at once, so kept in one shard."""
    from activevision.rollouts.collect import collect
    from activevision.rollouts.engines import in_this_process
    from activevision.rollouts.manifest import Source

    source = Source(catalogue.name, split, catalogue.licence, catalogue.credit)
    per_shard = together * max(1, _FRAMES // max(1, together * views))
    engine = engine or in_this_process
    collect(make_recorder, episodes, out, source, episodes_per_shard=per_shard, image=image, engine=engine)


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


def _parted(sensors: tuple[str, ...]) -> tuple[tuple[str, ...], PairsOf]:
    """What a simulator is to render, and what follows from neighbouring views."""
    from activevision.commands.flow_pairs import FlowPairs
    from activevision.rollouts.pairs import no_pairs

    return tuple(name for name in sensors if name != _FLOW), FlowPairs() if _FLOW in sensors else no_pairs


def _recorder(world: World, split: str, seed: int, policy: str, sensors: tuple[str, ...]) -> Recorder:
    from activevision.agents.policies import baseline
    from activevision.rollouts.environment import EnvironmentRecorder

    rendered, pairs = _parted(sensors)
    learnt = Path(policy).is_dir()
    mover: Any = None  # motions at random are drawn by the recorder itself, an episode at a time
    if not learnt and policy != "random":
        baseline(world.protocol, policy, seed)  # a wrong name is an error before anything is rendered or written
        mover = policy, partial(baseline, world.protocol, policy)
    env: Any = world.make(split, _ENVIRONMENTS[world.on_grid], sensors=rendered)
    if learnt:
        env, mover = _with_agent(env, world, Path(policy))
    return EnvironmentRecorder(env, world.spec(split), seed, mover, pairs)


def _with_agent(env: Any, world: World, folder: Path) -> tuple[Any, Any]:
    """The environment with an agent's beliefs, and its learnt policy, named by what the agent consists of."""
    import torch

    from activevision.agents.agent import Agent
    from activevision.agents.belief_env import BeliefVectorEnv
    from activevision.commands.train import read_facts
    from activevision.files import digest

    # what several threads sum up differs in the last bit from what one does, and beliefs are recorded
    torch.set_num_threads(1)
    facts = read_facts(folder)
    if not facts["policies"]:
        raise UserError(f"agent {folder} has no learnt policy: train one with --seeds of at least 1.")
    name, number = facts["policies"][0], facts["seeds"][0]
    agent = Agent.load(folder, world.protocol)
    fusion = agent.fusion(facts["fusion"])
    policy = agent.policy(name, number, fusion)
    beliefs = BeliefVectorEnv(env, agent.recogniser, fusion)
    return beliefs, (f"{name} {digest(agent.policy_file(name, number).read_bytes())}", lambda seed: policy)
