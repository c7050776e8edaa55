"""Optical flow for recorders, which do not know simulators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from activevision.camera import CameraModel
from activevision.simulators.flow import episode_flow


class FlowPairs:
    """Forward and backward flow of neighbouring views with their masks; see ``activevision.rollouts.pairs``."""

    name = "flow"

    def __call__(
        self, sensors: Mapping[str, NDArray[Any]], pose: NDArray[Any], camera: CameraModel
    ) -> dict[str, NDArray[Any]]:
        pairs: dict[str, NDArray[Any]] = {}
        for name, flow in zip(("forward", "backward"), episode_flow(sensors["depth"], pose, camera), strict=True):
            pairs[f"flow_{name}"] = flow.flow
            pairs[f"flow_{name}_valid"], pairs[f"flow_{name}_covisible"] = flow.valid, flow.covisible
        return pairs
