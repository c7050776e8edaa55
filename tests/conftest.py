"""A cache folder that no test shares with the user, and the tiny catalogue."""

from __future__ import annotations

import pytest
from solids import Solids


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def solids() -> Solids:
    return Solids()
