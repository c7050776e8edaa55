"""``activevision demo``: the whole loop on real furniture, from scenes to a report."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import tyro

from activevision.agents.config import AgentConfig, PPOConfig, RecogniserConfig, RecurrentConfig
from activevision.commands.choices import SceneChoice
from activevision.commands.run_folder import command_line, open_run
from activevision.encoders.config import PretrainConfig
from activevision.files import read_json, write_json

_AUTO = "auto"
_STARTS = 12  # of every test object and seed


@dataclass(frozen=True)
class Demo:
    """See the whole loop in a few minutes: scenes, rollouts, encoder, agent, evaluation, report.

    Looks at real furniture where it is cached or can be fetched, else at procedural objects, and says which and why.
    """

    choice: Annotated[SceneChoice, tyro.conf.arg(name="")] = field(default_factory=lambda: SceneChoice(scenes=_AUTO))
    protocol: str = "look-around"
    """Name of a protocol: look-around or look-ahead."""
    episodes: int = 4500
    """Rollouts to learn from."""
    pretrain: tyro.conf.Suppress[PretrainConfig] = field(default_factory=lambda: PretrainConfig(epochs=2))
    agent: tyro.conf.Suppress[AgentConfig] = field(
        default_factory=lambda: AgentConfig(
            recogniser=RecogniserConfig(epochs=5), recurrent=RecurrentConfig(steps=400), ppo=PPOConfig(steps=100_000)
        )
    )
    seeds: int = 1
    """Policies trained and evaluated, with seeds from ``seed`` up."""
    out: Path = Path("runs/demo")
    """Folder of the run. A run that was stopped goes on from there."""
    seed: int = 0
    """Decides everything that is drawn."""

    def run(self) -> None:
        from activevision.commands.collect import collect_rollouts
        from activevision.commands.evaluate import POLICIES, ordered_fusions, play_all, write_evaluation
        from activevision.commands.pretrain import pretrain_with_baseline
        from activevision.commands.train import train_in
        from activevision.protocol import get_protocol
        from activevision.rollouts.dataset import WindowDataset

        start = time.perf_counter()
        choice = resolve_scenes(self.choice)
        catalogue, protocol = choice.catalogue(), get_protocol(self.protocol)
        open_run(self.out, "demo", replace(self, choice=choice))
        timed = _Stopwatch(self.out / "seconds.json")
        timed.add("scenes", time.perf_counter() - start)
        with timed("collect"):
            for split, count in (("train", self.episodes), ("val", self.episodes // 4)):
                collect_rollouts(catalogue, split, protocol, count, self.out / "rollouts" / split, self.seed)
            train, heldout = (WindowDataset.load(self.out / "rollouts" / split) for split in ("train", "val"))
        with timed("pretrain"):
            config = replace(self.pretrain, seed=self.seed)
            encoder, figures = pretrain_with_baseline(config, train, heldout, self.out / "encoder")
        with timed("train"):
            agent_config = replace(self.agent, seed=self.seed, seeds=self.seeds)
            agent = train_in(self.out / "agent", choice, encoder, train, catalogue, protocol, agent_config, figures)
        with timed("evaluate"):
            seeds = range(self.seed, self.seed + self.seeds)
            fusions = ordered_fusions(agent_config.fusion)
            logs = play_all(agent, catalogue, "test", protocol, POLICIES, fusions, _STARTS, seeds)
        write_evaluation(logs, catalogue, "test", protocol, figures, timed.seconds, self.out, command_line())


class _Stopwatch:
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


def resolve_scenes(choice: SceneChoice) -> SceneChoice:
    """Furniture for "auto" where it is cached or can be fetched, else procedural objects, with the reason printed.

    Procedural objects are ambiguous unless the user says how much, because the demo is about choosing views.
    """
    if choice.scenes == "procedural" and choice.ambiguity is None:
        return replace(choice, ambiguity=1.0)
    if choice.scenes != _AUTO:
        return choice
    from activevision.errors import UserError
    from activevision.progress import console
    from activevision.scenes.furniture import fetch_furniture, furniture_available

    try:
        if not furniture_available():
            fetch_furniture()
    except UserError as error:
        console.print(f"Looking at procedural objects, because furniture cannot be fetched: {error}", soft_wrap=True)
        return resolve_scenes(replace(choice, scenes="procedural"))
    console.print("Looking at real furniture: the models of Sweet Home 3D, from the cache.", soft_wrap=True)
    return replace(choice, scenes="furniture")
