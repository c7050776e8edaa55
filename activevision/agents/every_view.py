"""All that a view grid can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from activevision.progress import progress


class Shown(NamedTuple):
    """A batch of views. view: (N,) their numbers, scene by scene and in raster order within each."""

    view: NDArray[np.int64]
    observation: dict[str, Any]
    info: dict[str, Any]


def every_view(env: VectorEnv, what: str) -> Iterator[Shown]:
    """Every viewpoint of every scene of a grid environment's split, through its resets, with a progress bar.

    The last batch repeats the last view to be full.
    """
    base: Any = env.unwrapped
    rows, columns = base.protocol.grid_shape
    total = len(base.entries) * rows * columns
    with progress(what, total, "views") as advance:
        for start in range(0, total, env.num_envs):
            view = np.minimum(np.arange(start, start + env.num_envs), total - 1)
            scene, place = np.divmod(view, rows * columns)
            viewpoint = np.stack(np.divmod(place, columns), axis=1)
            observation, info = env.reset(options={"scene": scene, "viewpoint": viewpoint})
            yield Shown(view, observation, info)
            advance(min(env.num_envs, total - start))
