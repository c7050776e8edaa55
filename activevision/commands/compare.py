"""Every policy from the same starts, and what came out: logs, results, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.agents.config import JOINT
from activevision.agents.policies import BASELINES, CEILINGS, WANDERERS
from activevision.commands.world import World

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from activevision.agents.agent import Agent
    from activevision.evaluation.log import TrajectoryLog
    from activevision.evaluation.report.filmstrip import Filmstrip

_SWAPPED = ("random", "farthest", "wander", "ppo")
_FILM_SIDE = 160

STARTS = {True: 12, False: 3}
"""Of every scene and seed, on a view grid and where every view has to be rendered."""


def policies_of(world: World, trained: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the policies that a world has, with those that an agent has learnt."""
    return (*BASELINES, *trained, *CEILINGS) if world.on_grid else tuple(WANDERERS)


def ordered_fusions(fusions: Sequence[str], first: str) -> tuple[str, ...]:
    """Fusions, beginning with the main one."""
    return (first, *(name for name in fusions if name != first))


def pairings(policies: Sequence[str], fusions: Sequence[str]) -> list[tuple[str, str]]:
    """Policies with fusions: all with the first fusion, some with the others, and what was trained as one with its
    own part and each part with the usual other one."""
    runs = [(policy, fusions[0]) for policy in policies]
    runs += [(policy, fusion) for fusion in fusions[1:] for policy in policies if policy in _SWAPPED]
    joint = [name for name in policies if name in JOINT]
    runs += [(policy, name) for name in joint for policy in (name, *(["random"] if "random" in policies else []))]
    return list(dict.fromkeys(runs))


def play_all(
    agent: Agent,
    world: World,
    split: str,
    policies: Sequence[str],
    fusions: Sequence[str],
    episodes: int,
    seeds: Sequence[int],
) -> list[TrajectoryLog]:
    """Every pairing of policies and fusions, from the same starts."""
    from activevision.progress import progress

    runs = pairings(policies, fusions)
    player = (_on_grid if world.on_grid else _freely)(agent, world, split, episodes)
    logs = []
    with player as play, progress("Evaluating", len(runs) * len(seeds) * world.protocol.views, "views") as advance:
        for seed in seeds:
            for policy, fusion in runs:
                logs.append(play(policy, fusion, seed, advance))
    return logs


_Play = Callable[[str, str, int, Callable[[int], None]], "TrajectoryLog"]
"""From the names of a policy and a fusion, a seed, and what is told of every view of all episodes."""


@contextmanager
def _on_grid(agent: Agent, world: World, split: str, episodes: int) -> Iterator[_Play]:
    """With what the recogniser says of every view of the split, which ceilings need and which makes the rest quick."""
    from activevision.agents.evidence import EvidenceTable
    from activevision.agents.policies.ceilings import Oracle
    from activevision.evaluation.play import Starts, all_views_log, play
    from activevision.protocol import Protocol

    scenes, facts, protocol = len(world.catalogue.scenes(split)), world.facts(split), world.protocol
    assert isinstance(protocol, Protocol)
    with closing(world.make(split, scenes * episodes)) as env:
        table = EvidenceTable.build(agent.recogniser, env, f"Looking at {split} views")

        def run(policy: str, fusion_name: str, seed: int, advance: Callable[[int], None]) -> TrajectoryLog:
            fusion = agent.fusion(fusion_name, seed)
            starts = Starts.on_grid(scenes, protocol.grid_shape, episodes, seed)
            if policy == "oracle":
                return play(env, table, fusion, lambda e: Oracle(e, table, fusion, protocol), starts, facts, advance)
            inner = "single" if policy in CEILINGS else policy
            log = play(env, table, fusion, lambda _: agent.policy(inner, seed, fusion), starts, facts, advance)
            return all_views_log(log, table, fusion, starts, protocol) if policy == "all_views" else log

        yield run


@contextmanager
def _freely(agent: Agent, world: World, split: str, episodes: int) -> Iterator[_Play]:
    """View by view, as they are rendered. None of our policies here looks at the belief, so each walks once for all
    fusions; a user's own may, and walks with each."""
    from activevision.agents.named import is_own
    from activevision.evaluation.play import Starts, fused_anew, play, single_log

    scenes, facts = len(world.catalogue.scenes(split)), world.facts(split)
    walked: dict[tuple[str, int], TrajectoryLog] = {}
    with closing(world.make(split, scenes * episodes)) as env:

        def run(policy: str, fusion_name: str, seed: int, advance: Callable[[int], None]) -> TrajectoryLog:
            fusion, walker = agent.fusion(fusion_name, seed), "random" if policy == "single" else policy
            if (walker, seed) in walked and not is_own(walker):
                advance(world.protocol.views)
            else:
                starts = Starts.anywhere(scenes, episodes, seed)
                walked[walker, seed] = play(
                    env, agent.recogniser, fusion, lambda _: agent.policy(walker, seed, fusion), starts, facts, advance
                )
            log = walked[walker, seed]
            log = single_log(log, world.protocol.stay) if policy == "single" else log
            return log if log.fusion == fusion_name else fused_anew(log, fusion)

        yield run


def write_evaluation(
    logs: list[TrajectoryLog],
    world: World,
    split: str,
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
    write_report(results, filmstrips(logs, world, split), out / "report.html", command=command, config=config)
    Console().print(table(results))
    print(f"report: {out / 'report.html'}")
    return results


def filmstrips(logs: Sequence[TrajectoryLog], world: World, split: str, shown: int = 6) -> list[Filmstrip]:
    """The same starts under the learnt policy and under random motions, one object a class, classes evenly spread.

    The objects are the first of their class in the split, whatever became of them. Frames are rendered anew, larger
    than the agent sees them.
    """
    import numpy as np

    from activevision.evaluation.report.filmstrip import Filmstrip

    main = {log.policy: log for log in reversed(logs) if log.fusion == logs[0].fusion}
    best = [name for name in ("ppo", "wander", "farthest") if name in main][:1]
    compared = [main[name] for name in (*best, "random") if name in main] or [logs[0]]
    labels = np.unique(compared[0].label)
    chosen = labels[np.linspace(0, len(labels) - 1, min(shown, len(labels))).round().astype(int)]
    episodes = [int(np.flatnonzero(compared[0].label == label)[0]) for label in chosen]
    index = {entry.id: entry for entry in world.catalogue.scenes(split)}
    return [
        Filmstrip(
            policy=log.policy,
            scene=str(log.scene[episode]),
            label=int(log.label[episode]),
            frames=_film(index[str(log.scene[episode])], log.pose[episode], world),
            belief=log.belief[episode],
            viewpoints=log.viewpoint[episode],
        )
        for episode in episodes
        for log in compared
    ]


def _film(entry: Any, poses: NDArray[np.float64], world: World) -> NDArray[np.uint8]:
    """Views of an episode (T, H, W, 3), larger than the agent saw them."""
    from activevision.camera import Camera
    from activevision.simulators.registry import get_simulator
    from activevision.simulators.view_grid import placed

    protocol: Any = world.protocol
    scene = placed(entry.load(), protocol) if world.on_grid else entry.load()
    simulator = get_simulator(None, world.catalogue)([scene])
    try:
        camera = Camera(_FILM_SIDE, round(_FILM_SIDE * protocol.height / protocol.width), protocol.hfov_deg)
        return simulator.render([0] * len(poses), poses, camera)["rgb"]
    finally:
        simulator.close()
