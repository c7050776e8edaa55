"""What the scenes of a catalogue are called: the one source for tables, plots and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OF_CATALOGUE = {"rooms": "rooms", "rooms-procedural": "rooms", "panoramas": "places"}


def noun(protocol: Mapping[str, Any], catalogue: Mapping[str, Any]) -> str:
    """In the plural: what a camera orbits are objects; what it stands in are rooms, places, or else scenes.

    protocol: as JSON. catalogue: facts, of which a "noun" of the user's own comes first.
    """
    if catalogue.get("noun"):
        return str(catalogue["noun"])
    if protocol.get("viewpoints") == "orbit":
        return "objects"
    return _OF_CATALOGUE.get(str(catalogue["name"]).partition("/")[0], "scenes")


def counted(results: Mapping[str, Any]) -> str:
    """How many scenes were tested, and of how many where the logs are of some folds only: "80 of 319 objects"."""
    tested, there = results["intervals"]["scenes"], results["catalogue"]["scenes"]
    return f"{tested} of {there} {noun_of(results)}" if tested < there else f"{tested} {noun_of(results)}"


def noun_of(results: Mapping[str, Any]) -> str:
    """That of evaluation results."""
    return noun(results["protocol"], results["catalogue"])
