"""Single views with labels, which is what a recogniser learns from."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import atomic_write, digest
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
        """From an environment in autoreset mode DISABLED with as many copies as a scene is to have views.

        On a view grid these are all of its viewpoints, so it must have that many copies; elsewhere random starts, which
        depend on seed and scene alone. A scene is left before the next is entered, so that none is made ready twice.
        """
        base: Any = env.unwrapped
        each = env.num_envs
        options: dict[str, Any] = {}
        if isinstance(base.protocol, ViewProtocol):
            if each != base.protocol.grid_size:
                raise ValueError(f"{each} copies for a grid of {base.protocol.grid_size} viewpoints")
            options["viewpoint"] = np.stack(np.divmod(np.arange(each), base.protocol.azimuths), axis=1)
        frames, labels = [], []
        with progress(what, len(base.entries) * each, "views") as advance:
            for scene in range(len(base.entries)):
                seeds = np.random.SeedSequence([seed, scene]).generate_state(each, np.uint32).tolist()
                observation, info = env.reset(seed=seeds, options={**options, "scene": np.full(each, scene)})
                frames.append(observation["rgb"])
                labels.append(int(info["label"][0]))
                advance(each)
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
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(f"views {path} are missing or damaged ({error}): delete the file and run again.") from None
