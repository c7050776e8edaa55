"""Windows of consecutive frames and the egomotions between them, as a torch dataset and as quick whole batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from activevision.errors import UserError
from activevision.files import digest
from activevision.geometry import log_se3
from activevision.progress import progress
from activevision.rollouts.manifest import Source
from activevision.rollouts.shards import read_shard, whole_manifest
from activevision.rollouts.storage import Storage


@dataclass(frozen=True)
class Batch:
    """Windows of T frames.

    frames: (B, T, 3, H, W) uint8, whose memory is laid out channels last. twists: (B, T − 1, 6) float32 ``[v, ω]``.
    labels: (B,) int64 indices into the data set's classes.
    """

    frames: torch.Tensor
    twists: torch.Tensor
    labels: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(self.frames.to(device), self.twists.to(device), self.labels.to(device))


@dataclass(frozen=True, eq=False)
class WindowDataset(Dataset):
    """Every window of ``length`` consecutive frames of a set of episodes, held in memory as 8-bit images.

    frames: (E, T, H, W, 3) uint8. twists: (E, T − 1, 6) float32 realised egomotions ``[v, ω]``.
    labels: (E,) int64. scenes: (E,) scene ids. classes: names of the labels.
    source: where the scenes come from, where that is known.
    length: frames a window, at least the 2 that a motion lies between.

    Item i is ``(frames (length, 3, H, W) uint8, twists (length − 1, 6) float32, label)``; for training, ``batches``
    gathers whole batches without a detour over single items. UserError when the episodes are shorter than a window.
    """

    frames: NDArray[np.uint8]
    twists: NDArray[np.float32]
    labels: NDArray[np.int64]
    scenes: NDArray[np.str_]
    classes: tuple[str, ...]
    length: int = 2
    source: Source | None = None

    def __post_init__(self) -> None:
        episodes, views = self.frames.shape[:2]
        if self.length < 2 or self.length > views:
            raise UserError(
                f"windows of {self.length} frames from episodes of {views} views: choose between 2 and {views}."
            )
        if self.twists.shape != (episodes, views - 1, 6) or {len(self.labels), len(self.scenes)} != {episodes}:
            raise ValueError("frames, twists, labels and scenes are not of the same episodes")

    @classmethod
    def load(cls, folder: Path, length: int | None = None) -> WindowDataset:
        """Read a folder that ``collect`` wrote. UserError for a folder without rollouts, unfinished or damaged.

        Without a ``length`` the windows are whole episodes, which gives the most pairs for the frames encoded.
        """
        manifest, storage = whole_manifest(folder), Storage(folder)
        index = {name: i for i, name in enumerate(manifest.classes)}
        frames, egomotions, labels, scenes = [], [], [], []
        with progress("Reading rollouts", manifest.episodes, "episodes") as advance:
            for shard in manifest.shards:
                for rollout in read_shard(storage, shard):
                    frames.append(rollout.rgb)
                    egomotions.append(rollout.egomotion)
                    labels.append(index[rollout.label])
                    scenes.append(rollout.scene_id)
                    advance(1)
        length = len(frames[0]) if length is None else length
        twists = np.asarray(log_se3(np.stack(egomotions)), np.float32)
        return cls(
            np.stack(frames), twists, np.array(labels), np.array(scenes), manifest.classes, length, manifest.source
        )

    def take(self, episodes: NDArray[np.bool_]) -> WindowDataset:
        """The episodes of a mask (E,)."""
        return replace(
            self,
            frames=self.frames[episodes],
            twists=self.twists[episodes],
            labels=self.labels[episodes],
            scenes=self.scenes[episodes],
        )

    @property
    def windows_per_episode(self) -> int:
        return self.frames.shape[1] - self.length + 1

    @property
    def key(self) -> str:
        """Content key: equal data sets have equal keys, whatever folder they come from."""
        shape = [*self.frames.shape, self.length]
        arrays = (np.ascontiguousarray(a).data.cast("B") for a in (self.frames, self.twists, self.labels))
        return digest(shape, list(self.classes), self.scenes.tolist(), *arrays)

    def __len__(self) -> int:
        return len(self.frames) * self.windows_per_episode

    def __getitem__(self, item: int) -> tuple[torch.Tensor, torch.Tensor, int]:
        if not 0 <= item < len(self):
            raise IndexError(item)
        batch = self.batch(np.array([item]))
        return batch.frames[0], batch.twists[0], int(batch.labels[0])

    def batch(self, items: NDArray[np.int64]) -> Batch:
        """The windows of those indices (B,), gathered at once."""
        episodes, starts = np.divmod(items, self.windows_per_episode)
        steps = starts[:, None] + np.arange(self.length)
        frames = torch.from_numpy(self.frames[episodes[:, None], steps]).permute(0, 1, 4, 2, 3)
        twists = torch.from_numpy(self.twists[episodes[:, None], steps[:, :-1]])
        return Batch(frames, twists, torch.from_numpy(self.labels[episodes]))

    def batches(self, batch_size: int, generator: np.random.Generator | None = None) -> Iterator[Batch]:
        """All windows once, shuffled by ``generator`` or else in order; the last batch may be smaller."""
        order = np.arange(len(self)) if generator is None else generator.permutation(len(self))
        for start in range(0, len(order), batch_size):
            yield self.batch(order[start : start + batch_size])
