"""What a seed's networks learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from activevision.agents.config import LookAroundConfig
from activevision.agents.look_around.codes import ViewCodes
from activevision.agents.look_around.grids import Grids, mirrored
from activevision.agents.look_around.table import CodeTable, OwnGrid
from activevision.protocol import Protocol


@dataclass(frozen=True, eq=False)
class Material:
    """The training scenes as codes, in several copies; the first two are the scenes as they are, and mirrored."""

    protocol: Protocol
    grid: OwnGrid
    codes: ViewCodes
    table: CodeTable

    @classmethod
    def of(cls, grids: Grids, protocol: Protocol, config: LookAroundConfig, seed: int) -> Material:
        generator = np.random.default_rng([seed, 23])
        frames = np.concatenate([grids.frames, mirrored(grids.frames)])
        codes = ViewCodes.of(frames, config.codes, generator)
        table = CodeTable.varied(grids, codes, config.tints, config.tint, generator)
        return cls(protocol, OwnGrid(protocol), codes, table)
