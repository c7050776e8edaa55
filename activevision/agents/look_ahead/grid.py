"""Episodes on a view grid as look-ups in tables."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

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
        self.proprioception = torch.from_numpy(_proprioception(protocol).reshape(self.views, -1))


class Views:
    """A table's evidence of S scenes from V viewpoints: log_likelihood (S, V, C), feature (S, V, D), label (S,)."""

    def __init__(self, table: EvidenceTable):
        scenes = len(table.label)
        self.log_likelihood = torch.from_numpy(table.log_likelihood).reshape(scenes, -1, len(table.classes))
        self.feature = torch.from_numpy(table.feature).reshape(scenes, -1, table.feature_size)
        self.label = torch.from_numpy(table.label)


def _proprioception(protocol: Protocol) -> NDArray[np.float32]:
    """(E, A, P) as environments tell it."""
    rows, columns = protocol.grid_shape
    azimuth = np.broadcast_to(np.arange(columns) * protocol.azimuth_step, (rows, columns))
    told = {
        "elevation": np.broadcast_to(protocol.elevations[:, None], (rows, columns))[..., None],
        "azimuth": np.stack([np.sin(azimuth), np.cos(azimuth)], axis=-1),
    }
    parts = [np.zeros((rows, columns, 0)), *(told[word] for word in protocol.proprioception)]
    return np.concatenate(parts, axis=-1).astype(np.float32)
