"""What is known of neighbouring views beside the motion between them: optical flow, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from activevision.camera import CameraModel


class PairsOf(Protocol):
    """Named, because what is recorded goes into a data set's settings."""

    name: str

    def __call__(
        self, sensors: Mapping[str, NDArray[Any]], pose: NDArray[Any], camera: CameraModel
    ) -> dict[str, NDArray[Any]]:
        """Arrays (T − 1, …) for an episode's sensors (T, …) and poses (T, 4, 4)."""
        ...


class _NoPairs:
    name = "none"

    def __call__(
        self, sensors: Mapping[str, NDArray[Any]], pose: NDArray[Any], camera: CameraModel
    ) -> dict[str, NDArray[Any]]:
        return {}


no_pairs = _NoPairs()
