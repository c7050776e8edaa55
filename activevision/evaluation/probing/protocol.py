"""Protocols of the equivariance benchmark: what is looked at, along which motions, and which pairs of views count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ProbeProtocol:
    """catalogue, motion, views, rate: what ``activevision collect`` is asked for where no data is given, with so many
    episodes of training and test scenes.

    range_deg: largest turn between the two views of a pair that probes are trained on. gap: most frames between them,
    None for any. What lies beyond is out of range. shared_frame: whether the scenes stand alike in their own frames, so
    that an absolute rotation means the same in all of them.
    """

    name: str
    title: str
    catalogue: str
    motion: Literal["orbit", "tumble", "walk", "handheld"]
    views: int
    rate: float
    train_episodes: int
    test_episodes: int
    range_deg: float
    gap: int | None
    shared_frame: bool


_OBJECTS = ProbeProtocol("objects", "Objects", "procedural", "orbit", 16, 2.0, 200, 108, 90.0, None, True)
_ROOMS = ProbeProtocol(
    "rooms", "Egocentric motion in rooms", "rooms-procedural", "walk", 32, 5.0, 100, 60, 90.0, 8, False
)

PROTOCOLS = {
    "objects": _OBJECTS,
    "furniture": ProbeProtocol("furniture", "Furniture", "furniture", "orbit", 16, 2.0, 200, 108, 90.0, None, True),
    "rooms": _ROOMS,
    "handheld": ProbeProtocol(
        "handheld", "A hand-held camera in rooms", "rooms-procedural", "handheld", 32, 5.0, 100, 60, 90.0, 8, False
    ),
}
"""Objects in 3DIEBench's manner (disjoint instances, turns within ±90°), and SE(3) as a person in a room moves."""
