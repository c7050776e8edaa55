"""``Panel``: logs of the same episodes, so that agents can be compared episode by episode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.evaluation.intervals import Cells, cells
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.log_columns import episode_words


@dataclass(frozen=True, eq=False)
class Panel:
    """L logs whose N rows are the same episodes in the same order: by seed, object and number."""

    logs: tuple[TrajectoryLog, ...]

    @classmethod
    def of(cls, logs: Sequence[TrajectoryLog]) -> Panel:
        """Raises UserError unless all hold the same (scene, seed, episode) keys with the same labels and views."""
        ordered = tuple(log.take(np.lexsort((log.episode, log.scene, log.seed))) for log in logs)
        for log in ordered[1:]:
            _check_alike(ordered[0], log)
        return cls(ordered)

    @property
    def views(self) -> int:
        return self.logs[0].views

    def cells(self, values: Callable[[TrajectoryLog], NDArray], worst: np.ufunc | None = None) -> Cells:
        """What ``values`` gives for the episodes of a log (N, T), per seed and object, for all logs: (S, K, L, T)."""
        first = self.logs[0]
        return cells(np.stack([values(log) for log in self.logs], axis=1), first.scene, first.seed, worst)

    def accuracy(self) -> Cells:
        """(S, K, L, T)"""
        return self.cells(lambda log: log.correct)


def _check_alike(first: TrajectoryLog, log: TrajectoryLog) -> None:
    names = f"{_name(first)} and {_name(log)}"
    same = len(log) == len(first) and all(
        np.array_equal(getattr(log, word), getattr(first, word)) for word in ("scene", "seed", "episode")
    )
    if not same:
        lacking = min(set(first.keys()) ^ set(log.keys()))
        raise UserError(
            f"{names} cannot be paired: only one of them has {episode_words(*lacking)}; evaluate both with the same "
            "seeds, scenes and episodes."
        )
    if log.views != first.views:
        raise UserError(f"{names} cannot be paired: {first.views} and {log.views} views; use one protocol.")
    if not np.array_equal(log.label, first.label):
        raise UserError(f"{names} cannot be paired: they give a scene different labels; use one catalogue.")


def _name(log: TrajectoryLog) -> str:
    return f"{log.policy!r} with {log.fusion!r}"
