"""Which paired differences are clear after Holm's correction, and the marks that stand for them everywhere."""

from __future__ import annotations

from typing import Any

from activevision.evaluation.reading import versus

LEVEL = 0.05
ALL, RANDOM, BELOW = "▲", "△", "▽"
"""Clearly above every policy that it is compared with; above random, but not all; below random."""
ABOVE_ONE, BELOW_ONE = "▲", "▼"
"""Of a single comparison."""


def is_clear(row: dict[str, Any]) -> bool:
    """Whether a comparison stands at p < 0.05 after the correction for all of its family."""
    return bool(row["p_holm"] < LEVEL)


def clearly_above(row: dict[str, Any]) -> bool:
    return is_clear(row) and row["difference"] > 0


def clearly_below(row: dict[str, Any]) -> bool:
    return is_clear(row) and row["difference"] < 0


def mark_of_one(row: dict[str, Any]) -> str:
    """That of one comparison; empty where no difference is clear."""
    return ABOVE_ONE if clearly_above(row) else BELOW_ONE if clearly_below(row) else ""


def mark(results: dict[str, Any], policy: str, view: int) -> str:
    """That of a policy's main row at a view, from all of its comparisons with other policies; empty where there are
    none or nothing is clear."""
    rows = versus(results, policy, view)
    if rows and all(clearly_above(row) for row in rows):
        return ALL
    against = next((row for row in rows if row["policy"] == "random"), None)
    if against is None or not is_clear(against):
        return ""
    return RANDOM if clearly_above(against) else BELOW
