"""What ``results.json`` must contain, so that a report or a comparison never reads something else as results."""

from __future__ import annotations

from typing import Any

from activevision.errors import UserError
from activevision.evaluation.ladder import BASELINE, CEILING, CONTENDER

SCHEMA = 2
_Kind = type | tuple[type, ...]
_NUMBER = (int, float)
_MAYBE_NUMBER, _MAYBE_LIST = (int, float, type(None)), (list, type(None))
_TOP: dict[str, _Kind] = {
    "schema": int,
    "protocol": dict,
    "catalogue": dict,
    "rows": dict,
    "comparisons": list,
    "gap_closed": list,
    "decomposition": dict,
    "encoder": dict,
    "versions": dict,
    "seconds": dict,
    "intervals": dict,
}
_CATALOGUE: dict[str, _Kind] = {"name": str, "classes": list, "split": str, "scenes": int, "licence": str}
_ROW: dict[str, _Kind] = {
    **dict.fromkeys(("policy", "fusion", "recogniser", "kind"), str),
    **dict.fromkeys(("seeds", "starts", "ci95", "area_ci95", "adversarial_ci95", "confusion"), list),
    **dict.fromkeys(("rotation_deg", "distance_m", "moves", "collisions", "viewpoints"), _MAYBE_LIST),
    **dict.fromkeys(("flips", "selective", "stopping", "reliability", "missing"), dict),
    "episodes": int,
    "area": _NUMBER,
    "views_taken": _MAYBE_NUMBER,
}
_SHARES = ("accuracy", "adversarial", "ece", "aurc", "excess_aurc")  # with the next ones: a figure for every view
_FIGURES = ("nll", "brier", "entropy", "adversarial_nll")
_COMPARISON: dict[str, _Kind] = {
    "a": str,
    "b": str,
    "kind": str,
    "view": int,
    "difference": _NUMBER,
    "ci95": list,
    "p": _NUMBER,
    "p_holm": _NUMBER,
    "d_z": _MAYBE_NUMBER,
}
_GAP: dict[str, _Kind] = {
    "row": str,
    "floor": str,
    "ceiling": str,
    "view": int,
    "share": _MAYBE_NUMBER,
    "ci95": list,
}
_INTERVALS: dict[str, _Kind] = {"level": float, "resamples": int, "comparisons": int, "over": str, "scenes": int,
                                "seeds": int}  # fmt: skip


def check_results(results: Any) -> None:
    """Raise UserError that names the first thing which keeps ``results`` from being results of schema 2.

    Keys beyond the schema are allowed.
    """
    if isinstance(results, dict) and results.get("schema", SCHEMA) != SCHEMA:
        raise _wrong("schema", f"is {results['schema']}, this version reads {SCHEMA}")
    _fields("results", results, _TOP)
    _fields("catalogue", results["catalogue"], _CATALOGUE)
    _fields("intervals", results["intervals"], _INTERVALS)
    rows = results["rows"]
    if not rows:
        raise _wrong("rows", "is empty")
    first = next(iter(rows.values()))
    views = len(first.get("accuracy") or ()) if isinstance(first, dict) else 0
    for name, row in rows.items():
        _check_row(f"rows.{name}", name, row, views)
    for policy in {row["policy"] for row in rows.values()}:
        if sum(row["main"] for row in rows.values() if row["policy"] == policy) != 1:
            raise _wrong("rows", f"must have one main row of policy {policy!r}")
    for number, row in enumerate(results["comparisons"]):
        where = f"comparisons[{number}]"
        _fields(where, row, _COMPARISON)
        _check_places(where, row, ("a", "b"), rows, views)
        _check_interval(f"{where}.ci95", row["ci95"], -1.0)
        for key in ("p", "p_holm"):
            if not 0 <= row[key] <= 1:
                raise _wrong(f"{where}.{key}", f"is {row[key]}, a probability is expected")
    for number, row in enumerate(results["gap_closed"]):
        _fields(f"gap_closed[{number}]", row, _GAP)
        _check_places(f"gap_closed[{number}]", row, ("row", "floor", "ceiling"), rows, views)


def _check_row(where: str, name: str, row: Any, views: int) -> None:
    _fields(where, row, {**_ROW, **dict.fromkeys((*_SHARES, *_FIGURES), list)})
    if not isinstance(row.get("main"), bool):
        raise _wrong(f"{where}.main", "is neither true nor false")
    if name != f"{row['policy']}/{row['fusion']}/{row['recogniser']}":
        raise _wrong(where, f"is of {row['policy']!r}, {row['fusion']!r} and {row['recogniser']!r}")
    if row["kind"] not in (BASELINE, CONTENDER, CEILING):
        raise _wrong(f"{where}.kind", f"is {row['kind']!r}, unknown here")
    for key in (*_SHARES, *_FIGURES, "ci95", "adversarial_ci95", "confusion"):
        if len(row[key]) != views or not views:
            raise _wrong(f"{where}.{key}", f"has {len(row[key])} views where {max(views, 1)} are expected")
    for key in _SHARES:
        if not all(_is_number(value) and -1e-6 <= value <= 1 + 1e-6 for value in row[key]):
            raise _wrong(f"{where}.{key}", "has a value that is not a share between 0 and 1")
    for key in _FIGURES:
        if not all(_is_number(value) for value in row[key]):
            raise _wrong(f"{where}.{key}", "has a value that is no number")
    for interval in [*row["ci95"], *row["adversarial_ci95"], row["area_ci95"]]:
        _check_interval(f"{where}.ci95", interval, 0.0)


def _check_places(where: str, row: dict[str, Any], sides: tuple[str, ...], rows: dict[str, Any], views: int) -> None:
    for side in sides:
        if row[side] not in rows:
            raise _wrong(f"{where}.{side}", f"names {row[side]!r}, which is not among the rows")
    if not 1 <= row["view"] <= views:
        raise _wrong(f"{where}.view", f"is {row['view']}, views count from 1 to {views}")


def _check_interval(where: str, interval: Any, least: float) -> None:
    if not isinstance(interval, list) or len(interval) != 2 or not all(_is_number(end) for end in interval):
        raise _wrong(where, "is not a pair of numbers")
    if not least <= interval[0] <= interval[1] <= 1:
        raise _wrong(where, f"is {interval}, which is not an interval between {least:g} and 1")


def _fields(where: str, value: Any, fields: dict[str, _Kind]) -> None:
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
