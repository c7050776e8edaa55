"""Smooth functions of time: what people's hands, heads and motors do, sampled every STEP seconds."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.interpolate import CubicSpline
from scipy.ndimage import uniform_filter1d
from scipy.spatial.transform import Rotation

from activevision.geometry import from_rotation_translation

Array = NDArray[np.float64]

STEP = 0.01
"""Seconds between the samples of what the paths compute; views are interpolated between them."""

_SETTLED = 16  # time constants of a sway's memory; what is older counts for less than a thousandth


def steps(seconds: float) -> int:
    """Samples of so many seconds, both ends included."""
    return int(np.ceil(seconds / STEP - 1e-9)) + 1


def smooth(values: Array, seconds: float) -> Array:
    """Values (n, …) averaged over a bell ``seconds`` wide (three boxes in turn), which makes a jump a smooth step.

    No value comes out beyond those within the bell, and no rate of change above the highest there.
    """
    width = max(1, round(seconds / 3 / STEP)) | 1
    for _ in range(3):
        values = uniform_filter1d(values, width, axis=0, mode="nearest")
    return values


def sway(generator: Generator, count: int, channels: int, hertz: float) -> Array:
    """(count, channels) random motion of mean 0 and variance 1 whose power falls by half at ``hertz``.

    White noise through four equal poles, which are two critically damped springs in a row: an Ornstein–Uhlenbeck
    process of the second order whose driving force is one itself, so that acceleration and jerk stay finite. The noise
    is uniform, which bounds them.
    """
    constant = np.sqrt(2**0.25 - 1) / (2 * np.pi * hertz)  # seconds, of one pole
    decay = np.exp(-STEP / constant)
    after = np.arange(int(_SETTLED * constant / STEP))
    response = (after + 1) * (after + 2) * (after + 3) * decay**after
    response /= np.linalg.norm(response)
    noise = generator.uniform(-np.sqrt(3), np.sqrt(3), (len(after) + count, channels))
    size = next_fast_len(len(noise) + len(after), real=True)
    spectrum = rfft(noise, size, axis=0) * rfft(response, size)[:, None]
    return irfft(spectrum, size, axis=0)[len(after) : len(noise)]


def squash(values: Array, limit: float) -> Array:
    """Values kept within ±limit by bending them, hardly at all where they are small."""
    return limit * np.tanh(values / limit)


def poses(position: Array, angles: Array) -> Array:
    """``world_from_camera`` (T, 4, 4) of positions (T, 3) and angles (T, 3).

    angles: yaw (0 looks along −Z, positive to the left), pitch (positive up) and roll, radians.
    """
    return from_rotation_translation(Rotation.from_euler("YXZ", angles).as_matrix(), position)


def at_rate(samples: Array, lead: float, views: int, rate: float) -> Array:
    """Samples (n, …), one every STEP, at ``views`` times from ``lead`` seconds on, ``rate`` a second."""
    times = lead + np.arange(views) / rate
    first = max(0, int(times[0] / STEP) - 3)
    last = min(len(samples), int(times[-1] / STEP) + 5)
    return CubicSpline(np.arange(first, last) * STEP, samples[first:last])(times)
