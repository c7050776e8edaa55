"""``WindowDataset``: windows of frames with the egomotions between them, as a torch dataset and as whole batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from activevision.errors import UserError
from activevision.files import digest
from activevision.rollouts.cache import cached_frames
from activevision.rollouts.frames import NO_CLASS, Batch, FrameStore
from activevision.rollouts.manifest import Source
from activevision.rollouts.windows import Rows, Windows


@dataclass(frozen=True, eq=False)
class WindowDataset(Dataset):
    """Every window of some episodes of a ``FrameStore``. Episodes may be of any length; no window is of two.

    episodes: (E,) int64, which of the store's. fields: what comes with the frames, see ``FrameStore.batch``.

    Item i is a ``Batch`` of one window without the axis B; torch's DataLoader makes batches of them. ``batches``
    gathers whole batches without a detour over single items. UserError where no episode is long enough for a window.
    """

    store: FrameStore
    windows: Windows
    episodes: NDArray[np.int64]
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not len(self):
            raise UserError(
                f"windows of {self.length} frames from episodes of {self.views.max(initial=0)} views at most: choose "
                "shorter windows or smaller steps."
            )

    @classmethod
    def load(
        cls,
        folder: Path | str,
        windows: Windows | int | None = None,
        fields: Sequence[str] = (),
        skip_damaged: bool = False,
    ) -> WindowDataset:
        """The windows of a data set, in a folder or behind a URL, by way of the cache: a second call reads no frames.

        windows: or the length of windows of neighbouring frames, or those of ``Windows.covering``.
        fields, skip_damaged, errors: see ``cached_frames``.
        """
        store = cached_frames(folder, fields, skip_damaged)
        if windows is None:
            windows = Windows.covering(np.diff(store.offsets))
        elif isinstance(windows, int):
            windows = Windows(windows)
        return cls(store, windows, np.arange(len(store.labels)), tuple(fields))

    @classmethod
    def of_episodes(
        cls,
        frames: NDArray[np.uint8],
        twists: NDArray[np.float32],
        labels: NDArray[np.int64],
        scenes: NDArray[np.str_],
        classes: tuple[str, ...],
        windows: Windows | None = None,
    ) -> WindowDataset:
        """Of arrays in memory, see ``FrameStore.of_episodes``; windows of pairs unless given."""
        store = FrameStore.of_episodes(frames, twists, labels, scenes, classes)
        return cls(store, windows or Windows(), np.arange(len(labels)))

    def take(self, episodes: NDArray[np.bool_]) -> WindowDataset:
        """The episodes of a mask (E,)."""
        return replace(self, episodes=self.episodes[episodes])

    @property
    def length(self) -> int:
        """Frames of a window."""
        return self.windows.length

    @property
    def classes(self) -> tuple[str, ...]:
        return self.store.classes

    @property
    def source(self) -> Source | None:
        return self.store.source

    @property
    def labels(self) -> NDArray[np.int64]:
        """(E,) indices into ``classes``, −1 without a label."""
        return self.store.labels[self.episodes]

    @property
    def scenes(self) -> NDArray[np.str_]:
        """(E,) scene ids."""
        return self.store.scenes[self.episodes]

    @property
    def views(self) -> NDArray[np.int64]:
        """(E,) frames of each episode."""
        return np.diff(self.store.offsets)[self.episodes]

    @property
    def labelled(self) -> bool:
        """Whether every episode has a class."""
        return bool((self.labels != NO_CLASS).all())

    @property
    def key(self) -> str:
        """Content key: the same episodes in the same windows have the same, whatever folder they come from."""
        return digest(self.store.key, self.episodes.tolist(), repr(self.windows), list(self.classes))

    @cached_property
    def rows(self) -> Rows:
        """(N,) rows of the store, of every frame of the episodes."""
        starts = self.store.offsets[self.episodes]
        return np.concatenate([np.arange(s, s + n) for s, n in zip(starts, self.views, strict=True)])

    @property
    def images(self) -> NDArray[np.uint8]:
        """(N, H, W, 3) every frame of the episodes; no copy where those are all of the store."""
        rgb = self.store.views["rgb"]
        return rgb if len(self.episodes) == len(self.store.labels) else rgb[self.rows]

    @property
    def frames(self) -> NDArray[np.uint8]:
        """(E, T, H, W, 3) whole episodes; no copy where those are all of the store.

        UserError where episodes are of several lengths, here and in ``twists``.
        """
        views = self._equal_views
        images = self.images
        return images.reshape(-1, views, *images.shape[1:])

    @property
    def twists(self) -> NDArray[np.float32]:
        """(E, T − 1, 6) of whole episodes, between neighbouring frames."""
        rows = self.rows.reshape(-1, self._equal_views)
        return self.store.motions["twist"][rows[:, :-1] - self.episodes[:, None]]

    @property
    def _equal_views(self) -> int:
        views = np.unique(self.views)
        if len(views) != 1:
            raise UserError(
                f"episodes of {views.min()} to {views.max()} views, where all must be of one length: collect rollouts "
                "that have it, with an environment that does not end early."
            )
        return int(views[0])

    @cached_property
    def window_rows(self) -> Rows:
        """(N, length) rows of the store, of the frames of every window."""
        return self.windows.rows(self._starts, self._following)

    @cached_property
    def window_twists(self) -> NDArray[np.float32]:
        """(N, length − 1, 6) twists between the frames of every window."""
        rows = self.window_rows
        if not self.windows.neighbours:
            return self.store.twists(rows)
        return self.store.motions["twist"][rows[:, :-1] - self.store.episode_of(rows[:, :1])]

    @property
    def window_episodes(self) -> NDArray[np.int64]:
        """(N,) the windows' episodes, which of the store's; ``store.numbers`` has their numbers in the data set."""
        return self.store.episode_of(self._starts)

    @property
    def window_scenes(self) -> NDArray[np.str_]:
        """(N,) scene ids of the windows."""
        return self.store.scenes[self.window_episodes]

    @property
    def motions(self) -> NDArray[np.float32]:
        """(N, 6) twists between the frames of the windows; those between neighbouring frames once each."""
        if self.windows.neighbours:
            rows = self.rows[~np.isin(self.rows + 1, self.store.offsets)]  # no motion leads on from an episode's last
            return self.store.motions["twist"][rows - self.store.episode_of(rows)]
        return self.window_twists.reshape(-1, 6)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, item: int) -> Batch:
        if not 0 <= item < len(self):
            raise IndexError(item)
        return self.batch(np.array([item])).one(0)

    def batch(self, items: NDArray[np.int64]) -> Batch:
        """The windows of those indices (B,), gathered at once."""
        rows = self.windows.rows(self._starts[items], self._following)
        return self.store.batch(rows, self.fields, self.windows.neighbours)

    def batches(self, batch_size: int, generator: np.random.Generator | None = None) -> Iterator[Batch]:
        """All windows once, shuffled by ``generator`` or else in order; the last batch may be smaller."""
        order = np.arange(len(self)) if generator is None else generator.permutation(len(self))
        for start in range(0, len(order), batch_size):
            yield self.batch(order[start : start + batch_size])

    @cached_property
    def _following(self) -> Rows:
        views = self.store.views
        return self.windows.step.follow(self.store.offsets, views["time"], views["pose"])

    @cached_property
    def _starts(self) -> Rows:
        starts = self.windows.starts(self.store.offsets, self._following)
        if len(self.episodes) == len(self.store.labels):
            return starts
        return starts[np.isin(self.store.episode_of(starts), self.episodes)]

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("store", "windows", "episodes", "fields")}
