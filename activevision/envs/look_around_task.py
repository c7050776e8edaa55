"""The task behind LookAround-v0: say what every view of the grid looks like after a few glimpses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from activevision.envs.answering import AnsweringTask
from activevision.envs.look_around_drawing import draw_completion
from activevision.envs.sensor_noise import NoiseChoice
from activevision.envs.sensor_spaces import rendered
from activevision.envs.view_task import ViewTask
from activevision.errors import UserError
from activevision.protocol import Protocol, get_protocol
from activevision.scenes import Catalogue
from activevision.simulators.registry import SimulatorFactory

_CATALOGUES = {"orbit": "procedural", "turn": "rooms-procedural"}


class LookAroundTask(AnsweringTask):
    """Active observation completion (Jayaraman & Grauman, *Learning to look around*, CVPR 2018).

    The arguments are those of ``LookAroundEnv``. Attributes that others may read beside those of ``AnsweringTask``:
    target (N, E, A, H, W, 3) uint8, and error (N,) of the latest predictions.
    """

    task: ViewTask
    protocol: Protocol

    def __init__(
        self,
        num_envs: int,
        *,
        catalogue: str | Catalogue | None = None,
        protocol: str | Protocol = "look-around-32",
        split: str = "train",
        action: str = "grid",
        sensors: Sequence[str] = ("rgb",),
        simulator: str | SimulatorFactory | None = None,
        sensor_noise: NoiseChoice | None = None,
        catalogue_options: dict[str, Any] | None = None,
    ):
        protocol = get_protocol(protocol)
        if "rgb" not in rendered(sensors):
            raise UserError(f"sensors {tuple(sensors)}: it is rgb views that are to be predicted, so add 'rgb'.")
        task = ViewTask(
            num_envs,
            protocol.viewpoints,
            catalogue=_CATALOGUES[protocol.viewpoints] if catalogue is None else catalogue,
            protocol=protocol,
            split=split,
            action=action,
            sensors=sensors,
            simulator=simulator,
            sensor_noise=sensor_noise,
            catalogue_options=catalogue_options,
        )
        super().__init__(task)
        protocol = task.protocol
        self._shape = (*protocol.grid_shape, protocol.height, protocol.width, 3)
        self.action_space = spaces.Dict(
            {"motion": task.action_space, "prediction": spaces.Box(0, 255, self._shape, np.uint8)}
        )
        self.target = np.zeros((num_envs, *self._shape), np.uint8)
        self.error = np.zeros(num_envs)
        self._prediction = np.zeros((num_envs, *self._shape), np.uint8)

    def start(self, mask: NDArray[np.bool_], generators: Sequence[Any], options: dict[str, Any] | None) -> None:
        super().start(mask, generators, options)
        around = self.task.viewpoints.around(self.task.viewpoint[mask])
        scenes = np.repeat(self.task.scene[mask], around.shape[1])
        views = self.task.viewpoints.look(scenes, around.reshape(-1, around.shape[-1]), ("rgb",))["rgb"]
        self.target[mask] = views.reshape(-1, *self._shape)
        for index in np.flatnonzero(mask).tolist():
            self.error[index] = _error_of_grey(self.target[index])

    def step(self, mask: NDArray[np.bool_], actions: Any, generators: Sequence[Any]) -> None:
        motions, predictions = self._parts(actions)
        super().step(mask, motions, generators)
        before = self.error.copy()
        for index in np.flatnonzero(mask).tolist():
            self._prediction[index] = predictions[index]
            self.error[index] = completion_error(self._prediction[index], self.target[index])
        self.reward = before - self.error

    def _parts(self, actions: Any) -> tuple[NDArray, NDArray[np.uint8]]:
        if not isinstance(actions, dict) or actions.keys() != {"motion", "prediction"}:
            given = sorted(actions) if isinstance(actions, dict) else type(actions).__name__
            raise UserError(f"action {given}: give a dict of 'motion' and 'prediction'.")
        predictions = np.asarray(actions["prediction"])
        if predictions.shape != (self.num_envs, *self._shape) or predictions.dtype != np.uint8:
            raise UserError(
                f"prediction of shape {predictions.shape[1:]} and type {predictions.dtype}: give uint8 views "
                f"(elevations, azimuths, height, width, 3) = {self._shape}."
            )
        return actions["motion"], predictions

    def info(self) -> dict[str, NDArray]:
        return {**super().info(), "error": self.error.copy()}

    def draw(self, index: int, belief: NDArray | None) -> NDArray[np.uint8]:
        task = self.task
        entry = self.entries[int(task.scene[index])]
        path = task.viewpoints.angles(task.path[index, : task.taken[index]])
        place = task.scene[index : index + 1], task.viewpoint[index : index + 1]
        return draw_completion(
            frame=task.viewpoints.look(*place, ("rgb",))["rgb"][0],
            target=self.target[index],
            prediction=self._prediction[index] if self.answers[index] else None,
            predicted_from=int(self.answers[index]),
            error=float(self.error[index]),
            angles=path - [0.0, path[0, 1]],
            protocol=self.protocol,
            title=f"{entry.label}  ·  {entry.id}",
        )


def completion_error(prediction: NDArray[np.uint8], target: NDArray[np.uint8]) -> float:
    """Mean squared error over all values, in [0, 1], of two uint8 arrays of one shape; times 1000 as published."""
    squares = cv2.norm(prediction.reshape(-1), target.reshape(-1), cv2.NORM_L2SQR)
    return 1000.0 * squares / (255.0**2 * target.size)


def _error_of_grey(target: NDArray[np.uint8]) -> float:
    """``completion_error`` of 127.5 everywhere, the middle of all that a view may hold."""
    values = target.reshape(-1)
    squares, total = cv2.norm(values, cv2.NORM_L2SQR) / 255.0**2, cv2.norm(values, cv2.NORM_L1) / 255.0
    return 1000.0 * ((squares - total) / target.size + 0.25)
