"""What learnt policies see of an observation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.belief_env import LEAST_LOG_PROBABILITY


def policy_input(observation: Mapping[str, Any]) -> NDArray[np.float32]:
    """The belief state (N, K) that the network sees, each part scaled to about unit range.

    Belief and evidence as probabilities and as log-probabilities, the feature at unit length, where the camera
    was, proprioception, steps left. No frame: what is in it, evidence and feature say.
    """
    feature = observation["feature"]
    steps_left = observation["steps_left"]
    parts = [
        np.exp(observation["belief"]),
        1 - observation["belief"] / LEAST_LOG_PROBABILITY,
        np.exp(observation["evidence"]),
        feature * (np.sqrt(feature.shape[1]) / (np.linalg.norm(feature, axis=1, keepdims=True) + 1e-6)),
        observation["path"].reshape(len(feature), -1),
        steps_left == np.arange(observation["path"].shape[1] + 1),
    ]
    if "proprioception" in observation:
        parts.append(observation["proprioception"])
    return np.concatenate(parts, axis=1).astype(np.float32)
