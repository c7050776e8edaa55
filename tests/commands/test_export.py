"""Claims of `export`: the form's own options, a Minari id from the folder's name, and a word on what was left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from rollouts.recordings import walk, write_tum

from activevision.commands.export import Export
from activevision.commands.importing import ImportData
from activevision.errors import UserError


@pytest.fixture
def rollouts(tmp_path: Path) -> Path:
    write_tum(tmp_path / "desk", walk(8))
    ImportData("tum", tmp_path / "desk", str(tmp_path / "imported"), views=4, depth=True).run()
    return tmp_path / "imported"


def test_real_video_goes_in_and_out_again_with_its_licence(rollouts: Path, tmp_path: Path, capsys) -> None:
    Export(str(rollouts), "kitti", tmp_path / "kitti").run()
    assert "left out, as kitti has no place for it: depth" in capsys.readouterr().out
    assert "CC BY 4.0" in (tmp_path / "kitti/SOURCE.json").read_text()
    ImportData("kitti", tmp_path / "kitti", str(tmp_path / "again"), views=4).run()


def test_a_minari_dataset_is_named_after_its_folder(
    rollouts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minari = pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "sets"))
    monkeypatch.chdir(tmp_path)
    for out in (tmp_path / "sets/desk-v2", Path("sets/my desk")):
        Export(str(rollouts), "minari", out).run()
    assert minari.load_dataset("desk-v2").id == "desk-v2"
    assert minari.MinariDataset(tmp_path / "sets/my desk/data").id == "my-desk-v0"


def test_options_of_another_form_are_refused(rollouts: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--fps does not apply to exporting to 'tum'"):
        Export(str(rollouts), "tum", tmp_path / "out", fps=30).run()
