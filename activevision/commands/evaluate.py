"""``activevision evaluate``: policies and fusions against each other, with intervals and a report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from activevision.agents.config import FUSIONS
from activevision.agents.policies import POLICIES
from activevision.commands.choices import SceneChoice, make_env
from activevision.commands.run_folder import command_line, open_run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from activevision.agents.agent import Agent
    from activevision.evaluation.log import TrajectoryLog
    from activevision.evaluation.report.filmstrip import Filmstrip
    from activevision.protocol import Protocol
    from activevision.scenes import Catalogue

_AS_TRAINED = "as-trained"
_SWAPPED = ("random", "farthest", "ppo")
_FILM_SIDE = 160


@dataclass(frozen=True)
class Evaluate:
    """Evaluate an agent's policies and fusions on held-out objects and write results.json and report.html."""

    agent: Path = Path("runs/agent")
    """Folder that ``activevision train`` wrote."""
    choice: Annotated[SceneChoice, tyro.conf.arg(name="")] = field(default_factory=lambda: SceneChoice(_AS_TRAINED))
    """Scenes with the classes that the agent knows."""
    split: str = "test"
    """train, val or test."""
    policies: tuple[str, ...] = POLICIES
    """Policies to compare; all_views and oracle are ceilings."""
    fusions: tuple[str, ...] = ()
    """Fusions: the first is the main one, the others are swapped in with the policy held fixed. None given: all, the
    one that the policy was trained with first."""
    episodes: int = 12
    """Starts of every object and seed."""
    out: Path = Path("runs/evaluation")
    """Folder for the logs, the results and the report."""
    seed: int | None = None
    """Only this seed; by default those of all trained policies."""

    def run(self) -> None:
        from activevision.agents.agent import Agent
        from activevision.commands.train import AGENT, SCHEMA
        from activevision.errors import UserError, unknown
        from activevision.files import read_json
        from activevision.protocol import Protocol

        for kind, names, known in (("policy", self.policies, POLICIES), ("fusion", self.fusions, FUSIONS)):
            for name in names:
                if name not in known:
                    raise unknown(kind, name, known)
        if not self.policies:
            raise UserError(f"no policies to evaluate: choose from {', '.join(POLICIES)}.")
        if not (self.agent / AGENT).exists():
            raise UserError(f"no finished agent in {self.agent}: give a folder that `activevision train` completed.")
        facts = read_json(self.agent / AGENT)
        if facts.get("schema") != SCHEMA:
            raise UserError(f"agent {self.agent} is of another version (schema {facts.get('schema')}): train it again.")
        protocol = Protocol.from_json(facts["protocol"])
        agent = Agent.load(self.agent, protocol)
        as_trained = self.choice.scenes == _AS_TRAINED
        catalogue = (SceneChoice(**facts["scenes"]) if as_trained else self.choice).catalogue()
        if tuple(catalogue.classes) != tuple(facts["classes"]):
            raise UserError(
                f"agent {self.agent} knows other classes than catalogue {catalogue.name!r} has: train one on it."
            )
        open_run(self.out, "evaluate", self)
        fusions = self.fusions or ordered_fusions(facts["fusion"])
        seeds = facts["seeds"] if self.seed is None else [self.seed]
        if "ppo" in self.policies and not set(seeds) <= set(facts["seeds"]):
            raise UserError(f"agent {self.agent} has no policy of seed {self.seed}: it has seeds {facts['seeds']}.")
        start = time.perf_counter()
        logs = play_all(agent, catalogue, self.split, protocol, self.policies, fusions, self.episodes, seeds)
        seconds = {"evaluate": time.perf_counter() - start}
        write_evaluation(logs, catalogue, self.split, protocol, facts["encoder"], seconds, self.out, command_line())


def ordered_fusions(first: str) -> tuple[str, ...]:
    """All fusions, beginning with the main one."""
    return (first, *(name for name in FUSIONS if name != first))


def play_all(
    agent: Agent,
    catalogue: Catalogue,
    split: str,
    protocol: Protocol,
    policies: Sequence[str],
    fusions: Sequence[str],
    episodes: int,
    seeds: Sequence[int],
) -> list[TrajectoryLog]:
    """Every policy with the first fusion, and some with the others, from the same starts."""
    from activevision.agents.evidence import EvidenceTable
    from activevision.agents.policies import CEILINGS
    from activevision.agents.policies.ceilings import Oracle
    from activevision.evaluation.play import Starts, all_views_log, play
    from activevision.progress import progress

    entries = catalogue.scenes(split)
    env = make_env(catalogue, split, protocol, len(entries) * episodes)
    table = EvidenceTable.build(agent.recogniser, env, "Looking at test views")
    facts = {
        "name": catalogue.name, "classes": list(catalogue.classes), "split": split, "scenes": len(entries),
        "licence": catalogue.licence, "credit": catalogue.credit,
    }  # fmt: skip
    runs = [(policy, fusions[0]) for policy in policies]
    runs += [(policy, fusion) for fusion in fusions[1:] for policy in policies if policy in _SWAPPED]
    logs: list[TrajectoryLog] = []
    with progress("Evaluating", len(runs) * len(seeds), "runs") as advance:
        for seed in seeds:
            starts = Starts(len(entries), protocol.grid_shape, episodes, seed)
            for name, fusion_name in runs:
                fusion = agent.fusion(fusion_name)
                if name == "oracle":
                    log = play(env, table, fusion, lambda e, f=fusion: Oracle(e, table, f, protocol), starts, facts)  # type: ignore[misc]
                else:
                    inner = "single" if name in CEILINGS else name
                    log = play(env, table, fusion, lambda _, n=inner, s=seed: agent.policy(n, s), starts, facts)  # type: ignore[misc]
                    if name == "all_views":
                        log = all_views_log(log, table, fusion, starts, protocol)
                logs.append(log)
                advance(1)
    return logs


def write_evaluation(
    logs: list[TrajectoryLog],
    catalogue: Catalogue,
    split: str,
    protocol: Protocol,
    encoder: dict[str, Any],
    seconds: dict[str, float],
    out: Path,
    command: str,
) -> dict[str, Any]:
    """Logs, results.json and report.html into a folder; prints the table and the report's path; returns the results."""
    from rich.console import Console

    from activevision.evaluation.log import concatenate
    from activevision.evaluation.report.page import write_report
    from activevision.evaluation.results import build_results, table, write_results
    from activevision.files import read_json

    for policy, fusion in dict.fromkeys((log.policy, log.fusion) for log in logs):
        runs = [log for log in logs if (log.policy, log.fusion) == (policy, fusion)]
        concatenate(runs).save(out / "logs" / f"{policy}-{fusion}.npz")
    results = build_results(logs, encoder, {name: round(value, 1) for name, value in seconds.items()})
    write_results(results, out / "results.json")
    config = read_json(out / "config.json")
    write_report(
        results, filmstrips(logs, catalogue, split, protocol), out / "report.html", command=command, config=config
    )
    Console().print(table(results))
    print(f"report: {out / 'report.html'}")
    return results


def filmstrips(
    logs: Sequence[TrajectoryLog], catalogue: Catalogue, split: str, protocol: Protocol, shown: int = 6
) -> list[Filmstrip]:
    """The same starts under the learnt policy and under random motions, one object a class, classes evenly spread.

    The objects are the first of their class in the split, whatever became of them. Frames are rendered anew, larger
    than the agent sees them.
    """
    import numpy as np

    from activevision.evaluation.report.filmstrip import Filmstrip

    main = {log.policy: log for log in reversed(logs) if log.fusion == logs[0].fusion}
    compared = [main[name] for name in ("ppo", "random") if name in main] or [logs[0]]
    labels = np.unique(compared[0].label)
    chosen = labels[np.linspace(0, len(labels) - 1, min(shown, len(labels))).round().astype(int)]
    episodes = [int(np.flatnonzero(compared[0].label == label)[0]) for label in chosen]
    index = {entry.id: entry for entry in catalogue.scenes(split)}
    return [
        Filmstrip(
            policy=log.policy,
            scene=str(log.scene[episode]),
            label=int(log.label[episode]),
            frames=_film(index[str(log.scene[episode])], log.pose[episode], protocol),
            belief=log.belief[episode],
            viewpoints=log.viewpoint[episode],
        )
        for episode in episodes
        for log in compared
    ]


def _film(entry: Any, poses: NDArray[np.float64], protocol: Protocol) -> NDArray[np.uint8]:
    from activevision.camera import Camera
    from activevision.simulators.embree_simulator import EmbreeSimulator

    simulator = EmbreeSimulator([entry.load().fitted()])
    try:
        camera = Camera(_FILM_SIDE, round(_FILM_SIDE * protocol.height / protocol.width), protocol.hfov_deg)
        return simulator.render([0] * len(poses), poses, camera)["rgb"]
    finally:
        simulator.close()
