"""Policies that learn nothing: stay, random, farthest, sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.fusion import Belief
from activevision.agents.policies.policy import begins, elevation_row, require_elevation
from activevision.explore_protocol import ExploreProtocol
from activevision.protocol import Protocol


class Single:
    """Never moves: what the first view alone gives. Its later views are the first again and are not fused."""

    name = "single"

    def __init__(self, protocol: Protocol | ExploreProtocol, seed: int = 0):
        self._stay = protocol.stay

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        return np.full(len(observation["steps_left"]), self._stay)


class Random:
    """Every motion of the neighbourhood with equal probability."""

    name = "random"

    def __init__(self, protocol: Protocol | ExploreProtocol, seed: int):
        self._motions = len(protocol.motions)
        self._generator = np.random.default_rng(seed)

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        return self._generator.integers(self._motions, size=len(observation["steps_left"]))


class Sweep:
    """Round the object on its present row by the widest step, always the same way: the fixed turntable."""

    name = "sweep"

    def __init__(self, protocol: Protocol, seed: int = 0):
        # staying in its row, the last motion of the middle row turns farthest
        self._motion = int(np.flatnonzero(protocol.motions[:, 0] == 0)[-1])

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        return np.full(len(observation["steps_left"]), self._motion)


class Farthest:
    """The motion whose viewpoint is farthest, as an angle, from the nearest of all those taken so far.

    Ties are broken at random. It keeps its own map of the episode, relative to the first column, from the elevation
    that the protocol's proprioception tells and from the motions that it asked for.
    """

    name = "farthest"

    def __init__(self, protocol: Protocol, seed: int):
        require_elevation(protocol, self.name)
        self._protocol = protocol
        self._generator = np.random.default_rng(seed)
        angles = np.stack(np.meshgrid(protocol.elevations, np.arange(protocol.azimuths) * protocol.azimuth_step,
                                      indexing="ij"), axis=-1)  # fmt: skip
        elevation, azimuth = angles[..., 0], angles[..., 1]
        self._directions = np.stack(
            [np.cos(elevation) * np.sin(azimuth), np.sin(elevation), np.cos(elevation) * np.cos(azimuth)], axis=-1
        )
        self._viewpoint = np.zeros((0, 2), np.int64)
        self._closest = np.zeros((0, *protocol.grid_shape))

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        start = begins(observation, self._protocol)
        if len(self._viewpoint) != len(start):
            self._viewpoint = np.zeros((len(start), 2), np.int64)
            self._closest = np.full((len(start), *self._protocol.grid_shape), -1.0)
        self._viewpoint[start, 1] = 0
        self._viewpoint[:, 0] = elevation_row(observation, self._protocol)
        self._closest[start] = -1.0
        here = self._directions[self._viewpoint[:, 0], self._viewpoint[:, 1]]
        cosine = np.einsum("nk,eak->nea", here, self._directions)
        self._closest = np.maximum(self._closest, cosine)

        motions = np.arange(len(self._protocol.motions))
        targets = self._protocol.move(self._viewpoint[:, None], motions[None])
        rows = np.arange(len(start))
        closeness = self._closest[rows[:, None], targets[..., 0], targets[..., 1]]
        # angles that are equal but for rounding are a tie
        tied = closeness <= closeness.min(axis=1, keepdims=True) + 1e-6
        choice = np.where(tied, self._generator.random(tied.shape), -1.0).argmax(axis=1)
        self._viewpoint = targets[rows, choice]
        return choice
