"""Claims of a run's folder: one run, one process at a time, and nothing said by what came to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from wanderings import wander, write

from activevision.commands.learn import Stopwatch
from activevision.commands.pretrain import Pretrain
from activevision.commands.run_folder import CONFIG, open_run
from activevision.encoders.config import PretrainConfig
from activevision.errors import UserError
from activevision.files import alone_in


@dataclass(frozen=True)
class Settings:
    data: str


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    first, second = (open_run(tmp_path, "train", Settings("a")) for _ in range(2))
    with first, pytest.raises(UserError, match="another process is working in"), second:
        pytest.fail("two at once")
    with open_run(tmp_path, "train", Settings("a")):
        pass
    assert [file.name for file in tmp_path.iterdir()] == [CONFIG]


def test_other_settings_are_refused_by_name_and_leave_the_run_alone(tmp_path: Path) -> None:
    with open_run(tmp_path, "train", Settings("a")):
        (tmp_path / "part").touch()
    before = (tmp_path / CONFIG).read_bytes()
    with pytest.raises(UserError, match=r"other settings \(data\)"), open_run(tmp_path, "train", Settings("b")):
        pytest.fail("mixed")
    assert (tmp_path / CONFIG).read_bytes() == before


def test_a_run_that_failed_before_it_made_anything_binds_nobody(tmp_path: Path) -> None:
    def fail(data: str) -> None:
        with open_run(tmp_path, "train", Settings(data)), Stopwatch(tmp_path / "seconds.json")("collect"):
            raise UserError("no such data")

    with pytest.raises(UserError, match="no such data"):
        fail("a")
    assert not list(tmp_path.iterdir())
    with open_run(tmp_path, "train", Settings("b")):
        (tmp_path / "part").touch()
    with pytest.raises(UserError, match="no such data"):
        fail("b")
    assert (tmp_path / CONFIG).exists()


@pytest.mark.parametrize("content", ["[]", "{"])
def test_a_damaged_note_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text(content)
    with pytest.raises(UserError, match=f"{tmp_path / CONFIG} .*delete it"), open_run(tmp_path, "train", Settings("a")):
        pytest.fail("gone on with")


def test_pretraining_says_what_the_rollouts_lack_and_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "data", [wander(i, 4, size=16) for i in range(2)])
    told = r"'tracking' needs instance, which .*--sensors rgb,instance --out \S+` makes .* set tracks=optical_flow"
    with pytest.raises(UserError, match=told):
        Pretrain(PretrainConfig(objective="tracking"), data=str(tmp_path / "data"), out=tmp_path / "out").run()
    assert not (tmp_path / "out").exists()


def test_pretraining_that_is_refused_leaves_the_run_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "data", [wander(i, 4, size=16) for i in range(4)])
    out = tmp_path / "out"

    def pretrain(embedding: int) -> None:
        config = PretrainConfig(objective="none", embedding=embedding, batch_size=8)
        Pretrain(config, data=str(tmp_path / "data"), out=out).run()

    pretrain(4)
    before = (out / CONFIG).read_bytes()
    with pytest.raises(UserError, match=r"other settings \(embedding\)"):
        pretrain(8)
    assert (out / CONFIG).read_bytes() == before
    with alone_in(out, "pretraining into"), pytest.raises(UserError, match="another process is pretraining into"):
        pretrain(4)
