"""The interface of policies: a class with this one method is a policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from activevision.agents.config import AgentConfig
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.lessons import GridLessons
from activevision.errors import UserError
from activevision.protocol import PROPRIOCEPTION
from activevision.protocol import Protocol as ViewProtocol


class Policy(Protocol):
    """Chooses the next motion of N episodes at once."""

    name: str

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        """Motions (N,) as indices into ``protocol.motions``; observation and belief are batched.

        ``observation["steps_left"]`` (N, 1) equals T − 1 where an episode begins.
        """
        ...


class TrainedPolicy(Policy, Protocol):
    """A policy that an agent's folder keeps. suffix: of its file."""

    suffix: ClassVar[str]

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> TrainedPolicy:
        """Trained with the beliefs of ``fusion``; same seed, same policy."""
        ...

    def save(self, path: Path) -> None: ...

    @classmethod
    def load(cls, path: Path, protocol: ViewProtocol, fusion: Fusion) -> TrainedPolicy:
        """What ``save`` wrote, to be given the beliefs of ``fusion``; UserError if it is missing or damaged."""
        ...


class JointAgent(Protocol):
    """A fusion and a policy that are trained as one. suffix: of its file.

    The policy keeps what it needs to know of an episode itself, so it also goes with other fusions, and the fusion with
    other policies.
    """

    suffix: ClassVar[str]
    fusion: Fusion
    policy: Policy

    @classmethod
    def fit(cls, lessons: GridLessons, config: AgentConfig, seed: int) -> JointAgent: ...

    def save(self, path: Path) -> None: ...

    @classmethod
    def load(cls, path: Path, protocol: ViewProtocol) -> JointAgent: ...


def begins(observation: Mapping[str, Any], protocol: ViewProtocol) -> NDArray[np.bool_]:
    """(N,) where an episode is at its first view."""
    return observation["steps_left"][:, 0] == protocol.views - 1


def require_elevation(protocol: ViewProtocol, policy: str) -> None:
    """UserError where proprioception does not tell the camera's elevation."""
    if "elevation" not in protocol.proprioception:
        raise UserError(
            f"policy {policy!r} needs the camera's elevation, which protocol {protocol.name!r} does not tell: "
            "add 'elevation' to its proprioception or choose another policy."
        )


def elevation_row(observation: Mapping[str, Any], protocol: ViewProtocol) -> NDArray[np.int64]:
    """(N,) the rows of the view grid that the camera is in, by the elevations that proprioception tells."""
    before = protocol.proprioception[: protocol.proprioception.index("elevation")]
    column = sum(PROPRIOCEPTION[word] for word in before)
    return np.abs(protocol.elevations - observation["proprioception"][:, column, None]).argmin(axis=1)
