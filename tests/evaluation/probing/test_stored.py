"""What was measured comes back whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from activevision.evaluation.probing import stored
from activevision.evaluation.probing.measure import Measured
from activevision.evaluation.probing.tally import Tally


def test_what_is_damaged_anywhere_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    tally = Tally(np.arange(3), generator.random(3), generator.random(3))
    measured = Measured({"mrr": [tally]}, generator.random((4, 2)), generator.random(50), {"rank_me": 2.0})
    path = tmp_path / "one.npz"
    stored.write(path, measured, "key")
    found = stored.read(path, "key")
    assert found is not None
    assert found.collapse == measured.collapse
    assert stored.read(path, "another") is None
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        found = stored.read(path, "key")  # a byte that nobody reads, such as a date, does no harm
        assert found is None or np.array_equal(found.ranks, measured.ranks)
    path.write_bytes(whole[: len(whole) // 2])
    assert stored.read(path, "key") is None
