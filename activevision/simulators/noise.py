"""Noise of cameras and depth sensors, on images and as a simulator of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import CameraModel
from activevision.errors import UserError, unknown
from activevision.scenes.srgb import LINEAR, srgb_from_linear
from activevision.settings import require_not_negative, require_positive, require_share
from activevision.simulators.simulator import Simulator, check_sensors


@runtime_checkable
class Noise(Protocol):
    """What one cause does to images: a frozen dataclass, whose fields become part of a simulator's settings.

    ``sensor`` is the one whose images it is for. ``apply`` leaves its argument as it is; the same generator state
    gives the same bytes.
    """

    sensor: ClassVar[str]

    def apply(self, images: NDArray, generator: np.random.Generator) -> NDArray:
        """Noisy images (N, H, W, …), of the same shape and type."""
        ...


@dataclass(frozen=True)
class GaussianNoise:
    """Read-out noise: the same normal error on every value of the sRGB image.

    sigma: standard deviation as a share of full scale. mean: offset, likewise.
    """

    sensor: ClassVar[str] = "rgb"
    sigma: float = 0.02
    mean: float = 0.0

    def __post_init__(self) -> None:
        require_not_negative(self, "sigma")

    def apply(self, images: NDArray, generator: np.random.Generator) -> NDArray:
        """Noisy copies of images (N, H, W, 3) uint8."""
        error = generator.standard_normal(images.shape, np.float32)
        return _bytes(images + 255 * (self.mean + self.sigma * error))


@dataclass(frozen=True)
class SpeckleNoise:
    """Multiplicative noise: every value of the sRGB image times 1 + a normal error.

    sigma: standard deviation of the factor.
    """

    sensor: ClassVar[str] = "rgb"
    sigma: float = 0.1

    def __post_init__(self) -> None:
        require_not_negative(self, "sigma")

    def apply(self, images: NDArray, generator: np.random.Generator) -> NDArray:
        """Noisy copies of images (N, H, W, 3) uint8."""
        return _bytes(images * (1 + self.sigma * generator.standard_normal(images.shape, np.float32)))


@dataclass(frozen=True)
class PoissonNoise:
    """Shot noise: light comes in photons, so each linear value is a count with a Poisson distribution.

    photons: that a white pixel collects; the relative error there is 1 / √photons, and larger in the dark.
    """

    sensor: ClassVar[str] = "rgb"
    photons: float = 1000.0

    def __post_init__(self) -> None:
        require_positive(self, "photons")

    def apply(self, images: NDArray, generator: np.random.Generator) -> NDArray:
        """Noisy copies of images (N, H, W, 3) uint8."""
        light = generator.poisson(LINEAR[images] * self.photons) / self.photons
        return _bytes(255 * srgb_from_linear(light))


@dataclass(frozen=True)
class SaltAndPepperNoise:
    """Dead and hot pixels: black or white, half each.

    share: of the pixels, in [0, 1].
    """

    sensor: ClassVar[str] = "rgb"
    share: float = 0.01

    def __post_init__(self) -> None:
        require_share(self, "share")

    def apply(self, images: NDArray, generator: np.random.Generator) -> NDArray:
        """Noisy copies of images (N, H, W, 3) uint8."""
        draw = generator.random(images.shape[:3], np.float32)[..., None]
        return np.where(draw < self.share / 2, 0, np.where(draw < self.share, 255, images)).astype(np.uint8)


@dataclass(frozen=True)
class RedwoodDepthNoise:
    """Depth as a PrimeSense camera measures it, from quantised disparity.

    The parametric part of the model of Choi, Zhou & Koltun (*Robust reconstruction of indoor scenes*, CVPR 2015), after
    Barron & Malik (*Intrinsic scene properties from a single RGB-D image*, CVPR 2013): a pixel takes the depth of a
    place nearby, and its disparity, which is in inverse proportion to depth, gets a normal error and is rounded. The
    error of depth grows with its square. With these figures it is what habitat-sim's model of that name does, without
    that one's table of lens distortion.

    strength: factor on both random errors. jitter: pixels, standard deviation of the place nearby.
    block: pixels per side that share one depth reading. disparity: pixels, standard deviation. quantum: pixels.
    baseline_focal: metres × pixels, the product of the stereo baseline and the focal length.
    far: metres beyond which nothing is measured (0).
    """

    sensor: ClassVar[str] = "depth"
    strength: float = 1.0
    jitter: float = 0.25
    block: int = 2
    disparity: float = 1 / 36
    quantum: float = 1 / 8
    baseline_focal: float = 35.13
    far: float = 10.0

    def __post_init__(self) -> None:
        require_not_negative(self, "strength", "jitter", "disparity")
        require_positive(self, "block", "quantum", "baseline_focal", "far")

    def apply(self, images: NDArray, generator: np.random.Generator) -> NDArray:
        """Noisy copies of planar depth (N, H, W) float32; 0 stays 0."""
        nearby = _displaced(images, self.strength * self.jitter, self.block, generator)
        error = self.strength * self.disparity * generator.standard_normal(images.shape, np.float32)
        seen = (images > 0) & (nearby > 0) & (nearby < self.far)
        disparity = self.baseline_focal / np.where(seen, nearby, 1.0) + error
        steps = np.rint(disparity / self.quantum)
        depth = self.baseline_focal / (np.maximum(steps, 1) * self.quantum)
        return np.where(seen & (steps >= 1), depth, 0).astype(np.float32)


@dataclass(frozen=True)
class KinectDepthNoise:
    """Depth with the errors that Nguyen, Izadi & Lovell measured on a Kinect.

    *Modeling Kinect sensor noise for improved 3D reconstruction and tracking* (3DIMPVT 2012): the axial standard
    deviation is 1.2 mm + 1.9 mm · (z − 0.4 m)² / m², the lateral one 0.8 pixels of 640. Both are theirs for surfaces up
    to 60 degrees off the optical axis; the terms that grow beyond are left out.

    strength: factor on both.
    """

    sensor: ClassVar[str] = "depth"
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_not_negative(self, "strength")

    def apply(self, images: NDArray, generator: np.random.Generator) -> NDArray:
        """Noisy copies of planar depth (N, H, W) float32; 0 stays 0."""
        nearby = _displaced(images, self.strength * 0.8 * images.shape[2] / 640, 1, generator)
        sigma = self.strength * (0.0012 + 0.0019 * (nearby - 0.4) ** 2)
        depth = np.maximum(nearby + sigma * generator.standard_normal(images.shape, np.float32), 1e-3)
        return np.where((images > 0) & (nearby > 0), depth, 0).astype(np.float32)


NOISES: dict[str, type[Noise]] = {
    "gaussian": GaussianNoise,
    "speckle": SpeckleNoise,
    "poisson": PoissonNoise,
    "salt-and-pepper": SaltAndPepperNoise,
    "redwood": RedwoodDepthNoise,
    "kinect": KinectDepthNoise,
}
"""Models by name, of rgb but for the last two, which are of depth."""


def get_noise(noise: str | Noise) -> Noise:
    """A model by name, with the settings that it has by itself, or as it is; UserError names the nearest one."""
    if isinstance(noise, str):
        if noise not in NOISES:
            raise unknown("noise", noise, NOISES)
        return NOISES[noise]()
    if not isinstance(noise, Noise):
        raise UserError(
            f"noise {noise!r}: give a model of activevision.simulators.noise, or one of {', '.join(NOISES)}."
        )
    return noise


class NoisySimulator:
    """A simulator whose images have noise; see ``Simulator`` for the interface.

    The noise of an image is drawn from a generator seeded by ``seed``, the pose and the image itself, so that the same
    view always has the same noise, alone or in any batch, and other views have noise of their own. Sensors that no
    noise is given for stay as they are.

    simulator: what renders; it is closed with this one.
    noise: for each sensor one cause, or several in the order in which they act.
    """

    def __init__(self, simulator: Simulator, noise: Mapping[str, Noise | Sequence[Noise]], seed: int = 0):
        check_sensors(tuple(noise))
        self._simulator, self._seed = simulator, seed
        self._noise: dict[str, tuple[Any, ...]] = {
            sensor: tuple(causes) if isinstance(causes, Sequence) else (causes,) for sensor, causes in noise.items()
        }
        for sensor, causes in self._noise.items():
            for cause in causes:
                if cause.sensor != sensor:
                    raise UserError(
                        f"{type(cause).__name__} on {sensor}: it is noise of {cause.sensor}; give it for that sensor."
                    )
        self.settings: dict[str, Any] = {
            **simulator.settings,
            "noise": {
                sensor: [{"model": type(cause).__name__, **asdict(cause)} for cause in causes]
                for sensor, causes in sorted(self._noise.items())
            },
            "noise_seed": seed,
        }

    def render(
        self, scene_ids: ArrayLike, poses: ArrayLike, camera: CameraModel, sensors: Sequence[str] = ("rgb",)
    ) -> dict[str, NDArray]:
        """Noisy images (N, H, W, …) of each sensor; scene_ids (N,), poses (N, 4, 4) ``world_from_camera``."""
        images = dict(self._simulator.render(scene_ids, poses, camera, sensors))
        poses = np.ascontiguousarray(poses, np.float64)
        for sensor, causes in self._noise.items():
            if sensor not in images:
                continue
            noisy = np.empty_like(images[sensor])
            for view, clean in enumerate(images[sensor]):
                generator = self._generator(sensor, poses[view], clean)
                image = clean[None]
                for cause in causes:
                    image = cause.apply(image, generator)
                noisy[view] = image[0]
            images[sensor] = noisy
        return images

    def close(self) -> None:
        self._simulator.close()

    def _generator(self, sensor: str, pose: NDArray[np.float64], clean: NDArray) -> np.random.Generator:
        hasher = hashlib.blake2b(f"{self._seed} {sensor}".encode(), digest_size=16)
        hasher.update(pose.tobytes())
        hasher.update(np.ascontiguousarray(clean).tobytes())
        return np.random.default_rng(int.from_bytes(hasher.digest(), "little"))


def _bytes(values: NDArray) -> NDArray[np.uint8]:
    return np.asarray(np.rint(values).clip(0, 255), np.uint8)


def _displaced(depth: NDArray, sigma: float, block: int, generator: np.random.Generator) -> NDArray:
    """Depth (N, H, W) that each pixel takes from the place where a normal error of ``sigma`` pixels leads it."""
    count, height, width = depth.shape
    shift = sigma * generator.standard_normal((2, count, height, width), np.float32)
    rows = np.rint(np.arange(height, dtype=np.float32)[:, None] + shift[0]).clip(0, height - 1).astype(np.int64)
    columns = np.rint(np.arange(width, dtype=np.float32) + shift[1]).clip(0, width - 1).astype(np.int64)
    return np.asarray(depth[np.arange(count)[:, None, None], rows - rows % block, columns - columns % block])
