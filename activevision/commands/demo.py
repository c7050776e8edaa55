"""``activevision demo``: the whole loop on real furniture, from scenes to a report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import tyro

from activevision.agents.config import AgentConfig, PPOConfig, RecogniserConfig, RecurrentConfig
from activevision.commands.learn import Stopwatch, affordable_recogniser, learn
from activevision.commands.run_folder import command_line, open_run
from activevision.commands.world import WorldChoice
from activevision.encoders.config import PretrainConfig
from activevision.errors import UserError

_AUTO = "auto"
_ROLLOUTS = {True: 4500, False: 1000}
_LEAST = 4


@dataclass(frozen=True)
class Demo:
    """See the whole loop in a few minutes: scenes, rollouts, encoder, agent, evaluation, report.

    Looks at real furniture where it is cached or can be fetched, else at procedural objects, and says which and why.
    """

    choice: Annotated[WorldChoice, tyro.conf.arg(name="")] = field(default_factory=lambda: WorldChoice(scenes=_AUTO))
    episodes: int | None = None
    """Rollouts to learn from: 4500 on a view grid, 1000 where every view has to be rendered, unless given."""
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
        from activevision.commands.compare import write_evaluation
        from activevision.commands.matches import OWN, STARTS, Venue, matches, play_all
        from activevision.commands.pairings import ordered_fusions, pairings, policies_of
        from activevision.envs.registration import ACTIVE_OBJECT
        from activevision.evaluation.intervals import DEFAULT

        if self.episodes is not None and self.episodes < _LEAST:
            raise UserError(
                f"--episodes {self.episodes}: give at least {_LEAST}, since a quarter as many are for validation."
            )
        if self.seeds < 0 or self.seed < 0:
            raise UserError(f"--seeds {self.seeds} --seed {self.seed}: give 0 or more.")
        start = time.perf_counter()
        choice = resolve_scenes(self.choice)
        world = choice.world()
        DEFAULT.require(len(world.catalogue.scenes("test")), "scenes")
        with open_run(self.out, "demo", replace(self, choice=choice)):
            timed = Stopwatch(self.out / "seconds.json")
            timed.add("scenes", time.perf_counter() - start)
            config = replace(self.agent, seed=self.seed, seeds=self.seeds)
            if world.env != ACTIVE_OBJECT:  # what a room is, is harder to learn than what a thing is
                config = replace(config, recogniser=affordable_recogniser(world))
            pretrain = replace(self.pretrain, seed=self.seed)
            agent, figures = learn(
                choice, self.episodes or _ROLLOUTS[world.on_grid], pretrain, config, self.out, self.seed, timed
            )
            with timed("evaluate"):
                seeds, learnt = range(self.seed, self.seed + self.seeds), config.policies if self.seeds else ()
                venue = Venue(
                    agent.folder, world, "test", STARTS[world.on_grid], world.facts("test"), self.out / "logs"
                )
                fusions = ordered_fusions(config.fusions, config.fusion)
                pairs = pairings(policies_of(world.on_grid, learnt), fusions, fusions)
                logs = play_all(venue, matches(pairs, [OWN], seeds))
            write_evaluation(logs, world, "test", figures, timed.seconds, self.out, command_line())


def resolve_scenes(choice: WorldChoice) -> WorldChoice:
    """For "auto", what is made of furniture where that is cached or can be fetched, else what is procedural.

    Says which, and why.

    Procedural objects are ambiguous unless the user says how much, because the demo is about choosing views.
    """
    if choice.scenes == "procedural" and choice.ambiguity is None:
        return replace(choice, ambiguity=1.0)
    if choice.scenes != _AUTO:
        return choice.resolved()
    choice = choice.resolved()  # a wrong environment is an error before anything is fetched
    from activevision.progress import console
    from activevision.scenes.furniture import fetch_furniture, furniture_available

    rooms = choice.env != "activevision/ActiveObject-v0"
    try:
        if not furniture_available():
            fetch_furniture()
    except UserError as error:
        what = "rooms of procedural pieces" if rooms else "procedural objects"
        console.print(f"Looking at {what}, because furniture cannot be fetched: {error}", soft_wrap=True)
        return resolve_scenes(replace(choice, scenes="rooms-procedural" if rooms else "procedural"))
    what = "rooms with" if rooms else "real furniture:"
    console.print(f"Looking at {what} the models of Sweet Home 3D, from the cache.", soft_wrap=True)
    return replace(choice, scenes="rooms" if rooms else "furniture")
