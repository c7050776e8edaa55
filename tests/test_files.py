import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from activevision.errors import UserError, unknown
from activevision.files import alone_in, atomic_write, digest, read_json, write_json


def test_an_interrupted_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "value.bin"
    with atomic_write(path) as file:
        file.write(b"old")
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as file:
        file.write(b"half of the new")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_one_line_with_the_remedy(number, tmp_path, monkeypatch):
    def full(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="no room") as error, atomic_write(tmp_path / "value.bin") as file:
        file.write(b"x")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_was_writing_is_removed_by_the_next_one(tmp_path):
    path = tmp_path / "deep" / "value.bin"
    with atomic_write(path):
        (aside,) = path.parent.iterdir()
    aside.write_bytes(b"half")
    (tmp_path / ".hidden").touch()
    with alone_in(tmp_path, "working in"):
        assert not aside.exists()
        with pytest.raises(UserError, match="another process is working in"), alone_in(tmp_path, "working in"):
            pytest.fail("two at once")
    assert sorted(file.name for file in tmp_path.rglob("*")) == [".hidden", "deep", "value.bin"]


def _write_often(path: str, letter: bytes) -> None:
    for _ in range(50):
        with atomic_write(Path(path)) as file:
            file.write(letter * 100_000)


def test_two_processes_may_write_the_same_file(tmp_path):
    path = tmp_path / "shared.bin"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_often, args=(str(path), letter)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            content = path.read_bytes()
            assert len(content) == 100_000
            assert len(set(content)) == 1
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert os.listdir(tmp_path) == ["shared.bin"]


def test_damaged_json_names_the_file(tmp_path):
    path = tmp_path / "config.json"
    write_json(path, {"a": 1})
    assert read_json(path) == {"a": 1}
    path.write_text('{"a":')
    with pytest.raises(UserError, match=r"config\.json"):
        read_json(path)
    with pytest.raises(UserError, match="no file"):
        read_json(tmp_path / "absent.json")


def test_digest_depends_on_order_type_and_boundaries():
    keys = [digest(b"ab", b"c"), digest(b"a", b"bc"), digest("ab", "c"), digest(b"c", b"ab"), digest({"ab": "c"})]
    assert len(set(keys)) == len(keys)
    assert digest({"a": 1, "b": [2.5]}) == digest({"b": [2.5], "a": 1})


def test_a_wrong_name_gets_the_nearest_or_all():
    assert "did you mean 'random'" in str(unknown("policy", "randm", ["random", "sweep"]))
    assert "choose from random, sweep" in str(unknown("policy", "zzz", ["random", "sweep"]))
