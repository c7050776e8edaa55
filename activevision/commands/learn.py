"""The stages from a world to a trained agent, as the demo and an evaluation without an agent go through them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.agents.config import AgentConfig
from activevision.commands.world import WorldChoice
from activevision.encoders.config import PretrainConfig
from activevision.files import read_json, write_json

if TYPE_CHECKING:
    from activevision.agents.agent import Agent


class Stopwatch:
    """Seconds by stage, kept in a file, so that a run that was stopped and gone on with has all of its time."""

    def __init__(self, path: Path):
        self._path = path
        self.seconds: dict[str, float] = read_json(path) if path.exists() else {}

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


def learn(
    choice: WorldChoice,
    episodes: int,
    pretrain: PretrainConfig,
    agent: AgentConfig,
    out: Path,
    seed: int,
    timed: Stopwatch,
) -> tuple[Agent, dict[str, Any]]:
    """Rollouts, an encoder on them, an agent on both; the agent and the encoder's figures. Goes on where it stopped."""
    from activevision.commands.collect import collect_rollouts
    from activevision.commands.pretrain import pretrain_with_baseline
    from activevision.commands.train import train_in
    from activevision.rollouts.dataset import WindowDataset

    world = choice.world()
    with timed("collect"):
        for split, count in (("train", episodes), ("val", episodes // 4)):
            collect_rollouts(world, split, count, out / "rollouts" / split, seed)
        train, heldout = (WindowDataset.load(out / "rollouts" / split) for split in ("train", "val"))
    with timed("pretrain"):
        encoder, figures = pretrain_with_baseline(pretrain, train, heldout, out / "encoder")
    with timed("train"):
        return train_in(out / "agent", choice, encoder, train, heldout, agent, figures), figures
