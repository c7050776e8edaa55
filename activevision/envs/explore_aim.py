"""What an episode in ``Explore-v0`` is for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from activevision.errors import UserError


@dataclass(frozen=True)
class Views:
    """What n of the N cameras see.

    rows: (n,) which of the N. scenes: (n,). poses: (n, 4, 4). images: (n, H, W, …) of each sensor.
    """

    rows: NDArray[np.int64]
    scenes: NDArray[np.int64]
    poses: NDArray[np.float64]
    images: dict[str, NDArray]


@dataclass(frozen=True)
class Marks:
    """What a picture of an episode shows of its aim.

    caption: a line of text. floor: (K, 3) points of the floor seen so far. things: (B,) instance ids of what is sought.
    """

    caption: str
    floor: NDArray[np.float64] | None = None
    things: NDArray[np.int64] | None = None


class Aim:
    """To recognise the room, which rewards nothing, ends nothing and asks for no sensor: other aims add to this one."""

    sensors: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()

    def __init__(self, num_envs: int):
        self.num_envs = num_envs

    @property
    def done(self) -> NDArray[np.bool_]:
        """(N,) which episodes have reached it."""
        return np.zeros(self.num_envs, bool)

    def prepare(self, scene: int) -> None:
        """Find out what takes long about a scene."""

    def check(self, scenes: NDArray[np.int64], goals: NDArray[np.int64]) -> None:
        """UserError for the first of goals (n,) that cannot be reached in its scene (n,)."""
        raise UserError("reset option 'goal': this task has no goals; leave it out.")

    def begin(self, views: Views, luck: NDArray[np.float64], goals: NDArray[np.int64] | None) -> None:
        """Episodes begin with these views. luck: (n,) uniform in [0, 1). goals: (n,) asked for, or None."""

    def judge(self, views: Views) -> NDArray[np.float64]:
        """Reward (n,) of views that a step led to."""
        return np.zeros(len(views.rows))

    def spaces(self) -> dict[str, spaces.Space]:
        """Of what ``observation`` adds."""
        return {}

    def observation(self) -> dict[str, NDArray]:
        return {}

    def info(self) -> dict[str, NDArray]:
        return {}

    def marks(self, index: int, scene: int) -> Marks:
        return Marks("")
