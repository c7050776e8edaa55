"""Claims of optional packages: a missing one is named with the line that installs it, a broken one is not hidden."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from activevision.errors import UserError
from activevision.optional import require


def test_a_package_that_is_there_is_given() -> None:
    assert require("json.decoder", "lerobot") is sys.modules["json.decoder"]


def test_a_missing_package_gives_the_line_that_installs_it() -> None:
    with pytest.raises(UserError, match=r"'no_such_package' is not installed: pip install 'activevision\[lerobot\]'"):
        require("no_such_package.part", "lerobot")


def test_a_package_that_misses_another_is_not_called_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_installed.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        require("half_installed", "lerobot")
