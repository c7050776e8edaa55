"""The pictures of contact sheets: an object from outside, a room from inside and from above, a panorama as a strip."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.camera import Camera
from activevision.envs.explore_find import STRUCTURE
from activevision.errors import UserError
from activevision.geometry import from_rotation_translation, orbit_pose
from activevision.scenes import SPLITS, Catalogue, Entry, Scene
from activevision.scenes.contact_sheet import OBJECTS, Layout
from activevision.scenes.panoramas import Panorama
from activevision.simulators.embree_simulator import EmbreeSimulator

Portrait = Callable[[Any], NDArray[np.uint8]]

ROOMS = Layout("rooms", width=706, height=270, columns=2, per_class=8)
PANORAMAS = Layout("panoramas", width=480, height=240, columns=3)

_INSIDE, _ABOVE = Camera(430, 270, 100.0), Camera(270, 270, 40.0)
_GLANCE = Camera(64, 40, 100.0)
_HEADINGS = np.radians(np.arange(0, 360, 15))
_PITCH = math.radians(-12)  # a little down, because a room's things stand on its floor
_CUT = 0.5  # metres over the eyes, above which the view from above leaves everything out
_FAR = 6.0  # metres: what lies farther off makes a view no more telling
_DOWN = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])  # looks down, −Z at the top of the picture


def portrait_of(catalogue: Catalogue, split: str | None = None) -> tuple[Portrait, Layout]:
    """How the scenes of a catalogue are shown, by what its first one is, and how large.

    UserError for an unknown split, and where there is nothing to show.
    """
    scene = _first(catalogue, split).load()
    if isinstance(scene, Panorama):
        return panorama_portrait, PANORAMAS
    return (object_portrait, OBJECTS) if scene.station is None else (room_portrait, ROOMS)


def _first(catalogue: Catalogue, split: str | None) -> Entry:
    for name in SPLITS if split is None else (split,):
        try:
            return catalogue.scenes(name)[0]
        except UserError:
            if split is not None:
                raise
    raise UserError(f"catalogue {catalogue.name!r} has nothing to show: choose another.")


def object_portrait(scene: Scene) -> NDArray[np.uint8]:
    """(160, 160, 3) of a thing, fitted into the view, from somewhat above and beside its front."""
    camera = Camera(160, 160, 45.0)
    pose = orbit_pose(math.radians(20), math.radians(30), 1 / math.sin(camera.smallest_half_angle))
    return _rendered(scene.fitted(), pose, camera)


def room_portrait(scene: Scene) -> NDArray[np.uint8]:
    """(270, 706, 3) of a place: to the left from its station towards where most is to be seen, to the right from above
    with the ceiling left out."""
    scene = scene.at_station()
    inside = _rendered(scene, _most_telling(scene), _INSIDE)
    gap = np.full((_INSIDE.height, 6, 3), 255, np.uint8)
    return np.concatenate([inside, gap, _from_above(scene)], axis=1)


def panorama_portrait(panorama: Panorama) -> NDArray[np.uint8]:
    """(240, 480, 3): the whole panorama."""
    return np.asarray(cv2.resize(panorama.image, (480, 240), interpolation=cv2.INTER_AREA), np.uint8)


def _most_telling(scene: Scene) -> NDArray[np.float64]:
    """``world_from_camera`` (4, 4) at the origin, towards where there are many different things, and room before them.

    Things count by the root of the share of the view that they cover, so that several beat a large one; walls do not.
    """
    things = [instance.id for instance in scene.instances if instance.category not in STRUCTURE]
    poses = orbit_pose(-_PITCH, _HEADINGS, 0.0)
    simulator = EmbreeSimulator([scene], samples=1)
    try:
        images = simulator.render(np.zeros(len(poses), np.int64), poses, _GLANCE, ("instance", "depth"))
    finally:
        simulator.close()
    scores = []
    for instances, depth in zip(images["instance"], images["depth"], strict=True):
        shares = np.unique(instances[np.isin(instances, things)], return_counts=True)[1] / instances.size
        scores.append(np.sqrt(shares).sum() + 0.1 * np.minimum(depth, _FAR).mean())
    return poses[int(np.argmax(scores))]


def _from_above(scene: Scene) -> NDArray[np.uint8]:
    """Straight down on a scene whose station is the origin, walls cut off a little above the eyes."""
    scene = scene.below(_CUT)
    (low_x, _, low_z), (high_x, _, high_z) = scene.bounds
    height = _CUT + 0.52 * max(high_x - low_x, high_z - low_z) / math.tan(_ABOVE.smallest_half_angle)
    pose = from_rotation_translation(_DOWN, [(low_x + high_x) / 2, height, (low_z + high_z) / 2])
    fine = replace(_ABOVE, width=3 * _ABOVE.width, height=3 * _ABOVE.height)
    simulator = EmbreeSimulator([scene], samples=1)
    try:
        images = simulator.render([0], pose[None], fine, ("rgb", "instance"))
    finally:
        simulator.close()
    picture = np.where(images["instance"][0][..., None] > 0, images["rgb"][0], np.uint8(255))
    return np.asarray(cv2.resize(picture, (_ABOVE.width, _ABOVE.height), interpolation=cv2.INTER_AREA), np.uint8)


def _rendered(scene: Scene, pose: NDArray[np.float64], camera: Camera) -> NDArray[np.uint8]:
    simulator = EmbreeSimulator([scene], samples=3)
    try:
        return simulator.render([0], pose[None], camera)["rgb"][0]
    finally:
        simulator.close()
