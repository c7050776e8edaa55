"""``MotionBins``: the amounts of motion along each axis as classes."""

from __future__ import annotations

import torch
from torch import nn

_DECIMALS = 5  # what float32 rounding spreads is not a motion along an axis


class MotionBins(nn.Module):
    """Bins of the components of twists ``[v, ω]``, one set for each axis along which there is motion.

    twists: (N, 6) those of the data. An axis with no more distinct amounts than ``bins`` has a bin for each; another
    has ``bins`` bins that hold equally many of its amounts. Axes whose amounts do not differ have none.

    axes: (A,) which components have bins. edges: (A, bins − 1) between the bins, padded with infinity.
    counts: bins of every such axis.
    """

    axes: torch.Tensor
    edges: torch.Tensor

    def __init__(self, twists: torch.Tensor, bins: int):
        super().__init__()
        found = {axis: _edges(twists[:, axis], bins) for axis in range(6)}
        found = {axis: edges for axis, edges in found.items() if len(edges)}
        self.counts = [len(edges) + 1 for edges in found.values()]
        padded = torch.full((len(found), bins - 1), torch.inf)
        for row, edges in zip(padded, found.values(), strict=True):
            row[: len(edges)] = edges
        self.register_buffer("axes", torch.tensor(list(found), dtype=torch.long))
        self.register_buffer("edges", padded)

    def forward(self, twists: torch.Tensor) -> torch.Tensor:
        """Bins (…, A) int64 of twists (…, 6)."""
        return (twists[..., self.axes].unsqueeze(-1) > self.edges).sum(-1)


def _edges(amounts: torch.Tensor, bins: int) -> torch.Tensor:
    """Rising edges between the bins of amounts (N,), at most ``bins`` − 1, each midway between two amounts."""
    ordered = amounts.double().round(decimals=_DECIMALS).sort().values
    distinct = ordered.unique()
    if len(distinct) <= bins:
        first = torch.arange(1, len(distinct))
    else:  # what begins at each bin's share of all amounts; where one amount is frequent, several bins are one
        first = torch.searchsorted(distinct, ordered[torch.arange(1, bins) * len(ordered) // bins]).unique()
        first = first[first > 0]
    return ((distinct[first - 1] + distinct[first]) / 2).float()
