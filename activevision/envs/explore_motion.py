"""How a camera moves about over a floor: from an action to the motion it commands, from that to where one gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from gymnasium import spaces
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from activevision.envs.actuation import ActuationNoise
from activevision.envs.task import check_discrete
from activevision.errors import UserError
from activevision.explore_protocol import MOTIONS, ExploreProtocol
from activevision.geometry import egomotion, exp_se3, from_rotation_translation, invert


class Walkable(Protocol):
    """Where one can walk in a scene: a ``NavigableArea``, or a simulator's own navigation mesh. Points are (..., 3)."""

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Whether one can stand with the feet at these points, give or take a step."""
        ...

    def height_at(self, points: ArrayLike) -> NDArray[np.float64]:
        """Height (...) of the floor within a step of these points; NaN where there is none."""
        ...

    def sample(self, generator: Generator, count: int) -> NDArray[np.float64]:
        """Floor points (count, 3), evenly spread."""
        ...

    def slide(self, start: ArrayLike, stop: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Where walks from ``start`` to ``stop`` end on the floor, along walls where they meet them; and whether."""
        ...


@dataclass
class Stance:
    """Where N cameras are.

    feet: (N, 3) points of the floor below them. height: (N,) metres above it.
    angles: (N, 3) radians: heading (0 looks along −Z, positive to the left), tilt (positive up) and roll.
    """

    feet: NDArray[np.float64]
    height: NDArray[np.float64]
    angles: NDArray[np.float64]

    @property
    def poses(self) -> NDArray[np.float64]:
        """(N, 4, 4) ``world_from_camera``."""
        eyes = self.feet + self.height[:, None] * [0.0, 1.0, 0.0]
        return from_rotation_translation(Rotation.from_euler("YXZ", self.angles).as_matrix(), eyes)

    @property
    def viewpoints(self) -> NDArray[np.float64]:
        """(N, 4) x, z, heading and tilt."""
        return np.concatenate([self.feet[:, [0, 2]], self.angles[:, :2]], axis=1)

    def __getitem__(self, rows: NDArray) -> Stance:
        return Stance(self.feet[rows], self.height[rows], self.angles[rows])

    def __setitem__(self, rows: NDArray, other: Stance) -> None:
        self.feet[rows], self.height[rows], self.angles[rows] = other.feet, other.height, other.angles


class DiscreteMotions:
    """One of MOTIONS. A step forward goes along the heading, level, wherever the camera looks."""

    def __init__(self, protocol: ExploreProtocol):
        self.action_space = spaces.Discrete(len(MOTIONS))
        move = protocol.locomotion
        turn, tilt = np.radians([move.turn_deg, move.tilt_deg])
        turns = {
            "turn_left": (turn, 0.0),
            "turn_right": (-turn, 0.0),
            "look_up": (0.0, tilt),
            "look_down": (0.0, -tilt),
        }
        self._steps = np.array([move.step if name == "move_forward" else 0.0 for name in MOTIONS])
        self._turns = np.array([(*turns.get(name, (0.0, 0.0)), 0.0) for name in MOTIONS])

    def check(self, actions: NDArray) -> None:
        """UserError for the first of actions (N,) that is no motion."""
        check_discrete(actions, self.action_space)

    def commanded(self, stance: Stance, actions: NDArray) -> NDArray[np.float64]:
        """``camera_t_from_camera_t1`` (N, 4, 4) that actions (N,) ask for, whatever is in the way."""
        heading = stance.angles[:, 0]
        ahead = np.stack([-np.sin(heading), np.zeros_like(heading), -np.cos(heading)], axis=1)
        target = Stance(
            stance.feet + self._steps[actions][:, None] * ahead, stance.height, stance.angles + self._turns[actions]
        )
        return egomotion(stance.poses, target.poses)


class ContinuousMotions:
    """A twist [v, ω] in the camera's frame, each component in [−1, 1] times its limit."""

    def __init__(self, protocol: ExploreProtocol):
        self.action_space = spaces.Box(-1.0, 1.0, (6,), np.float32)
        move = protocol.locomotion
        turn, tilt = np.radians([move.turn_deg, move.tilt_deg])
        self._scale = np.array([move.step, move.step, move.step, tilt, turn, tilt])

    def check(self, actions: NDArray) -> None:
        """UserError for the first number of actions (N, 6) that is out of its limits."""
        wrong = ~(np.abs(actions) <= 1)
        if wrong.any():
            raise UserError(f"motion with {actions[wrong][0]} in it is not in {self.action_space}: keep it within ±1.")

    def commanded(self, stance: Stance, actions: NDArray) -> NDArray[np.float64]:
        """``camera_t_from_camera_t1`` (N, 4, 4) that actions (N, 6) ask for, whatever is in the way."""
        return exp_se3(actions * self._scale)


def realised(
    stance: Stance, commanded: NDArray[np.float64], noise: ActuationNoise, generators: Sequence[Generator]
) -> NDArray[np.float64]:
    """``camera_t_from_camera_t1`` (N, 4, 4) that comes of commanded ones, with one generator a camera.

    The noise is that of what carries the camera, which is upright: it sees motions in the level frame of the heading.
    """
    upright = Rotation.from_euler("YXZ", stance.angles * [0.0, 1.0, 1.0]).as_matrix()
    level = from_rotation_translation(upright, np.zeros(3))
    motions = level @ commanded @ invert(level)
    pairs = zip(motions, generators, strict=True)
    return invert(level) @ np.stack([noise.realise(motion, generator) for motion, generator in pairs]) @ level


class Limits:
    """What becomes of a motion: limits of tilt, roll and height, and collisions."""

    def __init__(self, protocol: ExploreProtocol):
        move, upright = protocol.locomotion, protocol.action == "discrete"
        roll = 0.0 if upright else move.roll_limit_deg
        self.angle = np.radians([np.inf, move.tilt_limit_deg, roll])
        self.height = (protocol.eye_height if upright else move.lowest, protocol.eye_height)
        self._senses = 1 if upright else 3

    @property
    def proprioception(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Lower and upper bounds of what ``sensed`` gives."""
        high = np.array([self.angle[1], self.angle[2], self.height[1]])[: self._senses]
        low = np.array([-self.angle[1], -self.angle[2], self.height[0]])[: self._senses]
        slack = 1e-3  # of rounding to float32, and so that a limit of 0 leaves the space some room
        return (low - slack).astype(np.float32), (high + slack).astype(np.float32)

    def sensed(self, stance: Stance) -> NDArray[np.float32]:
        """(N, P) what a camera feels of its own stance: tilt, and in continuous motion roll and height as well."""
        senses = np.stack([stance.angles[:, 1], stance.angles[:, 2], stance.height], axis=1)
        return senses[:, : self._senses].astype(np.float32)

    def reach(
        self, stance: Stance, targets: NDArray[np.float64], scenes: NDArray, area: Callable[[int], Walkable]
    ) -> tuple[Stance, NDArray[np.bool_]]:
        """Where cameras in scenes (N,) get that would be at poses (N, 4, 4), and whether they collided (N,).

        area: where one can walk in a scene.
        """
        angles = Rotation.from_matrix(targets[:, :3, :3]).as_euler("YXZ")
        rise = targets[:, 1, 3] - stance.feet[:, 1] - stance.height
        feet, collided = stance.feet.copy(), np.zeros(len(scenes), bool)
        aim = targets[:, :3, 3]
        walks = np.linalg.norm((aim - feet)[:, [0, 2]], axis=1) > 1e-9
        for scene in np.unique(scenes[walks]).tolist():
            rows = walks & (scenes == scene)
            feet[rows], collided[rows] = area(scene).slide(feet[rows], aim[rows])
        height = np.clip(stance.height + rise, *self.height)
        return Stance(feet, height, np.clip(angles, -self.angle, self.angle)), collided
