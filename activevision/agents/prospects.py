"""What every motion would bring, as evidence of all views tells it: for ceilings and for training, not for policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import Belief, Fusion
from activevision.protocol import Protocol


def prospects(
    table: EvidenceTable, fusion: Fusion, protocol: Protocol, belief: Belief, info: Mapping[str, Any]
) -> NDArray[np.float32]:
    """(N, M) log-probability of the true class after each motion, of N episodes with this belief.

    info: of a vector environment, with scene (N,), viewpoint (N, 2) and label (N,).
    """
    _, fused = tried(table, fusion, protocol, belief, info["scene"], info["viewpoint"])
    label = np.repeat(info["label"], len(protocol.motions))
    return fused.log_probs[np.arange(len(label)), label].reshape(-1, len(protocol.motions))


def tried(
    table: EvidenceTable,
    fusion: Fusion,
    protocol: Protocol,
    belief: Belief,
    scene: NDArray[np.int64],
    viewpoint: NDArray[np.int64],
) -> tuple[NDArray[np.int64], Belief]:
    """Every motion in scenes (N,) from viewpoints (N, 2) with this belief: the viewpoints (N · M, 2) that they lead to,
    and the beliefs there, one episode's M motions after the other's."""
    motions = len(protocol.motions)
    viewpoints = np.repeat(viewpoint, motions, axis=0)
    targets = protocol.move(viewpoints, np.tile(np.arange(motions), len(scene)))
    twists = protocol.twists[protocol.motion_index(viewpoints, targets)]
    evidence = table.at(np.repeat(scene, motions), targets)
    return targets, fusion.update(belief.repeat(motions), evidence, twists)
