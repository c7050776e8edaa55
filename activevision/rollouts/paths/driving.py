"""Driving: a small car with a camera, forward only, that steers before it comes to walls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from activevision.rollouts.paths.camera_path import Limits, Motion, Track
from activevision.rollouts.paths.place import ROOM, Floor, NoRoom, Place
from activevision.rollouts.paths.smooth import STEP, at_rate, poses, smooth
from activevision.rollouts.paths.spot import floor_of, roomy

Array = NDArray[np.float64]

_TICK = 0.05  # seconds of a step of the car
_DECIDE = 6  # ticks between decisions
_AHEAD = 48  # ticks that a plan is long
_TURNS = 7  # steering angles to choose from
_FIRST = 16  # ticks of the first of a plan's two turns
_LAG = 0.2  # seconds in which steering and speed come near what was asked for
_EAGER = 4.0  # 1/s: how quickly the rates of steering and of speed change, relative to their limits
_LEAD = 1.0  # seconds of what is computed before the first view
_STARTS = 24  # drawn before a place is given up
_NEAR = 0.6  # metres from a goal at which the next is drawn
_KERB = 0.03  # metres that it drives up or down at once
_COMFORT = 0.12  # metres beside the car that it likes to have free

X, Z, HEADING, STEERING, TURNING, SPEED, PUSH = range(7)
"""Rows of a car's state (7, N): metres, radians, radians, radians/s, m/s, m/s². A heading of 0 is along −Z."""


@dataclass(frozen=True)
class Driving(Motion):
    """A small car drives about the floor, as street vehicles do in KITTI: forward, looking ahead from a fixed height.

    It is a kinematic bicycle: curvature is tan(steering angle) / wheelbase, the steering angle changes at a limited
    rate, and the speed falls in bends so that little acts across. Every 0.3 s it chooses among plans of two turns (the
    dynamic window of Fox, Burgard & Thrun 1997, two turns deep) that keep over the floor for 2.4 s, by how free they
    are, how near they come to a random goal, and how little they steer. It climbs no steps. Where it would get stuck it
    starts elsewhere.

    Speeds are those of indoor robots: 0.3 to 0.8 m/s on the straight, turning circles of a quarter of a metre's radius.

    height: of the camera, lowest and highest, metres. speed: lowest and highest, m/s. wheelbase: metres.
    steering_deg, steering_rate_deg: greatest angle, and degrees a second. sideways, push: m/s² across and along.
    pitch_deg: of the camera, lowest and highest.
    """

    name: ClassVar[str] = "driving"
    kinds: ClassVar[tuple[str, ...]] = (ROOM,)
    limits: ClassVar[Limits] = Limits(speed=0.81, acceleration=1.6, jerk=10.0, turn_rate=2.2, turn_acceleration=8.0)

    height: tuple[float, float] = (0.5, 1.2)
    speed: tuple[float, float] = (0.3, 0.8)
    wheelbase: float = 0.2
    steering_deg: float = 38.0
    steering_rate_deg: float = 90.0
    sideways: float = 0.6
    push: float = 0.5
    pitch_deg: tuple[float, float] = (-8.0, 0.0)

    def __call__(self, place: Place, views: int, rate: float, generator: Generator) -> Track:
        floor = floor_of(place)
        ticks = int(np.ceil(((views - 1) / rate + 2 * _LEAD) / _TICK)) + 1
        cruise = generator.uniform(*self.speed)
        height, pitch = generator.uniform(*self.height), np.radians(generator.uniform(*self.pitch_deg))
        for _ in range(_STARTS):
            drive = self._drive(floor, ticks, cruise, generator)
            if drive is None:
                continue
            path = at_rate(_fine(drive), _LEAD, views, rate)
            if floor.contains(path[:, :3]).all():
                angles = np.stack([path[:, 3], np.full(views, pitch), np.zeros(views)], axis=1)
                return Track.along(poses(path[:, :3] + [0, height, 0], angles))
        raise NoRoom(
            f"scene {place.id!r} has no room to drive {views / rate:.0f} s without turning back: ask for fewer views, "
            "or for the motion walk, handheld or turntable."
        )

    def _drive(self, floor: Floor, ticks: int, cruise: float, generator: Generator) -> Array | None:
        """(ticks + 1, 4) x, y, z and heading of a drive from a random start; None where the car gets stuck."""
        car, level = self._start(floor, cruise, generator)
        goals = floor.sample(generator, 64)
        first, second = (turns.ravel() for turns in np.meshgrid(*2 * [self._angles()], indexing="ij"))
        drive = [[car[X], level, car[Z], car[HEADING]]]
        while len(drive) <= ticks:
            plans = self._plans(car, first, second, cruise)
            lasts, comfort = _free(floor, plans, level)
            goal = goals[0]
            away = np.hypot(plans[-1, X] - goal[0], plans[-1, Z] - goal[2])
            if np.hypot(car[X] - goal[0], car[Z] - goal[2]) < _NEAR or generator.random() < _TICK:
                goals = goals[1:] if len(goals) > 1 else floor.sample(generator, 64)
            score = lasts + 12 * comfort - 2.0 * away - 2.0 * np.abs(first - car[STEERING]) - 1.5 * np.abs(first)
            best = int(score.argmax())
            if lasts[best] < min(_DECIDE, ticks + 1 - len(drive)):
                return None
            for tick in range(_DECIDE):
                car = plans[tick, :, best]
                rise = float(floor.height_at([car[X], level, car[Z]]))
                level = rise if np.isfinite(rise) else level
                drive.append([car[X], level, car[Z], car[HEADING]])
        return np.array(drive[: ticks + 1])

    def _start(self, floor: Floor, cruise: float, generator: Generator) -> tuple[Array, float]:
        """State (7,) of a car that starts where there is room, towards where there is most of it; and its floor."""
        points = floor.sample(generator, 32)
        room = sum(roomy(floor, points, radius).astype(np.int64) for radius in (0.1, 0.3, 0.6))
        start = points[int(np.argmax(room))]
        headings = generator.uniform(0, 2 * np.pi, 16)
        ahead = np.stack([-np.sin(headings), np.zeros(16), -np.cos(headings)], axis=1)
        free = floor.contains(start + np.arange(1, 21)[:, None, None] * 0.1 * ahead)
        heading = headings[int(np.cumprod(free, axis=0).sum(axis=0).argmax())]
        return np.array([start[0], start[2], heading, 0.0, 0.0, 0.6 * cruise, 0.0]), float(start[1])

    def _angles(self) -> Array:
        return np.radians(self.steering_deg) * np.linspace(-1, 1, _TURNS)

    def _plans(self, car: Array, first: Array, second: Array, cruise: float) -> Array:
        """States (_AHEAD, 7, N) of a car (7,) that steers to angles ``first`` (N,) and then to ``second``."""
        plans = np.empty((_AHEAD, len(car), len(first)))
        steering, turning, speed, push = (np.full(len(first), car[row]) for row in (STEERING, TURNING, SPEED, PUSH))
        most = np.radians(self.steering_rate_deg)
        fastest = [self._fastest(steer, cruise) for steer in (first, second)]
        for tick in range(_AHEAD):
            part = int(tick >= _FIRST)
            turning = _nearer(turning, ((first, second)[part] - steering) / _LAG, most)
            steering = steering + turning * _TICK
            # slow down for the bend that is coming as well as for that which is there
            allowed = np.minimum(fastest[part], self._fastest(steering, cruise))
            push = _nearer(push, (allowed - speed) / _LAG, self.push)
            speed = np.maximum(speed + push * _TICK, 0.0)
            plans[tick, STEERING:] = steering, turning, speed, push
        before = np.concatenate([np.broadcast_to(car[SPEED], (1, len(first))), plans[:-1, SPEED]])
        gone = (before + plans[:, SPEED]) / 2 * _TICK
        turned = np.tan(plans[:, STEERING]) / self.wheelbase * gone
        plans[:, HEADING] = car[HEADING] + np.cumsum(turned, axis=0)
        middle = plans[:, HEADING] - turned / 2
        plans[:, X] = car[X] - np.cumsum(np.sin(middle) * gone, axis=0)
        plans[:, Z] = car[Z] - np.cumsum(np.cos(middle) * gone, axis=0)
        return plans

    def _fastest(self, steering: Array, cruise: float) -> Array:
        """m/s (N,) at these steering angles."""
        return np.minimum(cruise, np.sqrt(self.sideways * self.wheelbase / np.maximum(np.tan(np.abs(steering)), 1e-6)))


def _nearer(rate: Array, wanted: Array, most: float) -> Array:
    """A rate of change (N,) a tick later that is to become ``wanted``, never above ``most``."""
    wanted = np.minimum(np.maximum(wanted, -most), most)
    step = _EAGER * most * _TICK
    return rate + np.minimum(np.maximum(wanted - rate, -step), step)


def _free(floor: Floor, plans: Array, level: float) -> tuple[Array, Array]:
    """Of plans (A, 7, N): how many ticks (N,) they keep over the floor, and with how much to spare, in [0, 1]."""
    middle = np.stack([plans[:, X], np.full(plans[:, X].shape, level), plans[:, Z]], axis=-1)
    heading = plans[:, HEADING]
    beside = _COMFORT * np.stack([np.cos(heading), np.zeros(heading.shape), -np.sin(heading)], axis=-1)
    rises = np.diff(floor.height_at(middle), axis=0, prepend=level)  # NaN where there is no floor
    lasts = np.cumprod(np.abs(rises) <= _KERB, axis=0).sum(axis=0)
    ample = floor.contains(middle[::3] + beside[::3]) & floor.contains(middle[::3] - beside[::3])
    return lasts.astype(np.float64), ample.mean(axis=0)


def _fine(drive: Array) -> Array:
    """x, y, z and heading every STEP seconds, of those (K, 4) every _TICK."""
    times = np.arange(len(drive)) * _TICK
    fine = CubicSpline(times, drive)(np.arange(round(times[-1] / STEP) + 1) * STEP)
    fine[:, 1] = smooth(np.interp(np.arange(len(fine)) * STEP, times, drive[:, 1]), 1.0)
    return fine
