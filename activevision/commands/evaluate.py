"""``activevision evaluate``: policies and fusions against each other, with intervals and a report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from activevision.agents.config import FUSIONS, JOINT, TRAINED, AgentConfig, RecurrentConfig
from activevision.commands.matches import OWN, TRUTH
from activevision.commands.run_folder import command_line, open_run
from activevision.commands.world import WorldChoice
from activevision.encoders.config import PretrainConfig

if TYPE_CHECKING:
    from activevision.agents.agent import Agent
    from activevision.commands.learn import Stopwatch

# on a view grid, and where every view has to be rendered: rollouts, and rooms a class
_SMALL_ROLLOUTS, _SMALL_ROOMS = {True: 1500, False: 400}, {True: 60, False: 40}


@dataclass(frozen=True)
class Evaluate:
    """Evaluate an agent's policies and fusions on scenes that it has not seen; write results.json and report.html."""

    agent: Path | None = None
    """Folder that ``activevision train`` wrote. Without one a small agent is trained first, whose policies learn
    nothing, for the environment and the scenes given; of rooms that are made to order there are then 60 a class on a
    view grid and 40 elsewhere, unless --per-class says otherwise."""
    choice: Annotated[WorldChoice, tyro.conf.arg(name="")] = field(default_factory=WorldChoice)
    """Of an agent: other scenes with the classes that it knows; its own unless given."""
    split: str = "test"
    """train, val or test. Of test scenes the agent may have seen none; train and val are what it learnt from."""
    policies: Annotated[tuple[str, ...], tyro.conf.arg(aliases=["--policy"])] = ()
    """Policies to compare: all that the agent has, unless given; package.module:Class is one of your own, made with the
    protocol and a seed. all_views and the oracles are ceilings; peek_saliency is unfair, as it sees views before it
    goes there."""
    fusions: Annotated[tuple[str, ...], tyro.conf.arg(aliases=["--fusion"])] = ()
    """Fusions: the first is the main one, the others are swapped in with the policy held fixed. None given: all, the
    one that the policy was trained with first. package.module:Class is one of your own, made with the number of
    classes."""
    recognisers: Annotated[tuple[str, ...], tyro.conf.arg(aliases=["--recogniser"])] = (OWN,)
    """Who looks: own, the agent's; truth, what an ideal one could say of each view of a grid; package.module:Class is
    one of yours, made with the names of the classes."""
    workers: int | None = None
    """Processes; as many as there are cores where that pays, unless given."""
    episodes: int | None = None
    """Starts of every scene and seed: 12 on a view grid, 3 where every view has to be rendered, unless given."""
    out: Path = Path("runs/evaluation")
    """Folder for the logs, the results and the report."""
    seed: int | None = None
    """Only this seed; by default those of all trained policies."""

    def run(self) -> None:
        from activevision.agents.agent import Agent
        from activevision.agents.named import is_own, named_class
        from activevision.commands.compare import write_evaluation
        from activevision.commands.learn import Stopwatch
        from activevision.commands.matches import STARTS, Venue, matches, play_all
        from activevision.commands.pairings import ordered_fusions, pairings, policies_of
        from activevision.commands.unseen import check_unseen
        from activevision.errors import UserError, unknown
        from activevision.evaluation.intervals import DEFAULT
        from activevision.workers import check_workers

        facts, choice = (None, _enough(self.choice)) if self.agent is None else _as_trained(self.agent, self.choice)
        world = choice.world()
        if facts is not None and tuple(world.catalogue.classes) != tuple(facts["classes"]):
            raise UserError(
                f"agent {self.agent} knows other classes than catalogue {world.catalogue.name!r} has: train one on it."
            )
        if facts is not None and self.split == "test":
            assert self.agent is not None
            check_unseen(self.agent, facts, world.catalogue)
        trained, learnt = (facts["seeds"], facts["policies"]) if facts else ([], [])
        policies = self.policies or policies_of(world.on_grid, learnt)
        fitted, main = (facts["fusions"], facts["fusion"]) if facts else (AgentConfig.fusions, AgentConfig.fusion)
        joint = [name for name in learnt if name in JOINT]
        classes = tuple(world.catalogue.classes)
        made_with = {"policy": (world.protocol, 0), "fusion": (len(classes),), "recogniser": (classes,)}
        for kind, names, known in (
            ("policy", policies, policies_of(world.on_grid, (*TRAINED, *JOINT))),
            ("fusion", self.fusions, (*FUSIONS, *joint)),
            ("recogniser", self.recognisers, (OWN, TRUTH) if world.on_grid else (OWN,)),
        ):
            for name in names:
                if is_own(name):  # what is wrong with it is an error before anything is trained
                    named_class(kind, name, {})(*made_with[kind])
                elif name not in known:
                    raise unknown(kind, name, known)
                elif kind == "fusion" and name not in (*fitted, *joint):
                    raise UserError(
                        f"fusion {name!r} has to be fitted: give an --agent of `activevision train --fusions {name} …`."
                    )
        seeds = (trained or [0]) if self.seed is None else [self.seed]
        for name in policies:
            if name in (*TRAINED, *JOINT) and name not in learnt:
                raise UserError(
                    f"policy {name!r} has to be trained: give an --agent of `activevision train --policies {name}`."
                )
        if any(name in learnt for name in policies) and not set(seeds) <= set(trained):
            raise UserError(f"agent {self.agent} has no policy of seed {self.seed}: it has seeds {trained}.")
        # a wrong split, or one that no interval can be made of, is an error before anything is trained
        DEFAULT.require(len(world.catalogue.scenes(self.split)), "scenes")
        check_workers(self.workers)
        if self.episodes is not None and self.episodes < 1:
            raise UserError(f"episodes={self.episodes}: start every scene at least once.")
        with open_run(self.out, "evaluate", self):
            timed = Stopwatch(self.out / "seconds.json")
            if facts is None:
                agent, figures = _small_agent(choice, self.out, seeds[0], timed)
            else:
                assert self.agent is not None
                agent, figures = Agent.load(self.agent, world.protocol), facts["encoder"]
            pairs = pairings(policies, self.fusions or ordered_fusions(fitted, main), fitted)
            venue = Venue(
                agent.folder, world, self.split, self.episodes or STARTS[world.on_grid], world.facts(self.split),
                self.out / "logs",
            )  # fmt: skip
            with timed("evaluate"):
                logs = play_all(venue, matches(pairs, self.recognisers, seeds), self.workers)
            write_evaluation(logs, world, self.split, figures, timed.seconds, self.out, command_line())


def _as_trained(folder: Path, choice: WorldChoice) -> tuple[dict[str, Any], WorldChoice]:
    """What a folder says of its agent, and the world it was trained in, with other scenes where ``choice`` has some."""
    from activevision.commands.train import read_facts
    from activevision.errors import UserError

    facts = read_facts(folder)
    trained = WorldChoice(**facts["world"])
    for name, asked, has in (("env", choice.env, trained.env), ("protocol", choice.protocol, trained.protocol)):
        if asked and asked != has:
            raise UserError(f"agent {folder} was trained with --{name} {has}: leave --{name} out.")
    given = {name: value for name, value in vars(choice).items() if value not in (None, "")}
    if "scenes" in given:  # options of the trained scenes do not go with other ones
        return facts, replace(choice, env=trained.env, protocol=trained.protocol)
    return facts, replace(trained, **given)


def _enough(choice: WorldChoice) -> WorldChoice:
    """With as many rooms to learn from and to be tested on as a few minutes allow, where they are made to order."""
    from activevision.explore_protocol import EXPLORE_PROTOCOLS

    choice = choice.resolved()
    if choice.per_class is None and choice.scenes in ("rooms", "rooms-procedural"):
        return replace(choice, per_class=_SMALL_ROOMS[choice.protocol not in EXPLORE_PROTOCOLS])
    return choice


def _small_agent(choice: WorldChoice, out: Path, seed: int, timed: Stopwatch) -> tuple[Agent, dict[str, Any]]:
    """An agent of a few minutes, whose policies learn nothing."""
    from activevision.commands.learn import affordable_recogniser, learn

    world = choice.world()
    agent = AgentConfig(
        recogniser=affordable_recogniser(world), recurrent=RecurrentConfig(steps=400), seeds=0, seed=seed
    )
    return learn(choice, _SMALL_ROLLOUTS[world.on_grid], PretrainConfig(epochs=2, seed=seed), agent, out, seed, timed)
