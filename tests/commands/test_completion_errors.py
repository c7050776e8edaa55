"""The errors of completing come back, and a damaged file of them is told of with what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from activevision.commands.completion_seed import POLICIES, errors_file, read_errors
from activevision.errors import UserError


def test_a_damaged_file_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    path = errors_file(tmp_path, 3)
    np.savez(path, scene=np.array(["a"]), **{policy: np.ones((1, 4)) for policy in POLICIES})  # type: ignore[arg-type]
    assert set(read_errors(tmp_path, 3)) == {"scene", *POLICIES}
    whole = path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=f"errors {path} are damaged .*delete the file"):
            read_errors(tmp_path, 3)
