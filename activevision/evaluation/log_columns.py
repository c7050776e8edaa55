"""What the file of a trajectory log may leave out, and what then stands in its place.

A file needs ``scene``, ``label`` and the beliefs; see docs/trajectory_log.md. What is filled in here claims nothing
that the file does not say: a missing measurement stays missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.evaluation.log_table import Lists, unreadable

FORMAT = "activevision trajectory log 2"
NAMES, TEXTS = ("policy", "fusion", "recogniser"), ("classes", "protocol", "catalogue")
"""Words in the metadata: plain ones, and those that are JSON."""
PROBABILITY = "probability"
"""The column that may stand for ``belief``."""
COLUMNS = (
    "scene", "label", "seed", "episode", "taken", "viewpoint", "pose", "motion", "collided", "evidence", "belief",
)  # fmt: skip
OWN = "own"
"""The fusion and the recogniser of an agent that names none."""
_NO_MOTION = -1
_BETWEEN = ("motion", "collided")
_Raw = Mapping[str, NDArray[Any] | Lists]


def encoded(words: Mapping[str, Any]) -> dict[str, str]:
    """Words as metadata; the keys of JSON objects in one order, so that equal words give equal bytes."""
    plain = {name: str(words[name]) for name in NAMES}
    return {"format": FORMAT, **plain, **{name: json.dumps(words[name], sort_keys=True) for name in TEXTS}}


def completed(
    columns: _Raw, metadata: Mapping[str, str], path: Path, classes: Sequence[str] | None = None
) -> dict[str, Any]:
    """The fields of a ``TrajectoryLog`` from what its file holds.

    classes: of a file that does not name them. UserError names what is missing or wrong.
    """
    if metadata.get("format", FORMAT) != FORMAT:
        raise unreadable(path, f"its format is {metadata['format']!r}, not {FORMAT!r}")
    _require(columns, path)
    belief, lengths = _belief(columns, path)
    words = _words(metadata, path)
    names = tuple(words.get("classes") or classes or ())
    label = _label(columns["label"], names, path)
    names = names or tuple(str(number) for number in range(belief.shape[-1]))
    scene = np.asarray(columns["scene"])
    scene = scene if scene.dtype.kind == "U" else scene.astype(np.str_)
    seed = np.asarray(columns.get("seed", np.zeros(len(scene), np.int64)))
    episode = np.asarray(columns["episode"]) if "episode" in columns else _counted(scene, seed)
    if PROBABILITY in columns:
        belief = _logarithm(belief, lengths, list(zip(scene, seed, episode, strict=True)), path)
    fields: dict[str, Any] = {"scene": scene, "label": label, "seed": seed, "episode": episode}
    fields["belief"] = _padded(Lists(belief, lengths))
    for name in ("viewpoint", "pose", "evidence", *_BETWEEN):
        if name in columns:
            fields[name] = _views(name, columns[name], lengths - (name in _BETWEEN), path)
    stopped = (lengths != lengths.max()).any()
    if "taken" in columns or stopped:
        fields["taken"] = np.asarray(columns.get("taken", lengths))
        if stopped and not np.array_equal(fields["taken"], lengths):
            raise unreadable(path, "its episodes have different numbers of views, but not as many as 'taken' says")
    return {
        "policy": words.get("policy", path.stem),
        "fusion": words.get("fusion", OWN),
        "recogniser": words.get("recogniser", OWN),
        "classes": names,
        "protocol": words.get("protocol", {}),
        "catalogue": words.get("catalogue", {}),
        **fields,
    }


def _require(columns: _Raw, path: Path) -> None:
    present = f"it has {', '.join(columns)}" if columns else "it has none of a log's columns"
    for name in ("scene", "label"):
        if name not in columns:
            raise unreadable(path, f"column {name!r} is missing ({present})")
    for name in ("scene", "label", "seed", "episode", "taken"):
        if isinstance(columns.get(name), Lists):
            raise unreadable(path, f"column {name!r} holds lists where one value an episode is expected")
    if ("belief" in columns) == (PROBABILITY in columns):
        what = "both are there" if "belief" in columns else "neither is there"
        raise unreadable(path, f"it needs one of the columns 'belief' and {PROBABILITY!r}, and {what}")
    if not len(columns["label"]):
        raise unreadable(path, "it has no episodes")


def _belief(columns: _Raw, path: Path) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Vectors (ΣL, C) of all views, and views (N,) of every episode; one list a row is one view."""
    name = "belief" if "belief" in columns else PROBABILITY
    column = columns[name]
    if not isinstance(column, Lists):
        raise unreadable(path, f"column {name!r} holds no lists, where one of each view's classes is expected")
    values, lengths = column
    if values.ndim == 1:
        if len(set(lengths.tolist())) > 1:
            raise unreadable(path, f"the lists of column {name!r} have different lengths")
        values, lengths = values.reshape(len(lengths), -1), np.ones_like(lengths)
    if not lengths.all() or values.ndim != 2:
        raise unreadable(path, f"column {name!r} must hold for every episode a list of views, each a list of classes")
    return values, lengths


def _words(metadata: Mapping[str, str], path: Path) -> dict[str, Any]:
    words: dict[str, Any] = {name: metadata[name] for name in NAMES if name in metadata}
    for name in TEXTS:
        if name in metadata:
            kind = list if name == "classes" else dict
            try:
                words[name] = json.loads(metadata[name])
            except json.JSONDecodeError:
                words[name] = None
            if not isinstance(words[name], kind):
                raise unreadable(path, f"the word {name!r} of its metadata is no JSON {kind.__name__}")
    return words


def _label(column: NDArray[Any] | Lists, classes: Sequence[str], path: Path) -> NDArray[Any]:
    """Indices (N,) of labels that may be names."""
    label = np.asarray(column)
    if label.dtype.kind != "U":
        return label
    if not classes:
        raise unreadable(
            path, "its labels are names, and nothing says which class each belief is of (write the word 'classes')"
        )
    index = {name: number for number, name in enumerate(classes)}
    for name in np.unique(label).tolist():
        if name not in index:
            raise unreadable(path, f"its label {name!r} is not among its {len(classes)} classes")
    return np.array([index[name] for name in label.tolist()])


def _counted(scene: NDArray[np.str_], seed: NDArray[Any]) -> NDArray[np.int64]:
    """(N,) a number for every episode of a scene and seed, in the order of rows."""
    seen: dict[tuple[str, Any], int] = {}
    numbers = np.zeros(len(scene), np.int64)
    for row, key in enumerate(zip(scene.tolist(), seed.tolist(), strict=True)):
        numbers[row] = seen.get(key, 0)
        seen[key] = seen.get(key, 0) + 1
    return numbers


def _logarithm(
    probability: NDArray[Any], lengths: NDArray[np.int64], keys: Sequence[tuple[str, int, int]], path: Path
) -> NDArray[np.float64]:
    """Of probability vectors (ΣL, C); UserError names the episode and view of one that is none."""
    probability = probability.astype(np.float64)
    least, total = probability.min(axis=1), probability.sum(axis=1)
    wrong = np.flatnonzero(~((least >= 0) & (np.abs(total - 1) <= 1e-3)))
    if len(wrong):
        ends = np.cumsum(lengths)
        row = int(np.searchsorted(ends, wrong[0], side="right"))
        view = int(wrong[0] - (ends[row] - lengths[row])) + 1
        fault = f"sums to {total[wrong[0]]:.4g}" if least[wrong[0]] >= 0 else f"has an entry of {least[wrong[0]]:.4g}"
        raise UserError(f"{path}: the {PROBABILITY} of {episode_words(*keys[row])} after view {view} {fault}: "
                        "give vectors that sum to 1.")  # fmt: skip
    with np.errstate(divide="ignore"):
        return np.log(probability)


def _views(name: str, column: NDArray[Any] | Lists, expected: NDArray[np.int64], path: Path) -> NDArray[Any]:
    if not isinstance(column, Lists):
        raise unreadable(path, f"column {name!r} holds no lists, where one value a view is expected")
    if not np.array_equal(column.lengths, expected):
        row = int(np.flatnonzero(column.lengths != expected)[0])
        raise unreadable(
            path,
            f"column {name!r} has {column.lengths[row]} entries in row {row + 1} where {expected[row]} are expected",
        )
    values = column.values
    if name == "pose":
        if values.reshape(len(values), -1).shape[1] != 16:
            raise unreadable(
                path, "column 'pose' must hold the 16 numbers of a 4 × 4 matrix, row by row, for each view"
            )
        values = values.reshape(-1, 4, 4)
    if name in _BETWEEN:
        nothing = _NO_MOTION if name == "motion" else False
        padded = np.full((len(expected), int(expected.max()), *values.shape[1:]), nothing, values.dtype)
        padded[np.arange(padded.shape[1]) < expected[:, None]] = values
        return padded
    return _padded(Lists(values, expected))


def _padded(lists: Lists) -> NDArray[Any]:
    """(N, T, ...): what stops early repeats its last view."""
    first = np.cumsum(lists.lengths) - lists.lengths
    view = np.minimum(np.arange(lists.lengths.max()), lists.lengths[:, None] - 1)
    return lists.values[first[:, None] + view]


def episode_words(scene: str, seed: int, episode: int) -> str:
    """How messages name an episode."""
    return f"scene {str(scene)!r}, seed {seed}, episode {episode}"
