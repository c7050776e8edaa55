"""Which policy meets which fusion; the whole grid only those that any number of views in any order may be given to."""

from __future__ import annotations

import pytest

from activevision.agents.config import ANY_ORDER, FUSIONS
from activevision.commands.pairings import pairings


@pytest.mark.parametrize("fusion", [*FUSIONS, "look_ahead", "theirs:Fusion"])
def test_all_views_are_fused_by_what_may_fuse_them(fusion: str) -> None:
    found = pairings(("ppo", "all_views", "oracle"), (fusion, "recurrent"), tuple(FUSIONS))
    assert found["all_views"] == ((fusion,) if fusion in ANY_ORDER else ("product",))
    assert found["oracle"] == (fusion,)
    assert found["ppo"][0] == fusion


def test_all_views_are_left_out_aloud_where_nothing_may_fuse_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(pairings(("random", "all_views"), ("transformer",), ("transformer",))) == {"random"}
    said = capsys.readouterr().err
    assert "Without all_views" in said
    assert "'transformer'" in said
