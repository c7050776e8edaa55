"""What cameras have seen in their episodes: frames, and how each was come by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.small_frames import SIDE, shrunk
from activevision.protocol import Protocol


class Album:
    """Of N episodes, whose observations it is shown in their order; to be shown one again changes nothing.

    It keeps the frames that were taken and paid for. Nothing of an observation but ``rgb``, ``egomotion``,
    ``proprioception`` and ``steps_left`` goes in.
    """

    def __init__(self, protocol: Protocol):
        self._views = protocol.views
        self._frames = np.zeros((0, protocol.views, 3, SIDE, SIDE), np.uint8)
        self._notes = np.zeros((0, protocol.views, 0), np.float32)

    def __call__(self, observation: Mapping[str, Any]) -> dict[str, NDArray]:
        """What is to be seen after the latest views, with V = T − 1: after the last nothing is to be chosen.

        frames: (N, V, 3, SIDE, SIDE) uint8, latest first, black where there is none yet. notes: (N, V, 1 + 6 + P), of
        each 1 where there is one, the twist that led there, and proprioception. steps_left: (N, T), as one of T.
        """
        left = observation["steps_left"][:, 0]
        taken = self._views - 1 - left
        notes = _notes(observation, taken)
        if self._notes.shape != (len(left), self._views, notes.shape[1]):
            self._frames = np.zeros((len(left), *self._frames.shape[1:]), np.uint8)
            self._notes = np.zeros((len(left), self._views, notes.shape[1]), np.float32)
        episode = np.arange(len(left))
        self._frames[episode, taken] = shrunk(observation["rgb"]).transpose(0, 3, 1, 2)
        self._notes[episode, taken] = notes
        view = taken[:, None] - np.arange(self._views - 1)
        there = view >= 0
        frames, notes = (part[episode[:, None], view] for part in (self._frames, self._notes))
        frames[~there], notes[~there] = 0, 0
        return {"frames": frames, "notes": notes, "steps_left": np.float32(left[:, None] == np.arange(self._views))}


def _notes(observation: Mapping[str, Any], taken: NDArray[np.integer]) -> NDArray[np.float32]:
    """(N, 1 + 6 + P) of the present views, to the first of which no motion has led."""
    nothing = np.zeros((len(taken), 0), np.float32)
    twist = np.where(taken[:, None] > 0, observation["egomotion"], 0)
    parts = np.ones((len(taken), 1)), twist, observation.get("proprioception", nothing)
    return np.concatenate(parts, axis=1).astype(np.float32)
