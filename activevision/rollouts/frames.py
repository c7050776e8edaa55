"""``FrameStore``: flat arrays over all frames of a set of episodes; ``Batch``: windows gathered from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from activevision.errors import UserError, unknown
from activevision.files import digest
from activevision.geometry import egomotion, exp_se3, log_se3
from activevision.rollouts.manifest import Source
from activevision.rollouts.stored import DERIVED
from activevision.rollouts.windows import Rows

NO_CLASS = -1  # index of the label "", which is that of video without labels


class Batch(NamedTuple):
    """Windows of T frames; a single one has no axis B.

    frames: (B, T, 3, H, W) uint8, whose memory is laid out channels last.
    twists: (B, T − 1, 6) float32 ``[v, ω]`` of the egomotions from each frame of the window to the next one of it.
    labels: (B,) int64 indices into the data set's classes, −1 where there is none.
    scenes: (B,) int64 numbers of the scenes, which are the same for the same scene wherever its windows come from.
    fields: what else was asked for, by name (see ``FrameStore.batch``).
    """

    frames: torch.Tensor
    twists: torch.Tensor
    labels: torch.Tensor
    scenes: torch.Tensor
    fields: Mapping[str, torch.Tensor] = {}

    def to(self, device: torch.device) -> Batch:
        return self._each(lambda values: values.to(device))

    def part(self, start: int, stop: int) -> Batch:
        """Windows ``start`` to ``stop`` − 1."""
        return self._each(lambda values: values[start:stop])

    def one(self, window: int) -> Batch:
        return self._each(lambda values: values[window])

    def _each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Batch:
        fields = {name: change(values) for name, values in self.fields.items()}
        return Batch(change(self.frames), change(self.twists), change(self.labels), change(self.scenes), fields)

    @classmethod
    def joined(cls, parts: Sequence[Batch]) -> Batch:
        if len(parts) == 1:
            return parts[0]
        frames, twists, labels, scenes = (torch.cat([part[i] for part in parts]) for i in range(4))  # type: ignore[misc]
        fields = {name: torch.cat([part.fields[name] for part in parts]) for name in parts[0].fields}
        return cls(frames, twists, labels, scenes, fields)


def label_indices(names: Iterable[str], classes: Sequence[str]) -> NDArray[np.int64]:
    """Indices of labels among ``classes``, NO_CLASS of the label ""; UserError for a label that is none of them."""
    index = {"": NO_CLASS} | {name: i for i, name in enumerate(classes)}
    try:
        return np.array([index[name] for name in names], np.int64)
    except KeyError as error:
        raise UserError(
            f"the rollouts have a label {error} that is none of their classes: collect them again."
        ) from None


@dataclass(frozen=True, eq=False)
class FrameStore:
    """Frames of E episodes of any lengths, one after the other: F frames with the F − E motions between them.

    key: of the content.
    offsets: (E + 1,) int64; episode e has the rows offsets[e] to offsets[e + 1] − 1.
    views: arrays (F, …): "rgb" (F, H, W, 3) uint8, "pose" (F, 4, 4), "time" (F,), and sensors.
    motions: arrays (F − E, …): "twist" (F − E, 6) float32 and others; that of the motion which leads from row f of
    episode e to the next is at f − e.
    intrinsics: (E, 3, 3). labels: (E,) int64 indices into ``classes``, or NO_CLASS. scenes: (E,) scene ids.
    source: where the scenes come from, where that is known. left_out: a line about each shard that is not in here.
    """

    key: str
    offsets: Rows
    views: Mapping[str, NDArray[Any]]
    motions: Mapping[str, NDArray[Any]]
    intrinsics: NDArray[np.float64]
    labels: NDArray[np.int64]
    scenes: NDArray[np.str_]
    classes: tuple[str, ...]
    source: Source | None = None
    left_out: tuple[str, ...] = ()

    @classmethod
    def of_episodes(
        cls,
        frames: NDArray[np.uint8],
        twists: NDArray[np.float32],
        labels: NDArray[np.int64],
        scenes: NDArray[np.str_],
        classes: tuple[str, ...],
    ) -> FrameStore:
        """E episodes of T views, in memory: frames (E, T, H, W, 3), twists (E, T − 1, 6), labels and scenes (E,).

        Every episode begins at the origin, a second passes between its views, and the intrinsics are the identity.
        """
        episodes, views = frames.shape[:2]
        if twists.shape != (episodes, views - 1, 6) or {len(labels), len(scenes)} != {episodes}:
            raise ValueError("frames, twists, labels and scenes are not of the same episodes")
        pose = np.tile(np.eye(4), (episodes, views, 1, 1))
        for t, motion in enumerate(np.moveaxis(exp_se3(twists), 1, 0)):
            pose[:, t + 1] = pose[:, t] @ motion
        arrays = (np.ascontiguousarray(a).data.cast("B") for a in (frames, twists, labels))
        return cls(
            key=digest(list(frames.shape), list(classes), scenes.tolist(), *arrays),
            offsets=np.arange(episodes + 1) * views,
            views={
                "rgb": frames.reshape(-1, *frames.shape[2:]),
                "pose": pose.reshape(-1, 4, 4),
                "time": np.tile(np.arange(views, dtype=np.float64), episodes),
            },
            motions={"twist": np.asarray(twists, np.float32).reshape(-1, 6)},
            intrinsics=np.tile(np.eye(3), (episodes, 1, 1)),
            labels=labels,
            scenes=scenes,
            classes=classes,
        )

    @property
    def numbers(self) -> Rows:
        """(E,) the numbers of the episodes in their data set."""
        return np.arange(len(self.labels))

    @cached_property
    def _scene_numbers(self) -> NDArray[np.int64]:
        """(E,) from the scenes' ids alone, so that what is read piece by piece agrees."""
        return np.array([int(digest(scene)[:15], 16) for scene in self.scenes.tolist()], np.int64)

    def episode_of(self, rows: Rows) -> Rows:
        """The episode of each row, of any shape."""
        return np.searchsorted(self.offsets, rows, side="right") - 1

    def batch(self, rows: Rows, fields: Sequence[str] = (), neighbours: bool = False) -> Batch:
        """The windows whose frames are ``rows`` (B, T), gathered at once.

        fields: names of sensors (B, T, …) and of arrays that lie between views (B, T − 1, …), as the data set has them,
        and "pose" (B, T, 4, 4), "time" (B, T), "egomotion" (B, T − 1, 4, 4) and "intrinsics" (B, 3, 3), all float64.
        neighbours: whether the rows of each window follow on each other.

        UserError for a field that is not there, or that lies between views of which others lie between.
        """
        episode = self.episode_of(rows[:, 0])
        between = rows[:, :-1] - episode[:, None]
        found: dict[str, torch.Tensor] = {}
        for name in fields:
            if name in self.views:
                values = np.take(self.views[name], rows, axis=0)
            elif name == "egomotion":
                values = self._egomotion(rows)
            elif name == "intrinsics":
                values = self.intrinsics[episode]
            elif name not in self.motions:
                raise unknown("field", name, {*self.views, *self.motions, *DERIVED})
            elif not neighbours:
                raise UserError(
                    f"{name} is known between neighbouring frames alone: choose windows of those (a gap of 1 frame)."
                )
            else:
                values = np.take(self.motions[name], between, axis=0)
            found[name] = torch.from_numpy(values)
        twists = np.take(self.motions["twist"], between, axis=0) if neighbours else self.twists(rows)
        frames = torch.from_numpy(np.take(self.views["rgb"], rows, axis=0)).permute(0, 1, 4, 2, 3)
        labels, scenes = (torch.from_numpy(values[episode]) for values in (self.labels, self._scene_numbers))
        return Batch(frames, torch.from_numpy(twists), labels, scenes, found)

    def twists(self, rows: Rows) -> NDArray[np.float32]:
        """Twists (N, T − 1, 6) of the egomotions between the frames of windows (N, T)."""
        return log_se3(self._egomotion(rows)).astype(np.float32)

    def _egomotion(self, rows: Rows) -> NDArray[np.float64]:
        pose = np.take(self.views["pose"], rows, axis=0)
        return egomotion(pose[:, :-1], pose[:, 1:])
