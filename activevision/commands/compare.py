"""What came out of an evaluation: results and report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.commands.world import World

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from activevision.evaluation.log import TrajectoryLog
    from activevision.evaluation.report.filmstrip import Filmstrip

_FILM_SIDE = 160


def write_evaluation(
    logs: list[TrajectoryLog],
    world: World,
    split: str,
    encoder: dict[str, Any],
    seconds: dict[str, float],
    out: Path,
    command: str,
    **asked: Any,
) -> dict[str, Any]:
    """results.json and report.html into a folder; prints the table and the report's path; returns the results.

    asked: what else ``build_results`` is to compare.
    """
    from rich.console import Console

    from activevision.evaluation.report.page import write_report
    from activevision.evaluation.results import build_results
    from activevision.evaluation.results_file import write_results
    from activevision.evaluation.tables import table
    from activevision.files import read_json

    results = build_results(logs, encoder, {name: round(value, 1) for name, value in seconds.items()}, **asked)
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
    index = {entry.id: entry for entry in _everything(world, split)}
    return [
        Filmstrip(
            policy=log.policy,
            scene=str(log.scene[episode]),
            label=int(log.label[episode]),
            frames=_film(index[str(log.scene[episode])], log.column("pose")[episode], world),
            belief=log.belief[episode],
            viewpoints=log.column("viewpoint")[episode],
        )
        for episode in episodes
        for log in compared
    ]


def _everything(world: World, split: str) -> list[Any]:
    """Entries of the split, or of all where its parts were tested one after the other."""
    from activevision.scenes import SPLITS

    return [entry for name in (SPLITS if split not in SPLITS else (split,)) for entry in world.catalogue.scenes(name)]


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
