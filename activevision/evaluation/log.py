"""``TrajectoryLog``: what an agent did and believed, view by view; all that an evaluation reads.

It is a rollout without frames, so any agent from anywhere can be scored, and numpy alone reads it. The file format is
known to ``TrajectoryLog.save`` and ``TrajectoryLog.load`` only.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import atomic_write

FORMAT = "activevision trajectory log 1"
_WORDS = ("policy", "fusion", "classes", "protocol", "catalogue")
_ARRAYS: dict[str, tuple[tuple[str | int, ...], str, type]] = {
    # name: (shape in episodes N, views T, moves T - 1, classes C, coordinates V; accepted kinds of dtype; stored dtype)
    "scene": (("N",), "UO", np.str_),
    "label": (("N",), "iu", np.int64),
    "seed": (("N",), "iu", np.int64),
    "episode": (("N",), "iu", np.int64),
    "viewpoint": (("N", "T", "V"), "iuf", np.number),
    "pose": (("N", "T", 4, 4), "f", np.float64),
    "motion": (("N", "M"), "iu", np.int64),
    "evidence": (("N", "T", "C"), "f", np.float32),
    "belief": (("N", "T", "C"), "f", np.float32),
}


@dataclass(frozen=True, eq=False)
class TrajectoryLog:
    """N episodes of T views of one policy with one fusion.

    policy, fusion: their names.
    classes: (C,) the names that labels index.
    protocol: ``Protocol.to_json()``. catalogue: name, classes, split, scenes (their number), licence, credit.
    scene: (N,) str, ids of the objects. label: (N,) int, their true classes.
    seed: (N,) int, of the training and evaluation run. episode: (N,) int. The same (scene, seed, episode) in two logs
        means the same start, which is what pairs their episodes.
    viewpoint: (N, T, V), where every view was taken: int (elevation row, azimuth column) on a grid, else float64.
    pose: (N, T, 4, 4) float64, world_from_camera of every view.
    motion: (N, T-1) int, the motion chosen after every view but the last.
    evidence: (N, T, C) float32, log-likelihoods of the classes given each view alone, up to a constant per view.
    belief: (N, T, C) float32, log-posterior over the classes after each view.

    Raises UserError where the parts do not fit together: shapes, labels out of range, a repeated episode, NaN, or a
    belief that is not normalised.
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
    viewpoint: NDArray[np.number]
    pose: NDArray[np.float64]
    motion: NDArray[np.int64]
    evidence: NDArray[np.float32]
    belief: NDArray[np.float32]

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        for word in ("protocol", "catalogue"):  # as JSON gives them back, so that a loaded log equals the saved one
            object.__setattr__(self, word, json.loads(json.dumps(getattr(self, word))))
        n, t, c = *np.shape(self.belief)[:2], len(self.classes)
        sizes = {"N": n, "T": t, "M": t - 1, "C": c, "V": np.shape(self.viewpoint)[-1]}
        for name, (shape, kinds, dtype) in _ARRAYS.items():
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
        if not np.isfinite(self.pose).all():
            raise self._error("a pose is not finite")
        for name in ("evidence", "belief"):  # minus infinity is a class that is ruled out
            if np.isnan(getattr(self, name)).any() or np.isposinf(getattr(self, name)).any():
                raise self._error(f"{name} contains NaN or infinity")
        with np.errstate(divide="ignore"):
            total = np.log(np.exp(self.belief.astype(np.float64)).sum(axis=-1))
        if np.abs(total).max() > 1e-3:
            raise self._error("a belief is not normalised (the probabilities of an episode's classes must sum to 1)")
        if len(set(self.keys())) != len(self):
            raise self._error("a (scene, seed, episode) occurs twice")

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

    def keys(self) -> list[tuple[str, int, int]]:
        """(scene, seed, episode) of every episode."""
        return list(zip(self.scene.tolist(), self.seed.tolist(), self.episode.tolist(), strict=True))

    def take(self, index: NDArray[np.intp]) -> TrajectoryLog:
        """The episodes at ``index`` (any numpy index of the first axis)."""
        return replace(self, **{name: getattr(self, name)[index] for name in _ARRAYS})

    def save(self, path: Path) -> None:
        """Write one compressed ``.npz``; equal logs give equal bytes."""
        words = {"format": FORMAT} | {name: getattr(self, name) for name in _WORDS}
        with atomic_write(path) as file:
            np.savez_compressed(
                file, words=np.array(json.dumps(words)), **{name: getattr(self, name) for name in _ARRAYS}
            )

    @classmethod
    def load(cls, path: Path) -> TrajectoryLog:
        """Read what ``save`` wrote; UserError if the file is missing, damaged or something else."""
        try:
            with np.load(path, allow_pickle=False) as file:
                words = json.loads(str(file["words"]))
                arrays = {name: file[name] for name in _ARRAYS}
                content = {name: words[name] for name in _WORDS}
        except FileNotFoundError:
            raise UserError(f"no trajectory log {path}: check the path.") from None
        except (OSError, ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
            raise _unreadable(path, "it is damaged or another kind of file") from error
        if words.get("format") != FORMAT:
            raise _unreadable(path, f"its format is {words.get('format')!r}, not {FORMAT!r}")
        return cls(**content, **arrays)


def _unreadable(path: Path, reason: str) -> UserError:
    return UserError(f"cannot read {path} as a trajectory log: {reason}; run `activevision evaluate` again.")


def concatenate(logs: Sequence[TrajectoryLog]) -> TrajectoryLog:
    """One log of the episodes of several, in order; they share everything but seeds, scenes and episodes.

    Raises UserError for logs of another policy, fusion, class list, protocol or catalogue, or with a repeated episode.
    """
    if not logs:
        raise UserError("no trajectory logs to join: give at least one.")
    first = logs[0]
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
    joined: dict[str, Any] = {name: np.concatenate([getattr(log, name) for log in logs]) for name in _ARRAYS}
    return replace(first, **joined)
