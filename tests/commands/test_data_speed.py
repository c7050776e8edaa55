"""The comparison of readers compares like with like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from activevision.commands import data_speed
from activevision.commands.data_speed import Reader, data_table, make_readers, write_clips
from activevision.rollouts.shards import read_rollouts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("clips")
    write_clips(out / "shards", 12, 16, seed=0, per_shard=6)
    return out


def test_all_readers_give_the_same_clips(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from activevision.rollouts.shards import whole_manifest

    readers = make_readers(folder, whole_manifest(folder / "shards"), seed=0)
    rollouts = list(read_rollouts(folder / "shards"))
    expected = sorted(np.ascontiguousarray(r.rgb[s : s + 8]).tobytes() for r in rollouts for s in (0, 8))
    assert len(set(expected)) == 24
    for reader in readers:
        clips = torch.cat(list(reader.pass_()))
        assert clips.shape == (24, 8, 3, 64, 64)
        assert clips.dtype == torch.uint8
        given = sorted(clip.permute(0, 2, 3, 1).contiguous().numpy().tobytes() for clip in clips)
        assert given == expected, f"{reader.name} {reader.access} {reader.stored}"
    monkeypatch.setattr(data_speed, "_SECONDS", 0.01)
    rows = [data_speed._row(reader, [data_speed._rate(reader)] * 2) for reader in readers[:2]]
    assert all(row["value"] > 0 for row in rows)
    # not compared with 0: a busy system may count little of so short a while
    assert all(np.isfinite(row["settings"]["per_processor_second"]) for row in rows)
    assert data_table(rows).row_count == 2


def test_a_missing_package_leaves_its_readers_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from activevision.rollouts.shards import whole_manifest

    def missing(*args: object) -> list[Reader]:
        raise ImportError

    monkeypatch.setattr(data_speed, "_h5py", missing)
    names = {reader.name for reader in make_readers(folder, whole_manifest(folder / "shards"), 0)}
    assert "h5py" not in names
    assert "without h5py in the comparison: pip install" in capsys.readouterr().out
