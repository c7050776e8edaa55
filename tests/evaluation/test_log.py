"""A trajectory log keeps what was put in, and never passes off something else as one."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_logs import make_logs

from activevision.errors import UserError
from activevision.evaluation.log import TrajectoryLog, concatenate


@pytest.fixture(scope="module")
def log() -> TrajectoryLog:
    return make_logs(("ppo",), objects=12, seeds=2)[0]


def test_round_trip_keeps_every_field_and_equal_logs_give_equal_bytes(log: TrajectoryLog, tmp_path: Path) -> None:
    log.save(tmp_path / "a.npz")
    log.save(tmp_path / "b.npz")
    loaded = TrajectoryLog.load(tmp_path / "a.npz")
    for field in fields(log):
        was, now = getattr(log, field.name), getattr(loaded, field.name)
        if isinstance(was, np.ndarray):
            assert was.dtype == now.dtype
            np.testing.assert_array_equal(was, now)
        else:
            assert was == now
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("damage", ["truncated", "flipped", "text", "empty", "foreign npz", "foreign npy"])
def test_a_damaged_or_foreign_file_is_an_error_that_names_it(log: TrajectoryLog, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "log.npz"
    log.save(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    content = {
        "truncated": whole[:middle],
        "flipped": whole[:middle] + bytes(255 - byte for byte in whole[middle : middle + 64]) + whole[middle + 64 :],
        "text": b"not a log",
        "empty": b"",
    }
    if damage == "foreign npz":
        np.savez(path, scene=log.scene)
    elif damage == "foreign npy":
        with path.open("wb") as file:
            np.save(file, log.belief)
    else:
        path.write_bytes(content[damage])
    with pytest.raises(UserError, match=r"log\.npz"):
        TrajectoryLog.load(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no trajectory log"):
        TrajectoryLog.load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda log: {"belief": log.belief[:, :2]}, "shape"),
        (lambda log: {"motion": log.motion[:, :1]}, "motion has shape"),
        (lambda log: {"label": log.label + 10}, "label is outside"),
        (lambda log: {"label": log.label.astype(float)}, "dtype"),
        (lambda log: {"belief": log.belief + 0.1}, "not normalised"),
        (lambda log: {"evidence": np.where(log.evidence > 4, np.nan, log.evidence)}, "NaN"),
        (lambda log: {"episode": 0 * log.episode}, "occurs twice"),
        (lambda log: {"pose": log.pose * np.inf}, "pose is not finite"),
    ],
)
def test_parts_that_do_not_fit_are_refused(log: TrajectoryLog, change, reason: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=reason), np.errstate(invalid="ignore"):
        replace(log, **change(log))


def test_a_class_that_is_ruled_out_may_have_minus_infinite_belief(log: TrajectoryLog) -> None:
    certain = np.where(np.eye(10)[log.label][:, None, :] > 0, 0.0, -np.inf)
    assert replace(log, belief=np.broadcast_to(certain, log.belief.shape)).correct.all()


def test_concatenate_joins_seeds_and_refuses_what_cannot_be_one_result(log: TrajectoryLog) -> None:
    parts = [log.take(np.flatnonzero(log.seed == seed)) for seed in (0, 1)]
    joined = concatenate(parts)
    assert joined.keys() == log.keys()
    np.testing.assert_array_equal(joined.belief, log.belief)
    with pytest.raises(UserError, match="occurs twice"):
        concatenate([parts[0], parts[0]])
    with pytest.raises(UserError, match="differ in fusion"):
        concatenate([parts[0], replace(parts[1], fusion="mean")])
    with pytest.raises(UserError, match="differ in protocol"):
        concatenate([parts[0], replace(parts[1], protocol=log.protocol | {"views": 9})])
