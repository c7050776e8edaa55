"""Motions that do not come out as commanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation
from scipy.special import ndtr, ndtri

from activevision.errors import UserError, unknown
from activevision.geometry import exp_se3, from_rotation_translation, log_se3, rotation_angle
from activevision.settings import require_not_negative

Array = NDArray[np.float64]

_STILL = 1e-9  # metres or radians below which a command asks for no motion
_FORWARD, _UP = np.array([0.0, 0.0, -1.0]), np.array([0.0, 1.0, 0.0])


@runtime_checkable
class ActuationNoise(Protocol):
    """From a commanded egomotion to the one that is realised. A command to stay is always obeyed."""

    def realise(self, commanded: ArrayLike, generator: np.random.Generator) -> Array:
        """Realised egomotions (..., 4, 4) of commanded ones (..., 4, 4), both ``camera_t_from_camera_t1``."""
        ...


@dataclass(frozen=True)
class ProportionalNoise:
    """A normal error on the twist, in proportion to the motion that is commanded.

    The odometry motion model of Thrun, Burgard & Fox (*Probabilistic Robotics*, 2005, section 5.4) in SE(3): the
    standard deviation of the error of translation is √((translation_per_metre · d)² + (translation_per_radian · a)²)
    per axis for a motion by d metres and a radians, and that of rotation likewise.

    planar: errors only along the camera's X and Z and about its Y, as of a robot on a floor with a level camera.
    """

    translation_per_metre: float = 0.05
    translation_per_radian: float = 0.01
    rotation_per_radian: float = 0.05
    rotation_per_metre: float = 0.02
    planar: bool = False

    def __post_init__(self) -> None:
        require_not_negative(
            self, "translation_per_metre", "translation_per_radian", "rotation_per_radian", "rotation_per_metre"
        )

    def realise(self, commanded: ArrayLike, generator: np.random.Generator) -> Array:
        """Realised egomotions (..., 4, 4); see ``ActuationNoise``."""
        twist = log_se3(commanded)
        distance = np.linalg.norm(twist[..., :3], axis=-1, keepdims=True)
        angle = np.linalg.norm(twist[..., 3:], axis=-1, keepdims=True)
        sigma = np.concatenate(
            [
                np.hypot(self.translation_per_metre * distance, self.translation_per_radian * angle).repeat(3, -1),
                np.hypot(self.rotation_per_radian * angle, self.rotation_per_metre * distance).repeat(3, -1),
            ],
            axis=-1,
        )
        if self.planar:
            sigma = sigma * [1, 0, 1, 0, 1, 0]
        return exp_se3(twist + sigma * generator.standard_normal(twist.shape))


@dataclass(frozen=True)
class StepError:
    """Mean and standard deviation of the errors of one step: metres forward and to the right, radians of yaw."""

    forward: tuple[float, float]
    right: tuple[float, float]
    yaw: tuple[float, float]


@dataclass(frozen=True)
class RobotNoise:
    """Errors of a wheeled robot's steps, which do not depend on how long a step is; for level cameras.

    Errors are normal, cut off at 3 standard deviations, and never undo more than 95 % of what is commanded. A motion
    backwards or to the right has errors of the opposite sign. As in habitat-sim's model of PyRobot's robots.

    move: the errors where the command translates. turn: those where it only turns. strength: factor on all of them.
    """

    move: StepError
    turn: StepError
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_not_negative(self, "strength")

    def realise(self, commanded: ArrayLike, generator: np.random.Generator) -> Array:
        """Realised egomotions (..., 4, 4); see ``ActuationNoise``."""
        commanded = np.asarray(commanded, np.float64)
        shift, rotation = commanded[..., :3, 3], commanded[..., :3, :3]
        yaw = np.arctan2(rotation[..., 0, 2], rotation[..., 2, 2])
        distance, angle = np.linalg.norm(shift, axis=-1), np.abs(yaw)
        moves, turns = distance > _STILL, rotation_angle(commanded) > _STILL
        ahead = np.where(shift @ _FORWARD < -_STILL, -1.0, 1.0)
        around = np.where(yaw < -_STILL, -1.0, 1.0)

        def error(which: str, limit: Array) -> Array:
            """(...) the error in one direction; ``limit`` (...) is how far it may go against the command."""
            draw = generator.random(distance.shape)
            mean, sigma = (
                self.strength * np.where(moves, getattr(self.move, which)[part], getattr(self.turn, which)[part])
                for part in range(2)
            )
            low = ndtr(np.clip((-0.95 * limit - mean) / np.maximum(sigma, 1e-12), -3.0, 3.0))
            quantile = ndtri(low + draw * (ndtr(3.0) - low))
            return np.asarray(np.where(moves | turns, mean + sigma * quantile, 0.0))

        unbounded = np.full(distance.shape, np.inf)
        forward = ahead * error("forward", np.where(moves, distance, unbounded))
        right = ahead * error("right", unbounded)
        spin = around * error("yaw", np.where(moves, unbounded, angle))
        moved = shift + forward[..., None] * _FORWARD + right[..., None] * np.cross(_FORWARD, _UP)
        turned = Rotation.from_rotvec((spin[..., None] * _UP).reshape(-1, 3)).as_matrix().reshape(rotation.shape)
        return from_rotation_translation(rotation @ turned, moved)


LOCOBOT = RobotNoise(
    move=StepError(forward=(0.014, 0.006**0.5), right=(0.009, 0.005**0.5), yaw=(0.008, 0.004**0.5)),
    turn=StepError(forward=(0.003, 0.002**0.5), right=(0.003, 0.003**0.5), yaw=(0.023, 0.012**0.5)),
)
"""A LoCoBot under its ILQR controller: figures that PyRobot's authors measured and habitat-sim 0.3 uses, where the
second of each pair is a variance."""

ACTUATIONS: dict[str, ActuationNoise] = {"locobot": LOCOBOT, "proportional": ProportionalNoise()}
"""Models by name."""


def get_actuation(noise: str | ActuationNoise) -> ActuationNoise:
    """A model by name or as it is; UserError names the nearest one."""
    if isinstance(noise, str):
        if noise not in ACTUATIONS:
            raise unknown("noise", noise, ACTUATIONS)
        return ACTUATIONS[noise]
    if not isinstance(noise, ActuationNoise):
        raise UserError(
            f"noise {noise!r}: give a model of activevision.envs.actuation, or one of {', '.join(ACTUATIONS)}."
        )
    return noise
