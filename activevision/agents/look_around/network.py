"""The modules of *Learning to look around*."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

_PLACE, _ACTOR, _DECODER = 64, 128, 512  # units


@dataclass(frozen=True)
class Sizes:
    """What a network is rebuilt from.

    rows, columns: E × A of the grid. views: T. motions: M. codes: K of a view. components: R of a grid. hidden: H.
    """

    rows: int
    columns: int
    views: int
    motions: int
    codes: int
    components: int
    hidden: int


class CompletionNetwork(nn.Module):
    """SENSE, FUSE, AGGREGATE, DECODE and ACT of Jayaraman & Grauman (CVPR 2018).

    SENSE describes a view (its code) and, apart from it, where on its own grid the agent has it and how many views it
    has had; FUSE makes one description of both, AGGREGATE (an LSTM) keeps what was seen, DECODE says from that what
    every view of the grid looks like, and ACT which motion is next. A state (N, 2H) is the aggregate, then the memory.

    DECODE ends in R principal components of the training grids, which are not learned by gradient, as little as the
    components of views that turn codes into pixels.
    """

    axes: torch.Tensor
    spread: torch.Tensor
    scale: torch.Tensor

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes, hidden = sizes, sizes.hidden
        place = sizes.rows + sizes.columns + sizes.views
        self.sense = nn.Sequential(nn.Linear(sizes.codes, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.sense_place = nn.Sequential(nn.Linear(place, _PLACE), nn.ReLU())
        self.fuse = nn.Sequential(nn.Linear(hidden + _PLACE, hidden), nn.ReLU(), nn.Linear(hidden, hidden))
        self.aggregate = nn.LSTMCell(hidden, hidden)
        bend = nn.Linear(_DECODER, sizes.components)
        self.decode_straight = nn.Linear(hidden, sizes.components)
        self.decode_bent = nn.Sequential(nn.Linear(hidden, _DECODER), nn.LeakyReLU(0.2), bend)
        choice = nn.Linear(_ACTOR, sizes.motions)
        self.act = nn.Sequential(
            nn.Linear(hidden + place, _ACTOR), nn.ReLU(), nn.Linear(_ACTOR, _ACTOR), nn.ReLU(), choice
        )
        self.register_buffer("axes", torch.zeros(sizes.components, sizes.rows * sizes.columns * sizes.codes))
        self.register_buffer("spread", torch.ones(sizes.components))
        self.register_buffer("scale", torch.ones(()))
        with torch.no_grad():
            for layer in (self.decode_straight, bend):  # little more than the mean of all grids at first
                layer.weight.mul_(0.1)
                layer.bias.zero_()
            choice.weight.zero_()  # and every motion alike
            choice.bias.zero_()

    def begin(self, batch: int) -> torch.Tensor:
        """(N, 2H) the state before the first view."""
        return torch.zeros(batch, 2 * self.sizes.hidden)

    def place(self, viewpoint: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """(N, E + A + T) of viewpoints (N,) on the agent's own grid, and of how many views (N,) it has had before."""
        sizes = self.sizes
        row, column = viewpoint // sizes.columns, viewpoint % sizes.columns
        parts = ((row, sizes.rows), (column, sizes.columns), (time, sizes.views))
        return torch.cat([functional.one_hot(index, count) for index, count in parts], dim=1).float()

    def see(self, code: torch.Tensor, place: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """The state after one more view (N, K)."""
        seen = torch.cat([self.sense(code / self.scale), self.sense_place(place)], dim=1)
        return torch.cat(self.aggregate(self.fuse(seen), state.chunk(2, dim=1)), dim=1)

    def complete(self, state: torch.Tensor) -> torch.Tensor:
        """Codes (N, V, K) of every view of the agent's own grid."""
        aggregate = state[:, : self.sizes.hidden]
        weights = (self.decode_straight(aggregate) + self.decode_bent(aggregate)) * self.spread
        return (weights @ self.axes).reshape(len(state), -1, self.sizes.codes)

    def choose(self, state: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        """Logits (N, M) of motions."""
        return self.act(torch.cat([state[:, : self.sizes.hidden], place], dim=1))
