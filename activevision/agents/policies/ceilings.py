"""Ceilings: what could be had by someone who knows more than an agent may. Not policies to compare with; bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import Belief, Fusion
from activevision.protocol import Protocol


class Oracle:
    """The label-aware one-step oracle: tries every motion, takes the one after which the true class is likeliest.

    It knows the label and sees each candidate view before choosing, through the belief environment that it watches.
    """

    name = "oracle"

    def __init__(self, env: BeliefVectorEnv, table: EvidenceTable, fusion: Fusion, protocol: Protocol):
        self._env, self._table, self._fusion, self._protocol = env, table, fusion, protocol

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        assert belief is not None
        info = self._env.info
        episodes, motions = len(info["scene"]), len(self._protocol.motions)
        viewpoints = np.repeat(info["viewpoint"], motions, axis=0)
        targets = self._protocol.move(viewpoints, np.tile(np.arange(motions), episodes))
        evidence = self._table.at(np.repeat(info["scene"], motions), targets)
        twists = self._protocol.twists[self._protocol.motion_index(viewpoints, targets)]
        fused = self._fusion.update(belief.repeat(motions), evidence, twists)
        label = np.repeat(info["label"], motions)
        truth = fused.log_probs[np.arange(len(label)), label].reshape(episodes, motions)
        return truth.argmax(axis=1)


def all_views(
    table: EvidenceTable, fusion: Fusion, protocol: Protocol, scene: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(N, C) log-probabilities after every viewpoint of the grid, in raster order, for scenes (N,)."""
    rows, columns = protocol.grid_shape
    scenes, inverse = np.unique(scene, return_inverse=True)
    belief = fusion.init(len(scenes))
    viewpoints = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), axis=-1).reshape(-1, 2)
    twists = protocol.twists[protocol.motion_index(viewpoints[:-1], viewpoints[1:])]
    twists = np.concatenate([np.zeros((1, 6), np.float32), twists])
    for viewpoint, twist in zip(viewpoints, twists, strict=True):
        evidence = table.at(scenes, np.broadcast_to(viewpoint, (len(scenes), 2)))
        belief = fusion.update(belief, evidence, np.broadcast_to(twist, (len(scenes), 6)))
    return belief.log_probs[inverse]
