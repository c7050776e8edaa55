"""The stages from a world to a trained agent, as the demo and an evaluation without an agent go through them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.agents.config import AgentConfig, RecogniserConfig
from activevision.commands.world import World, WorldChoice
from activevision.encoders.config import PretrainConfig
from activevision.files import read_object, write_json

if TYPE_CHECKING:
    from gymnasium.vector import VectorEnv

    from activevision.agents.agent import Agent
    from activevision.agents.views import SceneViews
    from activevision.rollouts.dataset import WindowDataset

_VIEWS_A_SCENE = 40  # where the camera moves freely; a grid has its own number
_PIXELS = 900e6  # that a recogniser looks at: what a processor takes about two minutes over
_LEAST_EPOCHS, _MOST_EPOCHS = 3, 20


class Stopwatch:
    """Seconds by stage, kept in a file, so that a run that was stopped and gone on with has all of its time."""

    def __init__(self, path: Path):
        self._path = path
        self.seconds: dict[str, float] = read_object(path) if path.exists() else {}

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - start)

    def add(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        write_json(self._path, self.seconds)


def affordable_recogniser(world: World) -> RecogniserConfig:
    """As many passes over the views of every training scene as a few minutes allow."""
    protocol = world.protocol
    views = len(world.catalogue.scenes("train")) * _views_a_scene(world)
    epochs = int(_PIXELS / (views * protocol.height * protocol.width))
    return RecogniserConfig(epochs=min(max(epochs, _LEAST_EPOCHS), _MOST_EPOCHS), shift=3)


def _views_a_scene(world: World) -> int:
    from activevision.protocol import Protocol

    return world.protocol.grid_size if isinstance(world.protocol, Protocol) else _VIEWS_A_SCENE


def gather(world: World, episodes: int, out: Path, seed: int) -> tuple[WindowDataset, WindowDataset, SceneViews]:
    """Rollouts of the training and, a quarter as many, of the validation split, and views of every training scene."""
    from activevision.commands.collect import collect_rollouts
    from activevision.rollouts.dataset import WindowDataset

    for split, count in (("train", episodes), ("val", episodes // 4)):
        if not _is_collected(out / "rollouts" / split, count):  # opening a world of rooms takes minutes
            collect_rollouts(world, split, count, out / "rollouts" / split, seed)
    train, heldout = (WindowDataset.load(out / "rollouts" / split) for split in ("train", "val"))
    return train, heldout, _views_of_every_scene(world, out / "views.npz", seed)


def learn(
    choice: WorldChoice,
    episodes: int,
    pretrain: PretrainConfig,
    agent: AgentConfig,
    out: Path,
    seed: int,
    timed: Stopwatch,
) -> tuple[Agent, dict[str, Any]]:
    """Rollouts, an encoder on them, an agent on both and on views of every training scene; the agent and the encoder's
    figures. Goes on where it stopped."""
    from activevision.commands.pretrain import pretrain_with_baseline
    from activevision.commands.train import train_in

    with timed("collect"):
        train, heldout, views = gather(choice.world(), episodes, out, seed)
    with timed("pretrain"):
        encoder, figures = pretrain_with_baseline(pretrain, train, heldout, out / "encoder")
    with timed("train"):
        return train_in(out / "agent", choice, encoder, train, heldout, agent, figures, views), figures


def _is_collected(folder: Path, episodes: int) -> bool:
    from activevision.rollouts.manifest import FILE, Manifest

    return (folder / FILE).exists() and Manifest.read(folder).finished == episodes


def _views_of_every_scene(world: World, path: Path, seed: int) -> SceneViews:
    """All of the training grids, whose frames are on disk; where there is none, views from random starts, kept."""
    from activevision.agents.views import SceneViews

    each = _views_a_scene(world)
    if path.exists():
        return SceneViews.load(path)
    if world.on_grid:
        with contextlib.closing(world.make("train", each)) as env:
            return SceneViews.gather(env, seed)
    with contextlib.closing(_unprepared(world, "train", each // 2)) as env:  # two views for each copy
        views = SceneViews.gather(env, seed)
    views.save(path)
    return views


def _unprepared(world: World, split: str, num_envs: int) -> VectorEnv:
    """``world.make`` for who visits scene after scene: they are made ready on the way, and so only once."""
    import gymnasium

    return gymnasium.make_vec(
        world.env,
        num_envs=num_envs,
        vectorization_mode="vector_entry_point",
        catalogue=world.catalogue,
        split=split,
        protocol=world.protocol,
        autoreset_mode="Disabled",
    )
