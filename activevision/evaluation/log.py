"""``TrajectoryLog``: what an agent did and believed, view by view; all that an evaluation reads.

It is a rollout without frames, kept as Parquet, so any agent from anywhere can be scored: docs/trajectory_log.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.evaluation.log_columns import COLUMNS, OWN, PROBABILITY, completed, encoded, episode_words
from activevision.evaluation.log_table import read_table, write_table

_WORDS = ("policy", "fusion", "recogniser", "classes", "protocol", "catalogue")
_ARRAYS: dict[str, tuple[tuple[str | int, ...], str, type]] = {
    # name: (shape in episodes N, views T, moves T - 1, classes C, coordinates V; accepted kinds of dtype; stored dtype)
    "scene": (("N",), "UO", np.str_),
    "label": (("N",), "iu", np.int64),
    "seed": (("N",), "iu", np.int64),
    "episode": (("N",), "iu", np.int64),
    "taken": (("N",), "iu", np.int64),
    "viewpoint": (("N", "T", "V"), "iuf", np.number),
    "pose": (("N", "T", 4, 4), "f", np.float64),
    "motion": (("N", "M"), "iu", np.int64),
    "collided": (("N", "M"), "b", np.bool_),
    "evidence": (("N", "T", "C"), "f", np.float32),
    "belief": (("N", "T", "C"), "f", np.float32),
}
_REPEATED = ("belief", "evidence", "pose")


@dataclass(frozen=True, eq=False)
class TrajectoryLog:
    """N episodes of T views of one policy with one fusion of one recogniser.

    policy, fusion, recogniser: their names.
    classes: (C,) the names that labels index.
    protocol: ``Protocol.to_json()``. catalogue: name, classes, split, scenes (their number), licence, credit.
    scene: (N,) str, ids of the objects. label: (N,) int, their true classes.
    seed: (N,) int, of the training and evaluation run. episode: (N,) int. The same (scene, seed, episode) in two logs
        means the same start, which is what pairs their episodes.
    belief: (N, T, C) float32, log-posterior over the classes after each view.

    What a log from elsewhere may lack is None:

    taken: (N,) int, views taken before the policy stopped, T where it did not. From then on belief, evidence and pose
        repeat.
    viewpoint: (N, T, V), where every view was taken: int (elevation row, azimuth column) on a grid, else float64.
    pose: (N, T, 4, 4) float64, world_from_camera of every view.
    motion: (N, T-1) int, the motion after every view but the last: staying once it has stopped, or -1 where a log from
        elsewhere ends.
    collided: (N, T-1) bool, whether something stopped the motion, wholly or in part.
    evidence: (N, T, C) float32, log-likelihoods of the classes given each view alone, up to a constant per view.

    Raises UserError where the parts do not fit together: shapes, labels out of range, a repeated episode, NaN, a
    belief that is not normalised, or an episode that goes on after it stopped.
    """

    policy: str
    fusion: str
    classes: tuple[str, ...]
    protocol: dict[str, Any]
    catalogue: dict[str, Any]
    scene: NDArray[np.str_]
    label: NDArray[np.int64]
    seed: NDArray[np.int64]
    episode: NDArray[np.int64]
    belief: NDArray[np.float32]
    recogniser: str = OWN
    taken: NDArray[np.int64] | None = None
    viewpoint: NDArray[np.number] | None = None
    pose: NDArray[np.float64] | None = None
    motion: NDArray[np.int64] | None = None
    collided: NDArray[np.bool_] | None = None
    evidence: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        for word in ("protocol", "catalogue"):  # as JSON gives them back, so that a loaded log equals the saved one
            object.__setattr__(self, word, json.loads(json.dumps(getattr(self, word))))
        if np.ndim(self.belief) != 3:
            raise self._error(f"belief has shape {np.shape(self.belief)} where (episodes, views, classes) is expected")
        n, t = np.shape(self.belief)[:2]
        sizes = {
            "N": n,
            "T": t,
            "M": t - 1,
            "C": len(self.classes),
            "V": 0 if self.viewpoint is None else np.shape(self.viewpoint)[-1],
        }
        for name, (shape, kinds, dtype) in _ARRAYS.items():
            if getattr(self, name) is None:
                continue
            array = np.asarray(getattr(self, name))
            expected = tuple(sizes[axis] if isinstance(axis, str) else axis for axis in shape)
            if array.shape != expected:
                raise self._error(f"{name} has shape {array.shape} where {expected} is expected")
            if array.size and array.dtype.kind not in kinds:
                raise self._error(f"{name} has dtype {array.dtype} where {dtype.__name__} is expected")
            if dtype is np.number:
                dtype = np.float64 if array.dtype.kind == "f" else np.int64
            object.__setattr__(self, name, array.astype(dtype, copy=False))
        self._check_values()

    def _check_values(self) -> None:
        if len(self) == 0 or self.views == 0:
            raise self._error("it has no episodes")
        if self.label.min() < 0 or self.label.max() >= len(self.classes):
            raise self._error(f"a label is outside its {len(self.classes)} classes")
        keys = self.keys()
        if len(set(keys)) != len(keys):
            seen: set[tuple[str, int, int]] = set()
            twice = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise self._error(f"{episode_words(*twice)} occurs twice")
        if self.pose is not None and not np.isfinite(self.pose).all():
            raise self._error("a pose is not finite")
        for name in ("evidence", "belief"):  # minus infinity is a class that is ruled out
            array = getattr(self, name)
            if array is not None:
                self._refuse(np.isnan(array).any(-1) | np.isposinf(array).any(-1), f"the {name}", "has NaN or infinity")
        with np.errstate(divide="ignore", over="ignore"):
            total = np.log(np.exp(self.belief.astype(np.float64)).sum(axis=-1))
        self._refuse(
            np.abs(total) > 1e-3,
            "the belief",
            "is not normalised: the logarithms of probabilities that sum to 1 are expected, "
            f"and probabilities themselves belong into the column {PROBABILITY!r} of a file",
        )
        if self.taken is not None:
            self._check_stops(self.taken)

    def _check_stops(self, taken: NDArray[np.int64]) -> None:
        if taken.min() < 1 or taken.max() > self.views:
            raise self._error(f"taken must count from 1 to {self.views} views")
        last = np.minimum(np.arange(self.views), taken[:, None] - 1)
        for name in _REPEATED:
            array = getattr(self, name)
            if array is not None:
                kept = array[np.arange(len(self))[:, None], last]
                goes_on = (array != kept).reshape(*last.shape, -1).any(axis=-1)
                self._refuse(goes_on, f"the {name}", "changes although the episode had stopped")

    def _refuse(self, wrong: NDArray[np.bool_], what: str, fault: str) -> None:
        """UserError for the first of views (N, T) that are wrong."""
        if wrong.any():
            row, view = (int(index[0]) for index in np.nonzero(wrong))
            raise self._error(f"{what} of {episode_words(*self.keys()[row])} after view {view + 1} {fault}")

    def _error(self, reason: str) -> UserError:
        return UserError(f"trajectory log of {self.policy!r} with {self.fusion!r}: {reason}; record it again.")

    def __len__(self) -> int:
        """N, the number of episodes."""
        return len(self.belief)

    @property
    def views(self) -> int:
        """T, the number of views of an episode."""
        return self.belief.shape[1]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(N, T) whether the most believed class is the true one."""
        return self.belief.argmax(axis=-1) == self.label[:, None]

    def column(self, name: str) -> NDArray[Any]:
        """An array by name; UserError if this log lacks it."""
        array = getattr(self, name)
        if array is None:
            raise self._error(f"it has no column {name!r}")
        return array

    def keys(self) -> list[tuple[str, int, int]]:
        """(scene, seed, episode) of every episode."""
        return list(zip(self.scene.tolist(), self.seed.tolist(), self.episode.tolist(), strict=True))

    def take(self, index: NDArray[np.intp]) -> TrajectoryLog:
        """The episodes at ``index`` (any numpy index of the first axis)."""
        return replace(self, **{name: getattr(self, name)[index] for name in self._present()})

    def save(self, path: Path) -> None:
        """Write one Parquet file; equal logs give equal bytes."""
        columns = {name: getattr(self, name) for name in COLUMNS if name in self._present()}
        if self.pose is not None:
            columns["pose"] = self.pose.reshape(len(self), self.views, 16)
        write_table(path, columns, encoded({name: getattr(self, name) for name in _WORDS}))

    @classmethod
    def load(cls, path: Path, classes: Sequence[str] | None = None) -> TrajectoryLog:
        """Read what ``save`` wrote, or a file made elsewhere as docs/trajectory_log.md asks for it.

        classes: of a file that does not name them. UserError if the file is missing, damaged or something else.
        """
        columns, metadata = read_table(path, (*COLUMNS, PROBABILITY))
        content = completed(columns, metadata, path, classes)
        try:
            return cls(**content)
        except UserError as error:
            raise UserError(f"{path}: {error}") from None

    def _present(self) -> list[str]:
        return [name for name in _ARRAYS if getattr(self, name) is not None]


def concatenate(logs: Sequence[TrajectoryLog]) -> TrajectoryLog:
    """One log of the episodes of several, in order; they share everything but seeds, scenes and episodes.

    Raises UserError for logs of another policy, fusion, recogniser, class list, protocol or catalogue, with other
    columns, or where an episode of a scene occurs in two of them.
    """
    if not logs:
        raise UserError("no trajectory logs to join: give at least one.")
    first, keys = logs[0], set(logs[0].keys())
    for log in logs[1:]:
        for word in _WORDS:
            if getattr(log, word) != getattr(first, word):
                raise UserError(
                    f"trajectory logs of {first.policy!r} and {log.policy!r} differ in {word}: join only logs of one "
                    f"{word}."
                )
        if log.views != first.views:
            raise UserError(
                f"trajectory logs of {first.policy!r} have {first.views} and {log.views} views: join alike."
            )
        lacking = sorted({*log._present()} ^ {*first._present()})
        if lacking:
            raise UserError(f"only some trajectory logs of {first.policy!r} have {', '.join(lacking)}: join alike.")
        if repeated := keys.intersection(log.keys()):
            raise UserError(
                f"trajectory logs of {first.policy!r} with {first.fusion!r} cannot be joined, as "
                f"{episode_words(*min(repeated))} occurs twice: give every fold and every seed once."
            )
        keys.update(log.keys())
    joined: dict[str, Any] = {name: np.concatenate([getattr(log, name) for log in logs]) for name in first._present()}
    return replace(first, **joined)
