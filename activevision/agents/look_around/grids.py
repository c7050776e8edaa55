"""Every view of a view grid, gathered once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from activevision.agents.every_view import every_view
from activevision.agents.small_frames import SIDE, shrunk


@dataclass(frozen=True, eq=False)
class Grids:
    """The views of S scenes from E × A viewpoints.

    frames: (S, E, A, SIDE, SIDE, 3) uint8. labels: (S,) indices of classes. scenes: (S,) ids.
    """

    frames: NDArray[np.uint8]
    labels: NDArray[np.int64]
    scenes: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, index: NDArray) -> Grids:
        """Those of scenes (K,) by index, or of a mask (S,)."""
        return Grids(self.frames[index], self.labels[index], self.scenes[index])

    @classmethod
    def gather(cls, env: VectorEnv, what: str = "Looking all round") -> Grids:
        """Of every scene of a grid environment's split, through its resets; larger views are shrunk to SIDE."""
        base: Any = env.unwrapped
        rows, columns = base.protocol.grid_shape
        frames = np.empty((len(base.entries) * rows * columns, SIDE, SIDE, 3), np.uint8)
        for view, observation, _ in every_view(env, what):
            frames[view] = shrunk(observation["rgb"])
        labels = np.array([base.classes.index(entry.label) for entry in base.entries])
        scenes = np.array([entry.id for entry in base.entries])
        return cls(frames.reshape(-1, rows, columns, SIDE, SIDE, 3), labels, scenes)


def mirrored(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What grids (S, E, A, H, W, 3) of mirrored scenes look like: left for right in every view, and the way round."""
    columns = frames.shape[2]
    return frames[:, :, -np.arange(columns) % columns, :, ::-1]
