"""Handheld: someone stands, or shifts slowly, with a camera in the hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.geometry import from_rotation_translation, orbit_pose
from activevision.rollouts.paths.camera_path import Limits, Motion, Track
from activevision.rollouts.paths.place import OBJECT, PANORAMA, ROOM, Place
from activevision.rollouts.paths.smooth import STEP, at_rate, poses, smooth, squash, steps, sway
from activevision.rollouts.paths.spot import floor_of, standing_place

Array = NDArray[np.float64]

_LEAD = 1.0  # seconds of what is computed before the first view
_PAN = 0.9  # seconds over which a pan begins and ends
_LEAN, _TREMBLE = 0.15, 1.0  # hertz: shifting one's weight; arms that are not quite still


@dataclass(frozen=True)
class Handheld(Motion):
    """Someone holds a camera: slow shifts of the body, a little trembling, and pans from one thing to the next.

    In a room it stands on the free floor and never leaves it; round an object it keeps looking at the object, from
    about where it fills the view; in a panorama it turns alone. Shifts and trembling are random motions of a stable
    spring (see ``smooth.sway``): slow ones as of people who shift their weight from foot to foot, and quick ones of
    millimetres and tenths of a degree as of an arm that is held out.

    eye_height: of the camera, lowest and highest, metres. lean, tremble: root mean square of the slow shifts and of the
    trembling, metres along each axis. shake_deg: of the rotation, about each axis. pan_deg: how far a pan goes.
    pan_rate_deg: degrees a second of a pan. hold: seconds between pans. pitch_deg: lowest and highest.
    """

    name: ClassVar[str] = "handheld"
    kinds: ClassVar[tuple[str, ...]] = (ROOM, OBJECT, PANORAMA)
    limits: ClassVar[Limits] = Limits(speed=1.2, acceleration=4.0, jerk=60.0, turn_rate=1.6, turn_acceleration=8.0)

    eye_height: tuple[float, float] = (1.3, 1.65)
    lean: float = 0.1
    tremble: float = 0.003
    shake_deg: float = 0.6
    pan_deg: tuple[float, float] = (15.0, 100.0)
    pan_rate_deg: tuple[float, float] = (20.0, 45.0)
    hold: tuple[float, float] = (0.5, 2.5)
    pitch_deg: tuple[float, float] = (-30.0, 10.0)

    def __call__(self, place: Place, views: int, rate: float, generator: Generator) -> Track:
        count = steps((views - 1) / rate + 2 * _LEAD)
        shift = sway(generator, count, 3, _LEAN) * [1.0, 0.4, 1.0]
        tremor = sway(generator, count, 3, _TREMBLE)
        shake = np.radians(self.shake_deg) * sway(generator, count, 3, _TREMBLE)
        if place.kind == OBJECT:
            return self._round_object(place, shift, tremor, shake, views, rate, generator)
        angles = self._pans(count, generator) + shake
        angles[:, 2] += np.radians(self.shake_deg) * shift[:, 0]
        position = np.zeros((count, 3))
        if place.kind == ROOM:
            stand = standing_place(place, generator)
            position = stand + _within(place, stand, self.lean * shift + self.tremble * tremor)
            position[:, 1] += generator.uniform(*self.eye_height)
        path = at_rate(np.concatenate([position, angles], axis=1), _LEAD, views, rate)
        return Track.along(poses(path[:, :3], path[:, 3:]))

    def _round_object(
        self, place: Place, shift: Array, tremor: Array, shake: Array, views: int, rate: float, generator: Generator
    ) -> Track:
        mean = generator.uniform([np.radians(-15), 0], [np.radians(60), 2 * np.pi])
        elevation = squash(mean[0] + 0.3 * shift[:, 1] + self.tremble * tremor[:, 1], np.radians(80))
        azimuth = mean[1] + 0.25 * shift[:, 0] + self.tremble * tremor[:, 0]
        distance = place.distance * (1.15 + squash(0.1 * shift[:, 2] + self.tremble * tremor[:, 2], 0.25))
        path = at_rate(np.concatenate([np.stack([elevation, azimuth, distance], 1), shake], 1), _LEAD, views, rate)
        aimed = orbit_pose(path[:, 0], path[:, 1], path[:, 2])
        return Track.along(aimed @ from_rotation_translation(poses(np.zeros(3), path[:, 3:])[:, :3, :3], np.zeros(3)))

    def _pans(self, count: int, generator: Generator) -> Array:
        """(count, 3) yaw, pitch and roll of one who looks at one thing after the other."""
        yaw, pitch = generator.uniform(0, 2 * np.pi), np.radians(generator.uniform(*self.pitch_deg))
        times, turns = [0.0], [(yaw, pitch)]
        while times[-1] < count * STEP:
            rest = times[-1] + generator.uniform(*self.hold)
            pan = np.radians(generator.uniform(*self.pan_deg)) * generator.choice([-1, 1])
            rate = np.radians(generator.uniform(*self.pan_rate_deg))
            times += [rest, rest + abs(pan) / rate]
            turns += [(yaw, pitch), (yaw + pan, np.radians(generator.uniform(*self.pitch_deg)))]
            yaw, pitch = turns[-1]
        held = np.arange(count) * STEP
        columns = [np.interp(held, times, column) for column in zip(*turns, strict=True)]
        return smooth(np.stack([*columns, np.zeros(count)], axis=1), _PAN)


def _within(place: Place, stand: Array, offset: Array) -> Array:
    """Offsets (n, 3) from a place to stand, made smaller until all of them keep over the floor."""
    floor = floor_of(place)
    for share in (1.0, 0.7, 0.5, 0.3, 0.2, 0.1):
        if floor.contains(stand + share * offset * [1, 0, 1]).all():
            return share * offset
    return offset * [0, 0.1, 0]
