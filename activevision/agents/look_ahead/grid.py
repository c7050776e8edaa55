"""Episodes on a view grid as look-ups in tables."""

from __future__ import annotations

import numpy as np
import torch

from activevision.agents.evidence import EvidenceTable
from activevision.protocol import Protocol


class Grid:
    """What motions do, for V viewpoints in raster order and M motions.

    next: (V, M) int64 viewpoint that a motion leads to. twist: (V, M, 6) float32 of what it does to the camera.
    proprioception: (V, P) float32, what an observation tells of where the camera is.
    """

    def __init__(self, protocol: Protocol):
        rows, columns = protocol.grid_shape
        self.views = rows * columns
        here = np.stack(np.divmod(np.arange(self.views), columns), axis=1)
        there = protocol.move(here[:, None], np.arange(len(protocol.motions))[None])
        twists = protocol.twists[protocol.motion_index(np.broadcast_to(here[:, None], there.shape), there)]
        self.next = torch.from_numpy(protocol.viewpoint_index(there))
        self.twist = torch.from_numpy(twists)
        angles = np.stack([protocol.elevations[here[:, 0]], here[:, 1] * protocol.azimuth_step], axis=1)
        self.proprioception = torch.from_numpy(protocol.sensed(angles))


class Views:
    """A table's evidence of S scenes from V viewpoints: log_likelihood (S, V, C), feature (S, V, D), label (S,)."""

    def __init__(self, table: EvidenceTable):
        scenes = len(table.label)
        self.log_likelihood = torch.from_numpy(table.log_likelihood).reshape(scenes, -1, len(table.classes))
        self.feature = torch.from_numpy(table.feature).reshape(scenes, -1, table.feature_size)
        self.label = torch.from_numpy(table.label)
