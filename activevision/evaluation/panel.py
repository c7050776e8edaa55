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

_SAME = 1e-4
"""How far numbers of one start may be apart in two logs: what is lost where one of them is rounded."""


@dataclass(frozen=True, eq=False)
class Panel:
    """L logs whose N rows are the same episodes in the same order: by seed, object and number."""

    logs: tuple[TrajectoryLog, ...]

    @classmethod
    def of(cls, logs: Sequence[TrajectoryLog]) -> Panel:
        """Raises UserError unless all hold the same (scene, seed, episode) keys with the same labels and views, and the
        same first view for a key as far as two of them tell: by ``viewpoint``, else by ``pose``."""
        ordered = tuple(log.take(np.lexsort((log.episode, log.scene, log.seed))) for log in logs)
        for log in ordered[1:]:
            _check_alike(ordered[0], log)
        for number, log in enumerate(ordered):
            for other in ordered[:number]:
                if _starts_compared(other, log):
                    break
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


def _starts_compared(first: TrajectoryLog, log: TrajectoryLog) -> bool:
    """Whether both logs tell where episodes start. UserError where one starts elsewhere."""
    for word in ("viewpoint", "pose"):
        ours, theirs = getattr(first, word), getattr(log, word)
        if ours is None or theirs is None or ours.shape != theirs.shape:
            continue
        apart = ~np.isclose(ours[:, 0], theirs[:, 0], rtol=0, atol=_SAME, equal_nan=True)
        apart = apart.reshape(len(log), -1).any(axis=1)
        if apart.any():
            raise UserError(
                f"{_name(first)} and {_name(log)} cannot be paired: {episode_words(*log.keys()[int(apart.argmax())])} "
                f"starts from another {word} in each; number the same starts alike in column 'episode'."
            )
        return True
    return False


def _name(log: TrajectoryLog) -> str:
    return f"{log.policy!r} with {log.fusion!r}"
