"""``CameraPath``: a kind of camera motion, and the limits that paths of that kind keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.geometry import egomotion
from activevision.rollouts.paths.place import OBJECT, PANORAMA, ROOM, Place


@dataclass(frozen=True)
class Limits:
    """The most that a camera does, in metres, radians and seconds; round an object in its ``distance`` for metres.

    speed, acceleration, jerk: of its position. turn_rate, turn_acceleration: of its rotation.
    """

    speed: float
    acceleration: float
    jerk: float
    turn_rate: float
    turn_acceleration: float


class Track(NamedTuple):
    """Where a camera was. pose: (T, 4, 4) ``world_from_camera``.

    commanded: (T − 1, 4, 4) ``camera_t_from_camera_t1`` that was asked for; nothing gets in the way of these paths, so
    it is what happened.
    """

    pose: NDArray[np.float64]
    commanded: NDArray[np.float64]

    @classmethod
    def along(cls, pose: NDArray[np.float64]) -> Track:
        return cls(pose, egomotion(pose[:-1], pose[1:]))


class CameraPath(Protocol):
    """A kind of motion.

    name: in ``PATHS``. kinds: of places that it goes with. limits: kept by every path of the default settings.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    limits: ClassVar[Limits]

    @property
    def settings(self) -> Mapping[str, Any]:
        """What decides a path beside place, views, rate and generator, as JSON."""
        ...

    def __call__(self, place: Place, views: int, rate: float, generator: Generator) -> Track:
        """A path of so many views, ``rate`` of them a second. NoRoom where there is none for it."""
        ...


@dataclass(frozen=True)
class Motion:
    """What the paths have in common: they are dataclasses of their settings, in which ranges are pairs.

    UserError for a range whose lowest is above its highest.
    """

    def __post_init__(self) -> None:
        for name, value in self.settings.items():
            if isinstance(value, Sequence) and not (len(value) == 2 and value[0] <= value[1]):
                raise UserError(
                    f"{type(self).__name__} with {name}={value}: give the lowest and the highest, in order."
                )

    @property
    def settings(self) -> Mapping[str, Any]:
        return asdict(self)


_THINGS = {ROOM: "a room", PANORAMA: "a panorama", OBJECT: "an object"}
_LACKS = {
    ROOM: "is seen from inside, so no camera goes round it",
    PANORAMA: "is seen from one place, where a camera can only turn",
    OBJECT: "has no floor to walk or drive on",
}


def check_fits(path: CameraPath, kind: str, others: Mapping[str, Any], name: str) -> None:
    """UserError where a path does not go with places of this kind.

    others: all paths by name, for the remedy. name: of what is to be filmed.
    """
    if kind not in path.kinds:
        fitting = " or ".join(sorted(other for other, known in others.items() if kind in known.kinds))
        raise UserError(
            f"motion {path.name!r} does not go with {_THINGS[kind]}: {name!r} {_LACKS[kind]}; choose {fitting}."
        )
