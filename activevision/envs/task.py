"""``Task``: N episodes and what follows from them. A single and a vector environment are its two faces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from activevision.camera import Camera
from activevision.errors import UserError
from activevision.explore_protocol import ExploreProtocol
from activevision.protocol import Protocol
from activevision.scenes import Catalogue, Entry

AnyProtocol = TypeVar("AnyProtocol", Protocol, ExploreProtocol)


class Task(ABC):
    """The state of N episodes, batched. All arrays have N rows.

    taken: (N,) views of each episode so far, 0 before its first. reward: (N,) of the last step.
    """

    num_envs: int
    catalogue: Catalogue
    split: str
    classes: tuple[str, ...]
    entries: tuple[Entry, ...]
    protocol: Protocol | ExploreProtocol
    action_space: spaces.Space
    taken: NDArray[np.int64]
    reward: NDArray[np.float64]

    def prepare(self) -> None:
        """Do at once, with a progress bar, what would otherwise be done at first use."""
        return

    @property
    @abstractmethod
    def simulator_settings(self) -> dict[str, Any]:
        """Everything about the simulator that decides a pixel; see ``Simulator``."""

    @abstractmethod
    def observation_space(self) -> spaces.Dict:
        """Of one environment."""

    @abstractmethod
    def start(self, mask: NDArray[np.bool_], generators: Sequence[Any], options: dict[str, Any] | None) -> None:
        """Begin new episodes where ``mask`` is set, drawing from one generator an environment.

        UserError for options that the task does not have.
        """

    @abstractmethod
    def step(self, mask: NDArray[np.bool_], actions: Any, generators: Sequence[Any]) -> None:
        """Act where ``mask`` is set. UserError for an action outside of the action space."""

    @abstractmethod
    def close(self) -> None:
        """Release what renders. Nothing may be asked for afterwards; closing again does nothing."""

    @property
    @abstractmethod
    def terminated(self) -> NDArray[np.bool_]: ...

    @abstractmethod
    def observation(self) -> dict[str, NDArray]:
        """Batched arrays, made anew at every call."""

    @abstractmethod
    def info(self) -> dict[str, NDArray]:
        """Batched arrays: what the agent is not told."""

    @abstractmethod
    def draw(self, index: int, belief: NDArray | None) -> NDArray[np.uint8]:
        """Picture (H, W, 3) of one episode so far."""


class TaskFacts:
    """What both faces tell of their task."""

    task: Task

    @property
    def protocol(self) -> Protocol | ExploreProtocol:
        return self.task.protocol

    @property
    def camera(self) -> Camera:
        return self.task.protocol.camera

    @property
    def simulator_settings(self) -> dict[str, Any]:
        return self.task.simulator_settings

    @property
    def classes(self) -> tuple[str, ...]:
        return self.task.classes

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.task.entries


def noted(protocol: AnyProtocol, setting: str, noise: str) -> AnyProtocol:
    """A protocol that tells of the noise of an environment; UserError where it tells of other noise already.

    setting: its field. noise: what it is to say, "none" where there is none.
    """
    told = getattr(protocol, setting)
    if told not in ("none", noise):
        raise UserError(f"protocol {protocol.name!r} has {setting} {told}: give that model as `{setting}`.")
    change: dict[str, Any] = {setting: noise}
    return replace(protocol, **change)


def check_discrete(actions: NDArray, space: spaces.Discrete) -> None:
    """UserError for the first of actions (N,) that ``space`` does not contain."""
    if actions.dtype.kind not in "iu":
        raise UserError(f"motion {actions[0]} is no whole number: choose one of {space}.")
    if actions.min() < 0 or actions.max() >= space.n:
        wrong = actions[(actions < 0) | (actions >= space.n)]
        raise UserError(f"motion {wrong[0]} is not in {space}: choose one that is.")


def asked(name: str, value: Any, num_envs: int, tail: tuple[int, ...], whole: bool) -> NDArray[Any]:
    """What a reset option gives for all environments (num_envs, *tail), from one value for all or one for each.

    whole: as int64, else as float64. UserError where it is no such number, or of another shape.
    """
    array = np.asarray(value)
    if array.dtype.kind not in ("iu" if whole else "iuf"):
        kind = "whole numbers" if whole else "numbers"
        raise UserError(f"reset option {name!r} is {value!r}: give {kind}.")
    if array.shape not in (tail, (num_envs, *tail)):
        raise UserError(
            f"reset option {name!r} of shape {array.shape}: give {tail or 'one number'}, or as many as environments."
        )
    return np.broadcast_to(array.astype(np.int64 if whole else np.float64), (num_envs, *tail))
