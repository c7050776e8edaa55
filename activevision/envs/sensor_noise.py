"""Noise on what environments observe, while what they know and judge by stays true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.simulators.noise import Noise, get_noise

NoiseChoice = str | Noise | Sequence[str | Noise]
"""A model of ``activevision.simulators.noise``, by name or value, or several in the order in which they act."""


class SensorNoise:
    """Noise on the images of N environments.

    What a view gets is drawn from the numbers with which its episode began and from how many views came before it. So
    it follows from the environment's seed, is the same alone and in a batch and whenever it is asked for, and another
    one when the camera stays where it is.

    sensors: whose images there are. UserError for noise of another one.
    """

    def __init__(self, num_envs: int, choice: NoiseChoice | None, sensors: Sequence[str]):
        choices: Sequence[Any] = () if choice is None else choice if isinstance(choice, list | tuple) else (choice,)
        self._causes = [get_noise(one) for one in choices]
        for cause in self._causes:
            if cause.sensor not in sensors:
                raise UserError(
                    f"sensor_noise {type(cause).__name__} is noise of {cause.sensor}, which is not among the sensors "
                    f"{tuple(sensors)}: add it, or leave the noise out."
                )
        self._luck = np.zeros((num_envs, 2), np.uint64)

    @property
    def name(self) -> str:
        """What a protocol says of it."""
        return " then ".join(map(repr, self._causes)) or "none"

    def begin(self, mask: NDArray[np.bool_], luck: NDArray[np.float64]) -> None:
        """Episodes begin where ``mask`` (N,) is set, with two random numbers each (n, 2)."""
        self._luck[mask] = np.ascontiguousarray(luck).view(np.uint64)

    def apply(self, images: dict[str, NDArray], taken: NDArray[np.int64]) -> None:
        """Put noise on images (N, H, W, …) of each sensor, which are view ``taken`` (N,) of their episodes."""
        if not self._causes:
            return
        for row, (luck, count) in enumerate(zip(self._luck.tolist(), taken.tolist(), strict=True)):
            generator = np.random.default_rng([*luck, count])
            for cause in self._causes:
                image = images[cause.sensor][row : row + 1]
                image[:] = cause.apply(image, generator)
