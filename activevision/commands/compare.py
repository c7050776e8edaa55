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
    from activevision.evaluation.report.figures.filmstrip import Filmstrip

_FILM_SIDE = 320  # pixels: twice what a page shows, so that edges are smooth there


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
    """results.json, report.html and filmstrip.png into a folder; prints the tables and the report's path; returns the
    results.

    asked: what else ``build_results`` is to compare.
    """
    from PIL import Image
    from rich.console import Console

    from activevision.evaluation.report.choice import telling_pair
    from activevision.evaluation.report.page import write_report
    from activevision.evaluation.report.plate import picture_of
    from activevision.evaluation.results import build_results
    from activevision.evaluation.results_file import write_results
    from activevision.evaluation.tables import tables
    from activevision.files import atomic_write, read_json

    results = build_results(logs, encoder, {name: round(value, 1) for name, value in seconds.items()}, **asked)
    write_results(results, out / "results.json")
    config = read_json(out / "config.json")
    strips = filmstrips(results, logs, world, split)
    write_report(results, strips, out / "report.html", command=command, config=config)
    with atomic_write(out / "filmstrip.png") as file:
        Image.fromarray(picture_of(results, telling_pair(strips))).save(file, format="PNG", optimize=True)
    console = Console()
    for shown in tables(results):
        console.print(shown)
    print(f"report: {out / 'report.html'}")
    return results


def filmstrips(results: dict[str, Any], logs: Sequence[TrajectoryLog], world: World, split: str) -> list[Filmstrip]:
    """Successes and failures of the policy that the report is about, each beside what random motions come to from the
    same start. Frames are rendered anew, larger than the agent sees them."""
    import numpy as np

    from activevision.evaluation.cast import protagonist
    from activevision.evaluation.keys import Key
    from activevision.evaluation.log import concatenate
    from activevision.evaluation.reading import main_rows, name_of
    from activevision.evaluation.report.choice import telling_episodes
    from activevision.evaluation.report.figures.filmstrip import Filmstrip

    lead = protagonist(results) or next(iter(main_rows(results)))
    names = [name_of(main_rows(results)[policy]) for policy in (lead, "random") if policy in main_rows(results)]
    compared = [
        concatenate([log for log in logs if str(Key.of(log)) == name and log.seed[0] == logs[0].seed[0]])
        for name in dict.fromkeys(names)
    ]  # of one seed, and all folds
    places = [{key: row for row, key in enumerate(log.keys())} for log in compared]
    entries = {entry.id: entry for entry in _everything(world, split)}
    found = []
    for chosen in telling_episodes(compared[0]):
        start = compared[0].keys()[chosen]
        for log, place in zip(compared, places, strict=True):
            row = place[start]
            taken = slice(int(log.column("taken")[row]))
            found.append(
                Filmstrip(
                    policy=log.policy,
                    scene=str(log.scene[row]),
                    label=int(log.label[row]),
                    frames=_film(entries[str(log.scene[row])], log.column("pose")[row, taken], world),
                    belief=np.asarray(log.belief[row, taken]),
                    viewpoints=log.column("viewpoint")[row, taken],
                )
            )
    return found


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
