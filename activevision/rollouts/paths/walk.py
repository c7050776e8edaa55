"""Walk: a person who walks about, from one goal to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.rollouts.paths.camera_path import Limits, Motion, Track
from activevision.rollouts.paths.place import ROOM, Floor, Place
from activevision.rollouts.paths.route import Route, find_route, timed
from activevision.rollouts.paths.smooth import STEP, at_rate, poses, smooth, steps, sway
from activevision.rollouts.paths.spot import floor_of, roomy, standing_place

Array = NDArray[np.float64]

_LEAD = 3.0  # seconds at most of a walk that are over when the first view is taken, so that it may begin anywhere in it
_SIDEWAYS = 0.8  # m/s² across the way
_TURNING = 1.0  # rad/s in a bend
_PUSH = 0.9  # m/s² when setting out and when stopping
_SLOWEST = 0.15  # m/s
_SHARPEST = 8.0  # 1/m
_TURN_ON_SPOT = 1.3  # rad/s
_STEER = 0.9  # seconds over which the body's turns are averaged
_ANTICIPATION = 0.25  # seconds by which the head turns before the body gets there
_GLANCE = 1.2  # seconds over which a glance aside begins and ends
_WALK_RATIO = 0.39  # metres · seconds: step length over step frequency
_LEG = 0.9  # metres
_GIVE = 0.6  # of the rise of a stiff leg over the foot is what remains of it at the head
_SWING = 0.025  # metres to either side for each metre of a step
_FIXATION = 4.0  # metres ahead, on which the head keeps itself against its own bobbing
_GOALS = 12  # drawn for each leg
_FAR = 2.0  # metres that a leg is long, where there is room for it
_OPEN = 0.35  # metres round a goal that are free as well, where there is room for it
_TRIES = 6  # ways that are not found, until one stays where one is


@dataclass(frozen=True)
class Walk(Motion):
    """A person walks between random goals, stops now and then, and looks round.

    The ways are shortest walks over the floor, stairs included, with rounded corners, kept off the walls where there is
    room. Speeds are below the 1.4 m/s that people prefer out of doors, as in furnished rooms; they set out and stop at
    0.9 m/s², and slow down in bends to 0.8 m/s² across and 1 rad/s (Imai, Moore, Raphan & Cohen 2001 saw people turn
    corners of half a metre's radius in two steps). The head turns into a bend before the body is there, as in the same
    study. Step length over step frequency is constant at 0.39 m·s (Sekiya & Nagasaki 1998), which gives 1.9 steps a
    second at 1.4 m/s and 1.6 at 1 m/s. The head rises by most of what a stiff leg of 0.9 m would lift it (3 cm at
    1 m/s), sways to either side once in two steps, and keeps its gaze steady meanwhile.

    eye_height: lowest and highest, metres. speed: of walking straight on, lowest and highest, m/s. pause: share of the
    goals at which one stops for a while. glances: a minute, aside. pitch_deg: of the gaze, lowest and highest mean.
    """

    name: ClassVar[str] = "walk"
    kinds: ClassVar[tuple[str, ...]] = (ROOM,)
    limits: ClassVar[Limits] = Limits(speed=1.4, acceleration=4.0, jerk=45.0, turn_rate=3.2, turn_acceleration=12.0)

    eye_height: tuple[float, float] = (1.5, 1.7)
    speed: tuple[float, float] = (0.6, 1.3)
    pause: float = 0.25
    glances: float = 12.0
    pitch_deg: tuple[float, float] = (-15.0, -2.0)

    def __call__(self, place: Place, views: int, rate: float, generator: Generator) -> Track:
        floor = floor_of(place)
        lead = generator.uniform(1.0, _LEAD)
        count = steps(lead + (views - 1) / rate + 1.0)
        feet, heading, pace = self._body(place, floor, count, generator)
        head, angles = self._head(pace, heading, generator)
        for share in (1.0, 0.5, 0.2, 0.0):  # less sway where there is no room for it at the very edge of the floor
            aside = share * head[:, 0]
            eye = feet + np.stack([aside * np.cos(heading), head[:, 1], -aside * np.sin(heading)], axis=1)
            path = at_rate(np.concatenate([eye, feet[:, 1:2], angles], axis=1), lead, views, rate)
            if floor.contains(path[:, [0, 3, 2]]).all():
                break
        return Track.along(poses(path[:, :3], path[:, 4:]))

    def _body(self, place: Place, floor: Floor, count: int, generator: Generator) -> tuple[Array, Array, Array]:
        """Feet (count, 3), heading (count,) and speed (count,), every STEP seconds."""
        here = standing_place(place, generator)
        for _ in range(_TRIES):  # not in a corner that one cannot leave
            route = _to_goal(floor, here, generator)
            if route is not None:
                break
            here = standing_place(place, generator)
        cruise = generator.uniform(*self.speed)
        heading = generator.uniform(0, 2 * np.pi)
        points, headings, gone = [here[None]], [np.array([heading])], 1
        failed = 0
        while gone < count:
            if route is None:  # look another way instead
                target, rest = heading + generator.uniform(-2, 2), generator.uniform(0.5, 2.0)
            else:
                target, rest = float(route.heading[0]), 0.0
            if generator.random() < self.pause:
                rest += generator.uniform(0.4, 1.6)
            turn = (target - heading + np.pi) % (2 * np.pi) - np.pi
            swing = np.linspace(heading, heading + turn, steps(abs(turn) / _TURN_ON_SPOT))
            standing = np.concatenate([swing, np.full(int(rest / STEP), heading + turn)])
            points.append(np.broadcast_to(here, (len(standing), 3)))
            headings.append(standing)
            heading += turn
            gone += len(standing)
            if route is not None:
                along = timed(route, cruise * generator.uniform(0.85, 1.0), _SIDEWAYS, _TURNING, _PUSH, _SLOWEST)
                way, course = route.at(along)
                points.append(way)
                headings.append(course + (heading - route.heading[0]))
                here, heading = way[-1], float(headings[-1][-1])
                gone += len(way)
            route = _to_goal(floor, here, generator) if failed < _TRIES else None
            failed += route is None
        feet = np.concatenate(points)[:count]
        early = round(_ANTICIPATION / STEP)
        course = np.concatenate(headings)
        course = smooth(np.append(course[early:], np.full(early, course[-1])), _STEER)[:count]
        pace = np.linalg.norm(np.gradient(feet[:, [0, 2]], STEP, axis=0), axis=1)
        return feet, course, np.maximum(smooth(pace, 0.3), 0)  # running sums round to below 0

    def _head(self, pace: Array, heading: Array, generator: Generator) -> tuple[Array, Array]:
        """Of the head, every STEP seconds: (count, 2) metres to the right and above the feet; (count, 3) angles."""
        count = len(pace)
        frequency = np.sqrt(pace / _WALK_RATIO)
        phase = 2 * np.pi * (np.cumsum(frequency) * STEP + generator.random())
        stride = np.sqrt(pace * _WALK_RATIO)
        rise = _GIVE * stride**2 / (8 * _LEG)
        idle = sway(generator, count, 2, 0.3)
        aside = _SWING * stride * np.sin(phase / 2) + 0.004 * idle[:, 0]
        bob = 0.5 * rise * np.cos(phase)
        gaze = sway(generator, count, 3, 0.35) * np.radians([5.0, 3.0, 0.6])
        yaw = heading + gaze[:, 0] + smooth(self._glances(count, generator), _GLANCE)
        pitch = np.radians(generator.uniform(*self.pitch_deg)) + gaze[:, 1] - bob / _FIXATION
        roll = gaze[:, 2] - 0.25 * aside
        height = generator.uniform(*self.eye_height) + bob + 0.003 * idle[:, 1]
        return np.stack([aside, height], axis=1), np.stack([yaw, pitch, roll], axis=1)

    def _glances(self, count: int, generator: Generator) -> Array:
        """(count,) radians to the left, in steps."""
        aside, time = np.zeros(count), 0.0
        while self.glances > 0 and time < count * STEP:
            time += generator.exponential(60 / self.glances)
            until = time + generator.uniform(0.6, 1.6)
            aside[int(time / STEP) : int(until / STEP)] = generator.uniform(0.3, 0.7) * generator.choice([-1, 1])
            time = until + _GLANCE
        return aside


def _to_goal(floor: Floor, here: Array, generator: Generator) -> Route | None:
    """A way to a random goal, far off and in the open where there is one like that."""
    goals = floor.sample(generator, _GOALS)
    goals = goals[roomy(floor, goals, 0.1)]
    if not len(goals):
        return None
    away = np.linalg.norm(goals - here, axis=1)
    # people seldom walk up to a wall, nor just a step away
    worth = 2 * (away > _FAR) + roomy(floor, goals, _OPEN) + 0.01 * np.minimum(away, _FAR)
    return find_route(floor, here, goals[int(worth.argmax())], _SHARPEST)
