"""Peek saliency: goes where most stands out, of which it knows unfairly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.fusion import Belief
from activevision.agents.policies.policy import begins
from activevision.agents.saliency import most_salient
from activevision.protocol import Protocol


class PeekSaliency:
    """The baseline of Jayaraman & Grauman (CVPR 2018): to the most salient view within reach that it has not had.

    UNFAIR: it sees every view that it could move to before it has taken, and paid for, any. It knows neither label nor
    belief. Where it is, it reads from the belief environment that it watches.

    saliency: (S, E · A) of every view of the scenes that it is played on, in raster order.
    """

    name = "peek_saliency"

    def __init__(self, env: BeliefVectorEnv, saliency: NDArray[np.floating], protocol: Protocol):
        self._env, self._saliency, self._protocol = env, saliency, protocol
        self._seen = np.zeros((0, protocol.grid_size), bool)

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        start = begins(observation, self._protocol)
        scene, viewpoint = self._env.info["scene"], self._env.info["viewpoint"]
        if len(self._seen) != len(start):
            self._seen = np.zeros((len(start), self._protocol.grid_size), bool)
        self._seen[start] = False
        self._seen[np.arange(len(start)), self._protocol.viewpoint_index(viewpoint)] = True
        target = self._protocol.move(viewpoint[:, None], np.arange(len(self._protocol.motions)))
        reach = self._protocol.viewpoint_index(target)
        return most_salient(self._saliency[scene[:, None], reach], np.take_along_axis(self._seen, reach, axis=1))
