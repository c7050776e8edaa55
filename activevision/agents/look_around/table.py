"""The codes of every view of many scenes, and where motions lead: what an episode is looked up in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from activevision.agents.look_around.codes import ViewCodes
from activevision.agents.look_around.grids import Grids, mirrored
from activevision.protocol import Protocol

_AT_ONCE = 32  # scenes


class OwnGrid:
    """The V viewpoints of a protocol, in raster order, on a grid whose column 0 has the azimuth of the first view.

    An agent does not know which way it faced at first, so this grid is all that it can speak of. A scene's own grid is
    the same, turned by ``origin``, the column of the first view.

    next: (V, M) int64 viewpoint that a motion leads to. there: (A, V) int64 viewpoint on the scene's grid, by origin.
    """

    def __init__(self, protocol: Protocol):
        self.rows, self.columns = protocol.grid_shape
        self.size = protocol.grid_size
        here = np.stack(np.divmod(np.arange(self.size), self.columns), axis=1)
        target = protocol.move(here[:, None], np.arange(len(protocol.motions)))
        self.next = torch.from_numpy(protocol.viewpoint_index(target))
        turned = (here[:, 1] + np.arange(self.columns)[:, None]) % self.columns
        self.there = torch.from_numpy(here[:, 0] * self.columns + turned)


@dataclass(frozen=True, eq=False)
class CodeTable:
    """Codes of ``scenes`` scenes in one or several copies: copy i of scene s, mirrored or in other light, is number
    i · scenes + s.

    codes: (N, V, K) float32. rest: (N, V) float32, see ``ViewCodes``.
    """

    codes: torch.Tensor
    rest: torch.Tensor
    scenes: int

    @classmethod
    def of(cls, grids: Grids, codes: ViewCodes) -> CodeTable:
        """Of the scenes as they are."""
        return cls(*_encoded(codes, grids.frames, np.ones((len(grids), 3))), len(grids))

    @classmethod
    def varied(
        cls, grids: Grids, codes: ViewCodes, tints: int, most: float, generator: np.random.Generator
    ) -> CodeTable:
        """The scenes, then the same mirrored, then both ``tints`` times more in other light, where each scene's red,
        green and blue are multiplied by factors of 1 ± ``most``."""
        parts = []
        for tint in range(tints + 1):
            for frames in (grids.frames, mirrored(grids.frames)):
                light = generator.uniform(1 - most, 1 + most, (len(grids), 3)) if tint else np.ones((len(grids), 3))
                parts.append(_encoded(codes, frames, light))
        return cls(torch.cat([code for code, _ in parts]), torch.cat([rest for _, rest in parts]), len(grids))

    def __len__(self) -> int:
        return len(self.codes)

    def first(self, copies: int) -> CodeTable:
        """The first so many copies of every scene."""
        count = copies * self.scenes
        return CodeTable(self.codes[:count], self.rest[:count], self.scenes)


def _encoded(
    codes: ViewCodes, frames: NDArray[np.uint8], light: NDArray[np.float64]
) -> tuple[torch.Tensor, torch.Tensor]:
    """(S, V, K) and (S, V) of grids (S, E, A, H, W, 3) in light (S, 3)."""
    parts = []
    for start in range(0, len(frames), _AT_ONCE):
        some = torch.from_numpy(np.ascontiguousarray(frames[start : start + _AT_ONCE])).float() / 255
        factor = torch.from_numpy(light[start : start + _AT_ONCE]).float()[:, None, None, None, None]
        parts.append(codes.encode_grids((some * factor).clamp(0, 1)))
    code, rest = (torch.cat(part) for part in zip(*parts, strict=True))
    return code.flatten(1, 2), rest.flatten(1, 2)
