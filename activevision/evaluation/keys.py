"""``Key``: what an agent is called in results."""

from __future__ import annotations

from typing import NamedTuple

from activevision.evaluation.log import TrajectoryLog


class Key(NamedTuple):
    """An agent by its parts; as text "policy/fusion/recogniser", as results name their rows."""

    policy: str
    fusion: str
    recogniser: str

    @classmethod
    def of(cls, log: TrajectoryLog) -> Key:
        return cls(log.policy, log.fusion, log.recogniser)

    def __str__(self) -> str:
        return "/".join(self)
