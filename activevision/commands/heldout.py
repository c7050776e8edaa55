"""What rollouts must be: with all that an objective needs; held-out ones of the same classes and of other scenes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


def check_fields(episode: StoredEpisode, data: Path | str, objective: str, fields: Sequence[str]) -> None:
    """UserError where an episode of the folder ``data`` lacks one of the fields that an objective needs."""
    from activevision.encoders.objectives import objective_class
    from activevision.evaluation.lineup.ablations import split_settings
    from activevision.rollouts.stored import DERIVED

    there = {*episode.sensors, *episode.pairs, *DERIVED}
    if missing := [name for name in fields if name not in there]:
        frugal = objective_class(split_settings(objective)[0]).frugal
        raise UserError(
            f"objective {objective!r} needs {', '.join(missing)}, which the rollouts in {data} lack: "
            f"`{_collected(episode.about['spec'], sensors_with(fields))}` makes such; or "
            + (f"set {frugal}, which does without." if frugal else "choose another objective.")
        )


def sensors_with(fields: Iterable[str]) -> tuple[str, ...]:
    """What is to be recorded so that rollouts have these fields, as ``activevision collect --sensors`` takes it."""
    from activevision.evaluation.study.config import SENSORS

    wanted = {"rgb", *fields}
    if any(field.startswith("flow") for field in wanted):
        wanted |= {"flow", "depth"}  # which flow is made from
    return tuple(sensor for sensor in SENSORS if sensor in wanted)


def _collected(spec: Mapping[str, Any], sensors: Sequence[str]) -> str:
    """The command for rollouts like those of ``spec`` with these sensors; a walk where they are not of ours."""
    scenes = spec.get("scenes", spec.get("kwargs", {})).get("catalogue")
    how = f"--env {spec['id']}" if "id" in spec else f"--motion {spec.get('motion', 'walk')}"
    where = f" --scenes {scenes}" if scenes else ""
    return f"activevision collect {how}{where} --sensors {','.join(sensors)} --out runs/other"
