"""A cache folder that no test shares with the user, and the tiny catalogue."""

from __future__ import annotations

import signal

import pytest
from solids import Solids

# A shell has what it starts in the background ignore Ctrl-C, and so would the processes that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def solids() -> Solids:
    return Solids()
