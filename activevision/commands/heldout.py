"""What rollouts must be: with all that an objective needs; held-out ones of the same classes and of other scenes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from activevision.errors import UserError

if TYPE_CHECKING:
    from activevision.rollouts.dataset import WindowDataset
    from activevision.rollouts.stored import StoredEpisode


def check_heldout(dataset: WindowDataset, heldout: WindowDataset, data: Path | str, other: Path | str) -> None:
    """UserError where ``heldout``, of folder ``other``, does not go with ``dataset``, of folder ``data``, or where this
    has too few scenes to fit probes to."""
    from activevision.evaluation.probing.splits import LEAST_SCENES

    scenes = len(set(dataset.scenes))
    if scenes < LEAST_SCENES:
        raise UserError(
            f"{data} shows {scenes} {'scene' if scenes == 1 else 'scenes'}, and probes choose on a fifth of them: "
            f"collect rollouts of {LEAST_SCENES} or more."
        )
    if heldout.classes != dataset.classes or set(heldout.scenes) & set(dataset.scenes):
        raise UserError(
            f"{other} shows other classes or some of the scenes of {data}: collect another split of the same catalogue."
        )


def check_fields(episode: StoredEpisode, data: Path | str, objective: str, fields: Iterable[str]) -> None:
    """UserError where an episode of the folder ``data`` lacks one of the fields that an objective needs."""
    from activevision.evaluation.study.config import SENSORS
    from activevision.rollouts.stored import DERIVED

    there = {*episode.sensors, *episode.pairs, *DERIVED}
    missing = [name for name in fields if name not in there]
    if missing:
        raise UserError(
            f"objective {objective!r} needs {', '.join(missing)}, which the rollouts in {data} lack: collect others "
            f"with --sensors {','.join(SENSORS)}, or choose another objective."
        )
