"""Ceilings: references with privileged information, which know more than an agent may.

They are not policies to compare with, nor strict bounds: a policy that leaves out views that mislead can pass the whole
grid fused, and the one-step oracle can be ahead of the full-horizon one before the last view.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.policies.policy import begins
from activevision.agents.prospects import prospects, tried
from activevision.protocol import Protocol

_BEAM = 64  # sequences of motions that the full-horizon oracle goes on with
_TOGETHER = 128  # episodes that it plans for at once


class Oracle:
    """The label-aware one-step oracle: tries every motion, takes the one after which the true class is likeliest.

    It knows the label and sees each candidate view before choosing, through the belief environment that it watches.
    """

    name = "oracle"

    def __init__(self, env: BeliefVectorEnv, table: EvidenceTable, fusion: Fusion, protocol: Protocol):
        self._env, self._table, self._fusion, self._protocol = env, table, fusion, protocol

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        assert belief is not None
        return prospects(self._table, self._fusion, self._protocol, belief, self._env.info).argmax(axis=1)


class FullOracle:
    """The label-aware full-horizon oracle: the motions of a whole episode that serve its true class best.

    It knows the label, the start and every view of the scene, and plans at the first view, by a beam search over
    sequences of motions that keeps the 64 best: those whose log-probability of the true class, summed over the views so
    far, is greatest. So it is as good as the best trajectory or, where the beam lost that one, a little worse.
    """

    name = "full_oracle"

    def __init__(self, env: BeliefVectorEnv, table: EvidenceTable, fusion: Fusion, protocol: Protocol):
        self._env, self._table, self._fusion, self._protocol = env, table, fusion, protocol
        self._plan = np.zeros((0, 0), np.int64)

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        assert belief is not None
        steps_left = observation["steps_left"][:, 0]
        start = begins(observation, self._protocol)
        if len(self._plan) != len(start):
            self._plan = np.zeros((len(start), self._protocol.views - 1), np.int64)
        if start.any():
            self._plan[start] = self._planned(np.flatnonzero(start), belief)
        return self._plan[np.arange(len(start)), np.clip(self._protocol.views - 1 - steps_left, 0, None)]

    def _planned(self, episodes: NDArray[np.intp], belief: Belief) -> NDArray[np.int64]:
        """(N, T − 1) motions for some of the episodes."""
        info, protocol = self._env.info, self._protocol
        found = []
        for part in np.array_split(episodes, -(-len(episodes) // _TOGETHER)):
            scene, label, viewpoint = (info[name][part] for name in ("scene", "label", "viewpoint"))
            prior = Belief(belief.log_probs[part], belief.state[part])
            found.append(self._searched(scene, label, viewpoint, prior, protocol.views - 1))
        return np.concatenate(found)

    def _searched(
        self,
        scene: NDArray[np.int64],
        label: NDArray[np.int64],
        viewpoint: NDArray[np.int64],
        belief: Belief,
        steps: int,
    ) -> NDArray[np.int64]:
        """Beam search for N episodes at once; rows are (episode, sequence)."""
        episodes, motions = len(scene), len(self._protocol.motions)
        width, score = 1, np.zeros((episodes, 1))
        plans = np.zeros((episodes, 0), np.int64)
        for _ in range(steps):
            sequences = np.repeat(scene, width)
            target, grown = tried(self._table, self._fusion, self._protocol, belief, sequences, viewpoint)
            of_label = np.repeat(label, width * motions)
            truth = grown.log_probs[np.arange(len(of_label)), of_label].reshape(episodes, width * motions)
            total = np.repeat(score, motions, axis=1) + truth
            kept = np.argsort(-total, axis=1, kind="stable")[:, :_BEAM]
            flat = (kept + width * motions * np.arange(episodes)[:, None]).reshape(-1)
            plans = np.concatenate([plans[flat // motions], (flat % motions)[:, None]], axis=1)
            viewpoint, belief = target[flat], Belief(grown.log_probs[flat], grown.state[flat])
            score, width = np.take_along_axis(total, kept, axis=1), kept.shape[1]
        return plans.reshape(episodes, width, steps)[:, 0]


def all_views(
    table: EvidenceTable, fusion: Fusion, protocol: Protocol, scene: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(N, C) log-probabilities after every viewpoint of the grid, in raster order, for scenes (N,).

    fusion: of ``ANY_ORDER``; to another the order would matter, and so many views may be more than it can take.
    """
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
