"""Every view of a view grid, gathered once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray
from torch.nn import functional

from activevision.agents.every_view import every_view

SIDE = 32
"""Pixels of a view's side, as published."""


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


def shrunk(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Views (N, H, W, 3) at SIDE × SIDE pixels, each the mean of those that it covers."""
    if frames.shape[1:3] == (SIDE, SIDE):
        return frames
    images = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float()
    means = functional.interpolate(images, (SIDE, SIDE), mode="area")
    return means.round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def mirrored(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What grids (S, E, A, H, W, 3) of mirrored scenes look like: left for right in every view, and the way round."""
    columns = frames.shape[2]
    return frames[:, :, -np.arange(columns) % columns, :, ::-1]
