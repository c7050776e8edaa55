"""``Stage``: the scenes that are filmed, and what renders them; handed in, because rollouts know no simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from activevision.camera import CameraModel
from activevision.rollouts.paths import Place


class Listed(Protocol):
    """What is known of a scene before it is loaded: its id, class and content key, as an ``Entry`` has them."""

    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def key(self) -> str: ...


class Stage(Protocol):
    """Scenes of one split, of one kind.

    entries: in the order of their indices. classes: names of the labels. kind: one of ``paths.KINDS``.
    spec: what the scenes were asked for by, as JSON. simulator: settings of what renders them, as JSON.
    """

    entries: Sequence[Listed]
    classes: tuple[str, ...]
    kind: str
    spec: Mapping[str, Any]
    simulator: Mapping[str, Any]

    def place(self, index: int) -> Place:
        """What a path needs to know of a scene."""
        ...

    def render(
        self, index: int, poses: NDArray[Any], camera: CameraModel, sensors: Sequence[str]
    ) -> dict[str, NDArray[Any]]:
        """Images (T, H, W, …) of each sensor from poses (T, 4, 4) ``world_from_camera`` in the frame of ``place``."""
        ...

    def close(self) -> None:
        """Let go of scenes and simulators."""
        ...
