"""Single views with labels, which is what a recogniser learns from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.explore_protocol import ExploreProtocol
from activevision.files import NO_ARRAYS, atomic_write, digest
from activevision.progress import progress
from activevision.protocol import Protocol as ViewProtocol


class LabelledViews(Protocol):
    """V views of each of E scenes or episodes; rollouts are such, too.

    frames: (E, V, H, W, 3) uint8. labels: (E,) indices of classes. scenes: (E,) ids.
    """

    @property
    def frames(self) -> NDArray[np.uint8]: ...

    @property
    def labels(self) -> NDArray[np.int64]: ...

    @property
    def scenes(self) -> NDArray[np.str_]: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def key(self) -> str:
        """Content key."""
        ...

    def take(self, episodes: NDArray[np.bool_]) -> LabelledViews:
        """Those of a mask (E,)."""
        ...


@dataclass(frozen=True, eq=False)
class SceneViews:
    """As many views of every scene of a split: all classes and places count as they do in the split.

    Views along rollouts are many of few places, and on a grid that ends above and below they crowd at its ends.
    """

    frames: NDArray[np.uint8]
    labels: NDArray[np.int64]
    scenes: NDArray[np.str_]
    classes: tuple[str, ...]

    @property
    def key(self) -> str:
        return digest(
            self.frames.shape, list(self.classes), self.scenes.tolist(), self.labels.tolist(),
            np.ascontiguousarray(self.frames).data.cast("B"),
        )  # fmt: skip

    def take(self, episodes: NDArray[np.bool_]) -> SceneViews:
        return replace(self, frames=self.frames[episodes], labels=self.labels[episodes], scenes=self.scenes[episodes])

    @classmethod
    def gather(cls, env: VectorEnv, seed: int, what: str = "Looking about") -> SceneViews:
        """From an environment in autoreset mode DISABLED: on a view grid all of its viewpoints, with a copy for each;
        elsewhere two for each copy, from random starts, which depend on seed and scene alone.

        A scene is left before the next is entered, so that none is made ready twice.
        """
        base: Any = env.unwrapped
        look = _all_round if isinstance(base.protocol, ViewProtocol) else _here_and_there
        frames, labels = [], []
        with progress(what, len(base.entries), "scenes") as advance:
            for scene, entry in enumerate(base.entries):
                frames.append(look(env, scene, seed))
                labels.append(base.classes.index(entry.label))
                advance(1)
        scenes = np.array([entry.id for entry in base.entries])
        return cls(np.stack(frames), np.array(labels), scenes, tuple(base.classes))

    def save(self, path: Path) -> None:
        with atomic_write(path) as file:
            np.savez(file, classes=self.classes, frames=self.frames, labels=self.labels, scenes=self.scenes)

    @classmethod
    def load(cls, path: Path) -> SceneViews:
        try:
            with np.load(path) as arrays:
                classes = tuple(arrays["classes"].tolist())
                return cls(arrays["frames"], arrays["labels"], arrays["scenes"], classes)
        except NO_ARRAYS as error:
            raise UserError(f"views {path} are missing or damaged ({error}): delete the file and run again.") from None


def _all_round(env: VectorEnv, scene: int, seed: int) -> NDArray[np.uint8]:
    """(E·A, H, W, 3) in raster order."""
    protocol: ViewProtocol = env.unwrapped.protocol  # type: ignore[attr-defined]
    if env.num_envs != protocol.grid_size:
        raise ValueError(f"{env.num_envs} copies for a grid of {protocol.grid_size} viewpoints")
    viewpoint = np.stack(np.divmod(np.arange(env.num_envs), protocol.azimuths), axis=1)
    observation, _ = env.reset(options={"scene": np.full(env.num_envs, scene), "viewpoint": viewpoint})
    return observation["rgb"]


def _here_and_there(env: VectorEnv, scene: int, seed: int) -> NDArray[np.uint8]:
    """(2 · copies, H, W, 3): as episodes begin, which is level, and from the same places with any heading and tilt, as
    they go on."""
    protocol: ExploreProtocol = env.unwrapped.protocol  # type: ignore[attr-defined]
    copies, generator = env.num_envs, np.random.default_rng([seed, scene])
    options: dict[str, Any] = {"scene": np.full(copies, scene)}
    begun, info = env.reset(seed=generator.integers(2**31, size=copies).tolist(), options=options)
    most = np.array([np.pi, np.radians(protocol.locomotion.tilt_limit_deg)])
    viewpoint = np.array(info["viewpoint"], np.float64)  # x, z, heading, tilt
    viewpoint[:, 2:] = generator.uniform(-most, most, (copies, 2))
    turned, _ = env.reset(options={**options, "viewpoint": viewpoint})
    return np.concatenate([begun["rgb"], turned["rgb"]])
