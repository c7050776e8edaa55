"""Which episodes a report shows: successes and failures by a fixed rule, not by how well they look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.report.figures.filmstrip import Filmstrip


def telling_episodes(log: TrajectoryLog, each: int = 3) -> list[int]:
    """Rows of ``log``: at most ``each`` that end right and as many that end wrong.

    Of those that end right the ones come first that were wrong after the first view. Within each kind classes are
    spread evenly over those that it has, no class comes twice before all had their turn, and of a class the first
    episode is taken.
    """
    first, last = log.correct[:, 0], log.correct[:, -1]
    right = _spread(log, ~first & last, each)
    others = ~np.isin(log.scene, log.scene[right])
    right += _spread(log, first & last & others, each - len(right))
    return right + _spread(log, ~last, each)


def telling_pair(strips: Sequence[Filmstrip]) -> list[Filmstrip]:
    """Of strips of a policy, each followed by those beside it, the first that ends right while one beside it ends
    wrong, with that one; where there is none, the first with what is beside it."""
    groups = [list[Filmstrip]()]
    for strip in strips:
        if groups[-1] and strip.policy == groups[-1][0].policy:
            groups.append([])
        groups[-1].append(strip)
    telling = ([group[0], strip] for group in groups if group[0].right for strip in group[1:] if not strip.right)
    return next(telling, groups[0][:2])


def _spread(log: TrajectoryLog, wanted: NDArray[np.bool_], most: int) -> list[int]:
    """At most ``most`` of the wanted rows, of different objects."""
    rows = np.flatnonzero(wanted)
    _, firsts = np.unique(log.scene[rows], return_index=True)
    rows = rows[np.sort(firsts)]
    _, classes = np.unique(log.label[rows], return_inverse=True)
    turn = np.array([np.sum(classes[:place] == c) for place, c in enumerate(classes)], int)
    found: list[int] = []
    for number in range(turn.max(initial=-1) + 1):
        here = rows[turn == number]
        here = here[np.argsort(log.label[here], kind="stable")]
        room = min(most - len(found), len(here))
        found += here[np.linspace(0, len(here) - 1, room).round().astype(int)].tolist() if room > 0 else []
    return found
