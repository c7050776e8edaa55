"""The interface of policies: a class with this one method is a policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from activevision.agents.fusion import Belief
from activevision.protocol import Protocol as ViewProtocol


class Policy(Protocol):
    """Chooses the next motion of N episodes at once."""

    name: str

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        """Motions (N,) as indices into ``protocol.motions``; observation and belief are batched.

        ``observation["steps_left"]`` (N, 1) equals T − 1 where an episode begins.
        """
        ...


def begins(observation: Mapping[str, Any], protocol: ViewProtocol) -> NDArray[np.bool_]:
    """(N,) where an episode is at its first view."""
    return observation["steps_left"][:, 0] == protocol.views - 1
