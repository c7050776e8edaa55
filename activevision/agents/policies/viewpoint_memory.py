"""What a policy on a view grid remembers of its episodes: where it may be, of what, and which views it has had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.evidence import Evidence
from activevision.agents.observation_model import ObservationModel
from activevision.agents.policies.policy import begins
from activevision.agents.viewpoint_filter import ViewpointFilter
from activevision.protocol import PROPRIOCEPTION, Protocol


class ViewpointMemory:
    """A Bayes filter over class and viewpoint for each of N episodes, fed from observations.

    It goes by evidence, feature and egomotion, and by the elevation and azimuth where proprioception tells them.
    A view that the episode has had already says nothing new and is not counted again.

    joint: (N, C, E, A) float32, p(class, viewpoint | observations so far). seen: (N, E, E, A), for each row that the
    camera may be in now, the viewpoints that the episode has had: their row, and how many columns on they are.
    """

    def __init__(self, model: ObservationModel, protocol: Protocol):
        self._model, self._protocol = model, protocol
        self._filter = ViewpointFilter(protocol, len(model.classes))
        self._log_joint = self._filter.start(0)
        self.seen = np.zeros((0, protocol.grid_shape[0], *protocol.grid_shape), bool)

    @property
    def joint(self) -> NDArray[np.float32]:
        return np.exp(self._log_joint).reshape(len(self.seen), -1, *self._protocol.grid_shape)

    def observe(self, observation: Mapping[str, Any]) -> None:
        """Take in the present view of every episode; those that begin are forgotten first."""
        start = begins(observation, self._protocol)
        if len(self.seen) != len(start):
            self._log_joint = self._filter.start(len(start))
            self.seen = np.zeros((len(start), *self.seen.shape[1:]), bool)
        self._log_joint = np.where(start[:, None, None], self._filter.start(len(start)), self._log_joint)
        self.seen[start] = False
        egomotion = np.where(start[:, None], 0, observation["egomotion"])
        self._log_joint = self._filter.moved(self._log_joint, egomotion)
        self._turn(egomotion)
        told = _told(observation, self._protocol)
        if told is not None:
            self._log_joint = self._filter.seen(self._log_joint, np.where(told, 0, -np.inf)[:, None])
        rows = np.arange(self._protocol.grid_shape[0])
        new = np.logical_not(self.seen[:, rows, rows, 0].any(axis=1))
        evidence = Evidence(observation["evidence"], observation["feature"])
        said = np.where(new[:, None, None], self._model.log_likelihood(evidence), 0)
        self._log_joint = self._filter.seen(self._log_joint, said)
        self.seen[:, rows, rows, 0] = True

    def _turn(self, egomotion: NDArray[np.floating]) -> None:
        """See what was seen from the rows and columns that twists (N, 6) lead to."""
        origin, turn = self._filter.origins(egomotion)
        columns = self._protocol.azimuths
        episode = np.arange(len(origin))[:, None, None, None]
        row = np.arange(self.seen.shape[2])[:, None]
        column = (np.arange(columns) + turn[:, :, None, None]) % columns
        known = (origin >= 0)[:, :, None, None]
        self.seen = known & self.seen[episode, np.maximum(origin, 0)[:, :, None, None], row, column]


def chance_of_new(joint: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(N, E, A) how likely the episode has not had the viewpoint in a row and so many columns on from the present one.

    joint: (N, C, E, A), seen: (N, E, E, A) of a ``ViewpointMemory``.
    """
    row = joint.sum(axis=(1, 3))
    return 1 - np.einsum("nr,nrea->nea", row, seen.astype(np.float32))


def _told(observation: Mapping[str, Any], protocol: Protocol) -> NDArray[np.bool_] | None:
    """(N, E · A) the viewpoints that proprioception leaves; None where there is none."""
    if not protocol.proprioception:
        return None
    sensed = observation["proprioception"]
    possible = np.ones((len(sensed), *protocol.grid_shape), bool)
    column = 0
    for word in protocol.proprioception:
        values = sensed[:, column : column + PROPRIOCEPTION[word]]
        column += PROPRIOCEPTION[word]
        if word == "elevation":
            nearest = np.abs(protocol.elevations - values).argmin(axis=1)
            possible &= (np.arange(len(protocol.elevations)) == nearest[:, None])[:, :, None]
        elif word == "azimuth":
            turns = np.arctan2(values[:, 0], values[:, 1]) / protocol.azimuth_step
            possible &= (np.arange(protocol.azimuths) == np.rint(turns)[:, None] % protocol.azimuths)[:, None]
    return possible.reshape(len(sensed), -1)
