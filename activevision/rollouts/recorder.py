"""``Recorder``: what makes episodes by their numbers, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from activevision.rollouts.rollout import Rollout

Advance = Callable[[int], None]


class Recorder(Protocol):
    """Makes the episodes of a data set.

    Episode k depends on ``settings`` and k alone, not on what was made before nor by which process.
    settings: everything that decides an episode, as JSON, and "classes", the class names in the order of their indices.
    views: of an episode, at most.
    """

    settings: Mapping[str, Any]
    views: int

    def record(self, first: int, count: int, advance: Advance) -> Iterator[Rollout]:
        """Episodes ``first`` to ``first + count − 1``, in order; ``advance`` is told of frames as they are made."""
        ...

    def close(self) -> None:
        """Let go of environments and simulators."""
        ...


def episode_seed(seed: int, episode: int) -> int:
    """The seed of an episode: 63 bits from (seed, episode), so that no two of a data set are alike."""
    return int(np.random.SeedSequence([seed, episode]).generate_state(1, np.uint64)[0] >> np.uint64(1))
