"""``activevision benchmark recognition``: the whole ladder on a suite, from scenes to scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.agents.config import JOINT
from activevision.commands.suites import Suite
from activevision.scenes import SPLITS

if TYPE_CHECKING:
    from activevision.commands.learn import Stopwatch
    from activevision.evaluation.log import TrajectoryLog


_FLOOR = "random/recurrent"
"""What the gap to all views begins at, as in the published comparisons: random views, fused by a network."""

RAW = "raw_scores.npz"


@dataclass(frozen=True)
class _Settings:
    """What decides a run; more seeds may be added to one."""

    name: str
    suite: Suite


def run_suite(name: str, suite: Suite, seeds: int, out: Path, workers: int | None = None) -> dict[str, Any]:
    """Train and evaluate the ladder in the folder ``out`` and return the results. Goes on where it was stopped.

    Every fold has an encoder, a recogniser, fusions and policies of its own, and is tested on objects that none of them
    has seen; the logs of all folds are scored as one.
    """
    from activevision.commands.compare import write_evaluation
    from activevision.commands.learn import Stopwatch
    from activevision.commands.run_folder import command_line, open_run
    from activevision.evaluation.published import LIKE, ORDER
    from activevision.evaluation.raw_scores import write_raw_scores

    with open_run(out, "benchmark recognition", _Settings(name, suite)):
        timed = Stopwatch(out / "seconds.json")
        logs: list[TrajectoryLog] = []
        for part in range(1, suite.folds + 1):
            choice = suite.world if suite.folds == 1 else replace(suite.world, fold=f"{part}/{suite.folds}")
            agent = replace(suite.agent, seeds=seeds)
            logs += _fold(replace(suite, world=choice, agent=agent), out / f"fold-{part}", timed, workers)
        whole = suite.world.world()
        entries = [entry for split in SPLITS for entry in whole.catalogue.scenes(split)]
        write_raw_scores(logs, {entry.id: entry.group for entry in entries}, out / RAW)
        order = [LIKE[method][0] for method in ORDER]
        return write_evaluation(
            logs,
            whole,
            logs[0].catalogue["split"],
            {},
            timed.seconds,
            out,
            command_line(),
            pairs=[*pairwise(order), *((agent, _FLOOR) for agent in JOINT)],
            floor=_FLOOR,
        )


def _fold(suite: Suite, out: Path, timed: Stopwatch, workers: int | None) -> list[TrajectoryLog]:
    """The logs of one fold, from nothing."""
    from activevision.commands.learn import gather
    from activevision.commands.matches import OWN, TRUTH, Venue, matches, play_all
    from activevision.commands.pairings import ordered_fusions, pairings, policies_of
    from activevision.commands.train import train_in
    from activevision.encoders.pretrain import pretrain

    world, config = suite.world.world(), suite.agent
    with timed("collect"):
        train, heldout, views = gather(world, suite.episodes, out, config.seed)
    with timed("pretrain"):
        encoder = pretrain(suite.pretrain, train, out / "encoder").encoder
    with timed("train"):
        train_in(out / "agent", suite.world, encoder, train, heldout, config, {}, views, workers)
    seeds = range(config.seed, config.seed + config.seeds)
    fusions = ordered_fusions(config.fusions, config.fusion)
    pairs = pairings(policies_of(world.on_grid, config.policies), fusions, fusions)
    venue = Venue(out / "agent", world, "test", suite.starts, world.facts("test"), out / "logs")
    wanted = matches(pairs, (OWN,), seeds)
    wanted += matches({policy: (main,) for policy, (main, *_) in pairs.items()}, (TRUTH,), seeds)
    with timed("evaluate"):
        return play_all(venue, wanted, workers)
