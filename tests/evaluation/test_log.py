"""A trajectory log keeps what was put in, and never passes off something else as one."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from synthetic_logs import make_logs

from activevision.errors import UserError
from activevision.evaluation.log import TrajectoryLog, concatenate


@pytest.fixture(scope="module")
def log() -> TrajectoryLog:
    return make_logs(("ppo",), objects=12, seeds=2)[0]


def test_round_trip_keeps_every_field_and_equal_logs_give_equal_bytes(log: TrajectoryLog, tmp_path: Path) -> None:
    log.save(tmp_path / "a.parquet")
    loaded = TrajectoryLog.load(tmp_path / "a.parquet")
    loaded.save(tmp_path / "b.parquet")
    for field in fields(log):
        was, now = getattr(log, field.name), getattr(loaded, field.name)
        if isinstance(was, np.ndarray):
            assert was.dtype == now.dtype
            np.testing.assert_array_equal(was, now)
        else:
            assert was == now
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize("damage", ["truncated", "flipped", "text", "empty", "foreign npz", "other format", "a folder"])
def test_a_damaged_or_foreign_file_is_an_error_that_names_it(log: TrajectoryLog, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "log.parquet"
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
        path.with_suffix(".parquet.npz").rename(path)
    elif damage == "other format":
        table = pq.read_table(path)
        pq.write_table(table.replace_schema_metadata({"format": "activevision trajectory log 9"}), path)
    elif damage == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(content[damage])
    with pytest.raises(UserError, match=r"log\.parquet"):
        TrajectoryLog.load(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no trajectory log"):
        TrajectoryLog.load(tmp_path / "none.parquet")


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
        (lambda log: {"collided": log.motion}, "collided has dtype"),
        (lambda log: {"taken": 0 * log.taken}, "taken must count from 1 to 4"),
        (
            lambda log: {"taken": log.taken - 1},
            r"evidence of scene 'chair/000', seed 0, episode 0 after view 4 changes"
            r"|belief of scene 'chair/000', seed 0, episode 0 after view 4 changes",
        ),
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
    with pytest.raises(UserError, match=r"only some .* have taken"):
        concatenate([parts[0], replace(parts[1], taken=None)])


def test_what_a_log_lacks_stays_lacking_and_says_so_when_asked_for(log: TrajectoryLog, tmp_path: Path) -> None:
    bare = replace(log, **dict.fromkeys(("taken", "viewpoint", "pose", "motion", "collided", "evidence")))
    bare.save(tmp_path / "bare.parquet")
    loaded = TrajectoryLog.load(tmp_path / "bare.parquet")
    assert loaded.pose is None
    assert loaded.take(np.array([3, 1])).evidence is None
    with pytest.raises(UserError, match="no column 'pose'"):
        loaded.column("pose")


def test_logs_of_one_view_have_no_motions_and_come_back(log: TrajectoryLog, tmp_path: Path) -> None:
    once = {name: getattr(log, name)[:, :1] for name in ("viewpoint", "pose", "evidence", "belief")}
    short = replace(log, motion=log.motion[:, :0], collided=log.collided[:, :0], taken=np.ones_like(log.taken), **once)
    short.save(tmp_path / "short.parquet")
    loaded = TrajectoryLog.load(tmp_path / "short.parquet")
    assert loaded.column("motion").shape == (len(log), 0)
    np.testing.assert_array_equal(loaded.belief, short.belief)


def test_the_order_of_words_does_not_change_the_bytes(log: TrajectoryLog, tmp_path: Path) -> None:
    turned = replace(log, protocol=dict(reversed(log.protocol.items())))
    for name, saved in (("a", log), ("b", turned)):
        saved.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
