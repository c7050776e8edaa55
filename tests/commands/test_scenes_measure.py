"""What scenes cost, from the command line."""

import pytest
import tyro
from scan_samples import write_replica

from activevision.commands.scenes import Scenes
from activevision.errors import UserError
from activevision.files import read_json


def measure(*words):
    tyro.cli(Scenes, args=["measure", *map(str, words)]).run()


def test_what_a_users_scans_cost_is_a_table_and_a_file(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("room_0", "room_1"):
        write_replica(tmp_path / "scans" / name)
    out = tmp_path / "out"
    measure(f"scans:{tmp_path / 'scans'}", "--seconds", 0, "--sides", 8, 16, "--most", 1, "--out", out)
    head, row = capsys.readouterr().out.strip().splitlines()
    for word in ("scene", "triangles", "load s", "memory MB", "frames/s 8²", "frames/s 16²"):
        assert word in head
    assert row.split()[1] == "648"
    facts = read_json(out / "scenes.json")
    (scene,) = facts["scenes"]
    assert scene["triangles"] == 648
    assert min(*scene["frames_per_s"].values(), scene["load_s"], scene["compile_s"]) > 0
    assert set(scene["frames_per_s"]) == {"8", "16"}
    assert facts["simulator"] == "embree"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name a catalogue or a folder"),
        (("procedurl",), "did you mean 'procedural'"),
        (("procedural", "--simulator", "embre"), "did you mean 'embree'"),
        (("procedural", "--most", 0), "at least 1"),
        (("procedural", "--split", "tset"), "did you mean 'test'"),
        (("scans:nowhere",), "no folder nowhere"),
    ],
)
def test_mistakes_are_named(words, message):
    with pytest.raises(UserError, match=message):
        measure(*words)
