"""Policies for a camera that moves about by the motions of an ``ExploreProtocol``; they learn nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.fusion import Belief
from activevision.errors import UserError
from activevision.explore_protocol import ExploreProtocol


class Spin:
    """Turns left at every step: looks all round from where it is."""

    name = "sweep"

    def __init__(self, protocol: ExploreProtocol, seed: int = 0):
        self._turn = _motion(protocol, "turn_left")

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        return np.full(len(observation["steps_left"]), self._turn)


class Wander:
    """Walks ahead until it meets something, then turns left by 45° to 135°, drawn uniformly.

    The bump-and-turn of simple robots: it sees far more of a room than motions at random, which mostly undo each other.
    """

    name = "wander"

    def __init__(self, protocol: ExploreProtocol, seed: int):
        self._ahead, self._turn = _motion(protocol, "move_forward"), _motion(protocol, "turn_left")
        self._least, self._most = (max(round(angle / protocol.locomotion.turn_deg), 1) for angle in (45, 135))
        self._first = protocol.views - 1
        self._generator = np.random.default_rng(seed)
        self._turns = np.zeros(0, np.int64)

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        steps_left, collided = observation["steps_left"][:, 0], observation["collided"][:, 0] > 0
        if len(self._turns) != len(steps_left):
            self._turns = np.zeros(len(steps_left), np.int64)
        self._turns[steps_left == self._first] = 0
        drawn = self._generator.integers(self._least, self._most + 1, size=len(collided))
        self._turns = np.where(collided & (self._turns == 0), drawn, self._turns)
        motion = np.where(self._turns > 0, self._turn, self._ahead)
        self._turns = np.maximum(self._turns - 1, 0)
        return motion


def _motion(protocol: ExploreProtocol, name: str) -> int:
    if name not in protocol.motions:
        raise UserError(f"protocol {protocol.name!r} has action {protocol.action!r}: this policy needs 'discrete'.")
    return protocol.motions.index(name)
