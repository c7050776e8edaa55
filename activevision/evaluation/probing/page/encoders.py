"""Encoders in the order in which the page names them, and the colour of each."""

from __future__ import annotations

import math
from typing import Any


def ranked(results: dict[str, Any]) -> list[str]:
    """All encoders, those first whose predictions are retrieved best."""
    rows = results["encoders"]
    return sorted(rows, key=lambda name: -rows[name]["figures"]["mrr"]["value"])


def trained(results: dict[str, Any]) -> list[str]:
    return [name for name in ranked(results) if not untrained(results, name)]


def untrained(results: dict[str, Any], name: str) -> bool:
    """Whether an encoder has the weights that it was made with: its card tells of no run."""
    return "settings" not in results["encoders"][name]["facts"]


def colour(results: dict[str, Any], name: str) -> str:
    """Inline style that sets the colour: hues spread evenly over the trained encoders, grey without training."""
    if untrained(results, name):
        return "--c: var(--random)"
    names = sorted(trained(results))
    hue = (250 + 360 * names.index(name) / len(names)) % 360
    return f"--c: oklch(0.64 0.16 {math.floor(hue)})"


def value(results: dict[str, Any], name: str, key: str) -> float | None:
    entry = results["encoders"][name]["figures"].get(key)
    return None if entry is None else entry["value"]
