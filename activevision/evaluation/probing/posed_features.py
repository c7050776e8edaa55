"""``PosedFeatures``: what the probes read of an encoder, features of views with where they were seen from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]
Poses = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PosedFeatures:
    """Features of N views, one episode after the other and each in the order of time.

    features: (N, D). poses: (N, 4, 4) ``world_from_camera``. episodes: (N,) numbers that never fall.
    scenes: (N,) scene ids. labels: (N,) class indices, −1 without a class.
    """

    features: Features
    poses: Poses
    episodes: Rows
    scenes: NDArray[np.str_]
    labels: Rows

    def __post_init__(self) -> None:
        if {len(self.features), len(self.poses), len(self.scenes), len(self.labels)} != {len(self.episodes)}:
            raise ValueError("features, poses, episodes, scenes and labels are not of the same views")

    def __len__(self) -> int:
        return len(self.episodes)

    def centred(self, by: PosedFeatures) -> PosedFeatures:
        """With the mean features of ``by`` at the origin, in units of their root mean square distance from it."""
        centre = by.features.mean(0, dtype=np.float64)
        size = float(np.sqrt(np.mean((by.features - centre) ** 2)))
        # constant features are left at the origin: there is nothing to scale
        scaled = (self.features - centre) / (size if size > 1e-6 * float(np.abs(centre).max()) else 1.0)
        return PosedFeatures(scaled.astype(np.float32), self.poses, self.episodes, self.scenes, self.labels)
