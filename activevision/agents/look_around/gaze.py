"""What an agent knows of its running episodes, from observations alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from activevision.agents.look_around.codes import ViewCodes
from activevision.agents.look_around.network import CompletionNetwork
from activevision.agents.policies.policy import elevation_row
from activevision.agents.small_frames import shrunk
from activevision.errors import UserError
from activevision.protocol import Protocol


class Gaze:
    """The recurrent state of N episodes, and where each camera is on its own grid, whose column 0 has the azimuth of
    the first view: its row as proprioception tells it, its column by dead reckoning, from one egomotion to the next.

    state: (N, 2H). viewpoint: (N,) int64, raster index. time: (N,) int64, views before the present one.
    """

    def __init__(self, net: CompletionNetwork, codes: ViewCodes, protocol: Protocol):
        if "elevation" not in protocol.proprioception:
            raise UserError(
                f"protocol {protocol.name!r} does not tell the camera's elevation, by which an agent completes views: "
                "add 'elevation' to its proprioception."
            )
        self._net, self._codes, self._protocol = net, codes, protocol
        self._forget(0)

    def _forget(self, episodes: int) -> None:
        self.state = self._net.begin(episodes)
        self.viewpoint = torch.zeros(episodes, dtype=torch.int64)
        self.time = torch.zeros(episodes, dtype=torch.int64)

    @torch.no_grad()
    def observe(self, observation: Mapping[str, Any], begins: NDArray[np.bool_]) -> None:
        """Take in the present views; of episodes that begin (N,), what was known is forgotten first."""
        if len(self.time) != len(begins):
            self._forget(len(begins))
        start, columns = torch.from_numpy(np.asarray(begins)), self._protocol.azimuths
        row = elevation_row(observation, self._protocol)
        row_before, column_before = np.divmod(self.viewpoint.numpy(), columns)
        led = self._protocol.twists[row_before, row] - observation["egomotion"][:, None]  # by columns on
        turn = np.square(led).sum(axis=2).argmin(axis=1)
        self.viewpoint = torch.from_numpy(row * columns + np.where(begins, 0, (column_before + turn) % columns))
        self.time = torch.where(start, 0, (self.time + 1).clamp(max=self._protocol.views - 1))
        frames = torch.from_numpy(np.ascontiguousarray(shrunk(observation["rgb"])))
        code = torch.zeros(len(row), self._codes.size)
        for each in np.unique(row).tolist():
            here = torch.from_numpy(row == each)
            code[here] = self._codes.encode(frames[here], each)
        state = self.state.masked_fill(start[:, None], 0.0)
        self.state = self._net.see(code, self._place(), state)

    @torch.no_grad()
    def logits(self) -> torch.Tensor:
        """(N, M) of motions."""
        return self._net.choose(self.state, self._place())

    @torch.no_grad()
    def completed(self) -> NDArray[np.uint8]:
        """(N, E, A, SIDE, SIDE, 3): what the network says every view looks like, those that were seen among them."""
        codes = self._net.complete(self.state).unflatten(1, self._protocol.grid_shape)
        return self._codes.decode(codes).mul(255).round().to(torch.uint8).numpy()

    def _place(self) -> torch.Tensor:
        return self._net.place(self.viewpoint, self.time)
