"""``ExploreProtocol``: everything that makes figures of free egomotion in a room comparable, in one frozen value.

The counterpart of ``activevision.protocol.Protocol`` for cameras that move about instead of along a view grid.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from activevision.camera import Camera
from activevision.errors import UserError, unknown
from activevision.settings import require_not_negative, require_positive

TASKS = ("room", "find", "cover")
ACTIONS = ("discrete", "continuous")
ODOMETRY = ("realised", "commanded")

MOTIONS = ("move_forward", "turn_left", "turn_right", "look_up", "look_down", "stay")
"""The discrete motions in the order of their indices."""

_LEAST_HEIGHT = 0.3  # metres: above the 0.2 that ``NavigableArea`` takes as a step


@dataclass(frozen=True)
class Locomotion:
    """How far one motion goes, and what the camera may do at all.

    step: metres of ``move_forward``; in continuous motion the most along each axis.
    turn_deg, tilt_deg: degrees of a turn and of a look up or down; in continuous motion the most about the camera's
    vertical and its other two axes.
    tilt_limit_deg: how far up and down the camera may look.
    roll_limit_deg, lowest: how far a camera in continuous motion may roll, and the least height in metres over the
    floor to which it may sink from its eye height. With a limit of 0 and ``lowest`` at eye height it walks upright.
    """

    step: float = 0.25
    turn_deg: float = 15.0
    tilt_deg: float = 15.0
    tilt_limit_deg: float = 60.0
    roll_limit_deg: float = 30.0
    lowest: float = 0.5

    def __post_init__(self) -> None:
        require_positive(self, "step", "turn_deg", "tilt_deg", "lowest")
        require_not_negative(self, "tilt_limit_deg", "roll_limit_deg")
        if self.lowest < _LEAST_HEIGHT:
            raise UserError(
                f"{self}: it walks over things lower than that, so keep lowest at {_LEAST_HEIGHT} m or above."
            )
        if not self.tilt_limit_deg + self.tilt_deg < 90 or not self.roll_limit_deg < 90:
            raise UserError(
                f"{self}: the camera must stay clear of straight up, so keep tilt_limit_deg + tilt_deg and "
                "roll_limit_deg below 90."
            )


@dataclass(frozen=True)
class GoodView:
    """What a view of an object must be to count as good.

    share: of the view's pixels that the object covers, at least.
    distance: metres from the camera to the object, at most; the mean over the object's pixels.
    middle: the mean of its pixels lies at most this far from the view's middle, where 1 is its edge.
    """

    share: float = 0.01
    distance: float = 2.0
    middle: float = 0.5

    def __post_init__(self) -> None:
        require_positive(self, "share", "distance", "middle")
        if not self.share < 1 or not self.middle < 1:
            raise UserError(f"{self}: share and middle are parts of the view and must be below 1.")


@dataclass(frozen=True)
class ExploreProtocol:
    """How a camera moves about in a room, what it sees there, and what it is to do.

    name: of the preset, or of the user's own choice.
    task: "room", recognise the room; "find", find a named object; "cover", see the floor.
    views: T, the views of an episode including the first.
    action: "discrete", one of MOTIONS; or "continuous", a twist in the camera's frame within the limits.
    hfov_deg, height, width: the camera. eye_height: metres over the floor. radius: metres that it keeps from things.
    noise: of the actuation, by name and settings; "none" where what is commanded is what happens but for collisions.
    odometry: which egomotion is observed, the "realised" or the "commanded".
    good_view, goals, price: of "find": when the object is found, the categories that may be goals (all that are no
    part of the building if empty), and what each step costs.
    cell, sight: of "cover": metres between the floor points that are to be seen, and how far off they may be.
    start: distribution of the first viewpoint; only "uniform" over the navigable floor and the headings.
    sensor_noise: of what is observed, by name and settings; "none" where it is what is there.
    """

    name: str
    task: str
    views: int
    action: str = "discrete"
    locomotion: Locomotion = field(default_factory=Locomotion)
    hfov_deg: float = 90.0
    height: int = 64
    width: int = 64
    eye_height: float = 1.5
    radius: float = 0.18
    noise: str = "none"
    odometry: str = "realised"
    good_view: GoodView = field(default_factory=GoodView)
    goals: tuple[str, ...] = ()
    price: float = 0.01
    cell: float = 0.1
    sight: float = 3.0
    start: str = "uniform"
    sensor_noise: str = "none"

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise unknown("task", self.task, TASKS)
        if self.action == "grid":
            raise UserError("action 'grid': who explores has no view grid; choose 'discrete' or 'continuous'.")
        if self.action not in ACTIONS:
            raise unknown("action", self.action, ACTIONS)
        if self.odometry not in ODOMETRY:
            raise unknown("odometry", self.odometry, ODOMETRY)
        if self.start != "uniform":
            raise unknown("start distribution", self.start, ["uniform"])
        if self.views < 2:
            raise UserError(f"protocol {self.name!r} has T={self.views}: who explores needs T of at least 2 to move.")
        require_positive(self, "eye_height", "radius", "cell", "sight")
        require_not_negative(self, "price")
        if self.locomotion.lowest > self.eye_height:
            raise UserError(
                f"protocol {self.name!r} has lowest={self.locomotion.lowest} above eye_height={self.eye_height}: "
                "lower the one or raise the other."
            )
        _ = self.camera  # says what is wrong with its size or field of view

    @property
    def camera(self) -> Camera:
        return Camera(self.width, self.height, self.hfov_deg)

    @property
    def motions(self) -> tuple[str, ...]:
        """Names of the discrete motions; empty where motions are continuous."""
        return MOTIONS if self.action == "discrete" else ()

    @property
    def stay(self) -> int:
        """Index of the discrete motion that keeps the viewpoint."""
        return MOTIONS.index("stay")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> ExploreProtocol:
        parts = {"locomotion": Locomotion(**content["locomotion"]), "good_view": GoodView(**content["good_view"])}
        return cls(**{**content, **parts, "goals": tuple(content["goals"])})


EXPLORE_ROOM = ExploreProtocol(name="explore-room", task="room", views=20)
"""Recognise the room from 20 views along a walk."""

EXPLORE_FIND = ExploreProtocol(name="explore-find", task="find", views=60)
"""Find a good view of a named object within 60 views."""

EXPLORE_COVER = ExploreProtocol(name="explore-cover", task="cover", views=60)
"""See as much of the floor as 60 views can."""

EXPLORE_PROTOCOLS = {preset.name: preset for preset in (EXPLORE_ROOM, EXPLORE_FIND, EXPLORE_COVER)}


def get_explore_protocol(name: str | ExploreProtocol, **changes: Any) -> ExploreProtocol:
    """A preset by name (or a protocol as it is), with single fields changed.

    UserError names the nearest preset, or the nearest field.
    """
    if isinstance(name, str):
        if name not in EXPLORE_PROTOCOLS:
            raise unknown("protocol", name, EXPLORE_PROTOCOLS)
        name = EXPLORE_PROTOCOLS[name]
    known = [part.name for part in fields(ExploreProtocol)]
    for change in changes:
        if change not in known:
            raise unknown("setting of an ExploreProtocol", change, known)
    return replace(name, **changes) if changes else name
