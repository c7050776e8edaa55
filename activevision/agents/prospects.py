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
    episodes, motions = len(info["scene"]), len(protocol.motions)
    viewpoints = np.repeat(info["viewpoint"], motions, axis=0)
    targets = protocol.move(viewpoints, np.tile(np.arange(motions), episodes))
    evidence = table.at(np.repeat(info["scene"], motions), targets)
    twists = protocol.twists[protocol.motion_index(viewpoints, targets)]
    fused = fusion.update(belief.repeat(motions), evidence, twists)
    label = np.repeat(info["label"], motions)
    return fused.log_probs[np.arange(len(label)), label].reshape(episodes, motions)
