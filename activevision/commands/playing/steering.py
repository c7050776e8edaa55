"""Which key is which motion, under a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from activevision.explore_protocol import MOTIONS, ExploreProtocol
from activevision.protocol import Protocol

_LETTERS = {"up": "w", "down": "s", "left": "a", "right": "d"}


@dataclass(frozen=True)
class Steering:
    """Keys and what they do.

    motions: index of the discrete motion of each key. words: what each motion is called, by its index.
    help: keys as they are shown, each with what it does.
    """

    motions: Mapping[str, int]
    words: tuple[str, ...]
    help: tuple[tuple[str, str], ...]


def steering(protocol: Protocol | ExploreProtocol) -> Steering:
    """Of a camera on a view grid, or of one that walks; ``protocol`` must have discrete motions."""
    return _of_walk() if isinstance(protocol, ExploreProtocol) else _of_grid(protocol)


def _of_walk() -> Steering:
    keys = {"w": "move_forward", "a": "turn_left", "left": "turn_left", "d": "turn_right", "right": "turn_right",
            "up": "look_up", "down": "look_down", " ": "stay"}  # fmt: skip
    words = tuple({"move_forward": "forward"}.get(name, name.replace("_", " ")) for name in MOTIONS)
    motions = {key: MOTIONS.index(name) for key, name in keys.items()}
    return Steering(motions, words, (("w", "walk"), ("a d ← →", "turn"), ("↑ ↓", "look"), ("space", "stay")))


def _of_grid(protocol: Protocol) -> Steering:
    """Arrows go to the next viewpoint; with shift, as far as one motion goes."""
    # who looks from outside goes right with the azimuth; who turns in place has greater azimuths on the left
    right = 1 if protocol.viewpoints == "orbit" else -1
    steps = {"up": (1, 0), "down": (-1, 0), "left": (0, -right), "right": (0, right)}
    reach = np.array(protocol.neighbourhood) // 2
    index = {tuple(step): motion for motion, step in enumerate(protocol.motions.tolist())}
    motions = {" ": protocol.stay}
    for arrow, (row, column) in steps.items():
        near = (row * min(1, reach[0]), column * min(1, reach[1]))
        for key in (arrow, _LETTERS[arrow]):
            motions[key], motions[key.upper()] = index[near], index[row * reach[0], column * reach[1]]
    far = (("shift", "far"),) if reach.max() > 1 else ()
    words = tuple(_words(row, column * right) for row, column in protocol.motions.tolist())
    return Steering(motions, words, (("w a s d ← ↑ ↓ →", "move"), *far, ("space", "stay")))


def _words(up: int, right: int) -> str:
    parts = []
    for steps, ahead, back in ((up, "up", "down"), (right, "right", "left")):
        if steps:
            parts.append((f"{abs(steps)} " if abs(steps) > 1 else "") + (ahead if steps > 0 else back))
    return " ".join(parts) or "stay"
