"""What ``results.json`` must contain, so that a report or a comparison never reads something else as results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from activevision.errors import UserError

SCHEMA = 1
BASELINES = ("single", "random", "sweep", "farthest")
"""Policies that learn nothing, weakest first."""
CEILINGS = ("all_views", "oracle", "full_oracle")
"""Not policies that anyone could run: the first sees the whole grid, the second knows the label."""

_TOP: dict[str, type | tuple[type, ...]] = {
    "schema": int,
    "protocol": dict,
    "catalogue": dict,
    "policies": dict,
    "paired": list,
    "encoder": dict,
    "versions": dict,
    "seconds": dict,
}
_CATALOGUE: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "classes": list,
    "split": str,
    "scenes": int,
    "licence": str,
}
_POLICY: dict[str, type | tuple[type, ...]] = {
    "fusion": str,
    "seeds": list,
    "accuracy": list,
    "ci95": list,
    "ece": list,
}
_PAIRED: dict[str, type | tuple[type, ...]] = {
    "a": str,
    "b": str,
    "view": int,
    "difference": (int, float),
    "ci95": list,
}


def is_ceiling(name: str) -> bool:
    return name in CEILINGS


def contenders(results: dict[str, Any]) -> list[str]:
    """Names of the policies under test: neither baselines nor ceilings."""
    return [name for name in results["policies"] if name not in BASELINES and not is_ceiling(name)]


def compared(names: Iterable[str]) -> dict[str, list[str]]:
    """Which policies are set against which baselines: those under test against all; where nothing is under test, every
    baseline against the weaker ones."""
    names = list(names)
    baselines = [name for name in BASELINES if name in names]
    under_test = [name for name in names if name not in BASELINES and not is_ceiling(name)]
    if under_test:
        return dict.fromkeys(under_test, baselines) if baselines else {}
    return {name: baselines[:place] for place, name in enumerate(baselines) if place}


def check_results(results: Any) -> None:
    """Raise UserError that names the first thing which keeps ``results`` from being results of schema 1.

    Keys beyond the schema are allowed.
    """
    _fields("results", results, _TOP)
    if results["schema"] != SCHEMA:
        raise _wrong("schema", f"is {results['schema']}, this version reads {SCHEMA}")
    _fields("catalogue", results["catalogue"], _CATALOGUE)
    if not results["policies"]:
        raise _wrong("policies", "is empty")
    views = len(next(iter(results["policies"].values())).get("accuracy", ()))
    for name, row in results["policies"].items():
        _check_policy(f"policies.{name}", row, views)
        for fusion, alternative in row.get("fusions", {}).items():
            _check_policy(f"policies.{name}.fusions.{fusion}", alternative, views)
    for number, row in enumerate(results["paired"]):
        where = f"paired[{number}]"
        _fields(where, row, _PAIRED)
        for side in ("a", "b"):
            if row[side] not in results["policies"]:
                raise _wrong(f"{where}.{side}", f"names {row[side]!r}, which is not among the policies")
        if not 1 <= row["view"] <= views:
            raise _wrong(f"{where}.view", f"is {row['view']}, views count from 1 to {views}")
        _check_interval(f"{where}.ci95", row["ci95"], -1.0)


def _check_policy(where: str, row: Any, views: int) -> None:
    _fields(where, row, _POLICY)
    for key in ("accuracy", "ci95", "ece"):
        if len(row[key]) != views or not views:
            raise _wrong(f"{where}.{key}", f"has {len(row[key])} views where {max(views, 1)} are expected")
    for key in ("accuracy", "ece"):
        if not all(_is_number(value) and 0 <= value <= 1 for value in row[key]):
            raise _wrong(f"{where}.{key}", "has a value that is not a share between 0 and 1")
    for interval in row["ci95"]:
        _check_interval(f"{where}.ci95", interval, 0.0)


def _check_interval(where: str, interval: Any, least: float) -> None:
    if not isinstance(interval, list) or len(interval) != 2 or not all(_is_number(end) for end in interval):
        raise _wrong(where, "is not a pair of numbers")
    if not least <= interval[0] <= interval[1] <= 1:
        raise _wrong(where, f"is {interval}, which is not an interval between {least:g} and 1")


def _fields(where: str, value: Any, fields: dict[str, type | tuple[type, ...]]) -> None:
    if not isinstance(value, dict):
        raise _wrong(where, f"is {type(value).__name__} where an object is expected")
    for key, kind in fields.items():
        if key not in value:
            raise _wrong(where, f"lacks {key!r}")
        if not isinstance(value[key], kind) or isinstance(value[key], bool):
            raise _wrong(f"{where}.{key}", f"is {type(value[key]).__name__}, another type is expected")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def _wrong(where: str, reason: str) -> UserError:
    return UserError(f"not valid results: {where} {reason}; run `activevision evaluate` again.")
