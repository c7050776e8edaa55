"""Kinds of camera motion: smooth paths through a place or round an object, by name."""

from __future__ import annotations

from typing import Any

from activevision.errors import unknown
from activevision.rollouts.paths.camera_path import CameraPath, Limits, Track, check_fits
from activevision.rollouts.paths.driving import Driving
from activevision.rollouts.paths.handheld import Handheld
from activevision.rollouts.paths.orbit import Orbit
from activevision.rollouts.paths.place import KINDS, OBJECT, PANORAMA, ROOM, Floor, NoRoom, Place
from activevision.rollouts.paths.tumble import Tumble
from activevision.rollouts.paths.turntable import Turntable
from activevision.rollouts.paths.walk import Walk

__all__ = [
    "KINDS", "OBJECT", "PANORAMA", "PATHS", "ROOM", "CameraPath", "Floor", "Limits", "NoRoom", "Place", "Track",
    "check_fits", "get_path",
]  # fmt: skip

PATHS: dict[str, Any] = {path.name: path for path in (Walk, Handheld, Orbit, Tumble, Turntable, Driving)}
"""Every kind of motion by its name."""

_ALSO = {"kitti-like": "driving"}


def get_path(name: str, **settings: Any) -> CameraPath:
    """A kind of motion by name, with some of its settings changed; UserError names the nearest name or setting."""
    name = _ALSO.get(name, name)
    if name not in PATHS:
        raise unknown("motion", name, [*PATHS, *_ALSO])
    known = PATHS[name]()
    for setting in settings:
        if setting not in known.settings:
            raise unknown(f"setting of motion {name!r}", setting, known.settings)
    path: CameraPath = PATHS[name](**settings)
    return path
