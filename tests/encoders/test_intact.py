"""A byte that changed in what torch wrote is noticed, although it is as good a number as the one before."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from activevision.agents.torch_file import read_content, write_content
from activevision.encoders.intact import load_intact
from activevision.errors import UserError


def test_weights_with_a_changed_byte_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "fusion.pt"
    weights = torch.arange(64.0)
    write_content(path, {"weights": weights})
    assert torch.equal(load_intact(path)["weights"], weights)
    whole = path.read_bytes()
    place = whole.index(weights.numpy().tobytes()) + 9
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    assert not torch.equal(torch.load(path)["weights"], weights)  # which torch does not notice
    with pytest.raises(UserError, match=r"fusion .*fusion\.pt is damaged \(the checksum of .* is wrong\)"):
        read_content(path, "fusion", lambda content: content)
