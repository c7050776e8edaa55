"""Claims of `data import`: shards like any others, with whose they are, that go on where they were stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rollouts.recordings import walk, write_kitti, write_tum

from activevision.commands.importing import ImportData
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.readers import get_reader, read_rollouts
from activevision.rollouts.shards import read_rollouts as read_shards
from activevision.rollouts.shards import whole_manifest


def test_what_is_imported_is_what_the_reader_reads_and_can_be_trained_on(tmp_path: Path, capsys) -> None:
    data, out = tmp_path / "kitti", tmp_path / "out"
    write_kitti(data, walk(10), "00")
    write_kitti(data, walk(7, 1), "05")
    (data / "sequences/05/image_2/000003.png").unlink()
    ImportData("kitti", data, str(out), views=3, pixels=16).run()
    printed = capsys.readouterr().out
    assert "00: 9 of 10 frames; 1 left out: in a run shorter than 3 views" in printed
    assert "05: 6 of 7 frames; 1 left out: no image" in printed
    manifest = whole_manifest(out)
    assert manifest.episodes == 5
    assert manifest.source.licence == "CC BY-NC-SA 3.0"
    assert manifest.settings["sequences"]["05"]["left_out"] == {"no image": 1}
    assert str(tmp_path) not in (out / "manifest.json").read_text(), "a data set does not say where it was made"
    expected = list(read_rollouts(get_reader("kitti", data), 3, 16))
    for stored, read in zip(read_shards(out), expected, strict=True):
        for name in ("rgb", "pose", "time", "intrinsics", "egomotion"):
            np.testing.assert_array_equal(getattr(stored, name), getattr(read, name))
    windows = WindowDataset.load(out, 2)
    assert len(windows) == 5 * 2
    assert windows.classes == ()
    assert not windows.labelled, "video without labels must not look like video of one class"


def test_importing_again_makes_only_what_is_missing(tmp_path: Path) -> None:
    data, out = tmp_path / "desk", tmp_path / "out"
    write_tum(data, walk(8))
    ImportData("tum", data, str(out), views=2, depth=True, licence="mine", credit="me").run()
    shard = out / "shard-000000.tar"
    before = shard.read_bytes()
    assert json.loads((out / "manifest.json").read_text())["source"]["licence"] == "mine"
    shard.write_bytes(before[:-700])
    ImportData("tum", data, str(out), views=2, depth=True, licence="mine", credit="me").run()
    assert shard.read_bytes() == before
    with pytest.raises(UserError, match="other settings"):
        ImportData("tum", data, str(out), views=4, depth=True, licence="mine", credit="me").run()
    lines = (data / "groundtruth.txt").read_text().splitlines()
    lines[3] = lines[3].replace(lines[3].split()[1], "0.5")
    (data / "groundtruth.txt").write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r"other settings \(sequences\)"):
        ImportData("tum", data, str(out), views=2, depth=True, licence="mine", credit="me").run()


def test_options_of_another_format_are_refused(tmp_path: Path) -> None:
    write_kitti(tmp_path, walk(3))
    with pytest.raises(UserError, match="--fx or --hfov does not apply to the format 'kitti'"):
        ImportData("kitti", tmp_path, str(tmp_path / "out"), hfov=60.0).run()
    assert not (tmp_path / "out").exists()
