"""Sharing a batch of views out over threads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def runs(scene_ids: NDArray[np.int64], longest: int) -> Iterator[tuple[int, slice]]:
    """Stretches of at most ``longest`` views of one scene in ``scene_ids`` (N,): the scene and its views."""
    start = 0
    for stop in range(1, len(scene_ids) + 1):
        if stop == len(scene_ids) or scene_ids[stop] != scene_ids[start] or stop - start == longest:
            yield int(scene_ids[start]), slice(start, stop)
            start = stop
