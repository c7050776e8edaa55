"""What tables and pages ask of results."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from activevision.evaluation.ladder import BASELINE, CEILING, CONTENDER, called

Row = dict[str, Any]

TRUTH = "truth"
"""The recogniser whose evidence is the ground truth."""

IDLE_TRUTH = (
    f"Recogniser {TRUTH} says nothing here: each single view tells the class, so every policy is always right with it."
)
"""What stands in place of its figures where ``truth_is_idle``."""


def main_rows(results: dict[str, Any]) -> dict[str, Row]:
    """The row that stands for each policy, by the policy's name, up the ladder."""
    return {row["policy"]: row for row in results["rows"].values() if row["main"]}


def other_fusions(results: dict[str, Any], policy: str) -> dict[str, Row]:
    """Rows of a policy under other fusions than its main row's, by fusion; of the same recogniser."""
    main = main_rows(results)[policy]
    return {
        row["fusion"]: row
        for row in results["rows"].values()
        if row["policy"] == policy and row["recogniser"] == main["recogniser"] and not row["main"]
    }


def name_of(row: Row) -> str:
    """What ``comparisons`` and ``gap_closed`` call it."""
    return f"{row['policy']}/{row['fusion']}/{row['recogniser']}"


def row_of(results: dict[str, Any], agent: str) -> str | None:
    """Name of the row of an agent "policy" or "policy/fusion" by the main recogniser; of a policy that which stands for
    it. None where there is none."""
    recogniser = results["decomposition"]["reference"]["recogniser"]
    rows = main_rows(results)
    name = name_of(rows[agent]) if agent in rows else f"{agent}/{recogniser}"
    return name if name in results["rows"] and results["rows"][name]["recogniser"] == recogniser else None


def row_called(results: dict[str, Any], row: str) -> str:
    """A row in a sentence: its policy, with fusion and recogniser where it is not the one that stands for it."""
    found = results["rows"][row]
    name = {"all_views": "all views"}.get(found["policy"], called(found["policy"]))
    reference = results["decomposition"]["reference"]
    if found["main"]:
        return name
    recogniser = "" if found["recogniser"] == reference["recogniser"] else f" and recogniser {found['recogniser']}"
    return f"{name} with fusion {found['fusion']}{recogniser}"


def of_kind(results: dict[str, Any], kind: str) -> list[str]:
    """Names of the policies that are baselines, contenders or ceilings."""
    return [name for name, row in main_rows(results).items() if row["kind"] == kind]


def baselines(results: dict[str, Any]) -> list[str]:
    return of_kind(results, BASELINE)


def contenders(results: dict[str, Any]) -> list[str]:
    """Names of the policies under test: neither baselines nor ceilings."""
    return of_kind(results, CONTENDER)


def is_ceiling(results: dict[str, Any], policy: str) -> bool:
    return main_rows(results)[policy]["kind"] == CEILING


def versus(results: dict[str, Any], policy: str, view: int | None = None) -> list[dict[str, Any]]:
    """Comparisons of a policy's main row with those of other policies, whose names are put in as ``policy``.

    view: only at this one.
    """
    rows = results["rows"]
    return [
        {**row, "policy": rows[row["b"]]["policy"]}
        for row in results["comparisons"]
        if rows[row["a"]]["policy"] == policy != rows[row["b"]]["policy"]
        and rows[row["a"]]["main"]
        and rows[row["b"]]["main"]
        and view in (None, row["view"])
    ]


def comparison(results: dict[str, Any], a: Row, b: Row, view: int) -> dict[str, Any] | None:
    """The one of two rows at a view, if they were compared."""
    names = name_of(a), name_of(b)
    return next((row for row in results["comparisons"] if (row["a"], row["b"], row["view"]) == (*names, view)), None)


def truth_is_idle(results: dict[str, Any]) -> bool:
    """Whether ground-truth evidence was evaluated and told every class at once, so that nothing was left to choose."""
    matrix = results["decomposition"]["recognisers"].get(TRUTH)
    cells = [cell for line in matrix["cells"] for cell in line if cell] if matrix else []
    return bool(cells) and all(min(cell["accuracy"]) == 1 for cell in cells)


def views_of(results: dict[str, Any]) -> int:
    """T"""
    return len(next(iter(results["rows"].values()))["accuracy"])


def why_missing(results: dict[str, Any], *figures: str, of: Collection[str] | None = None) -> str:
    """What a note says of the dashes that stand for these figures of main rows, or of those of some policies; empty
    where none is missing."""
    reasons = {
        row["missing"][name]
        for policy, row in main_rows(results).items()
        for name in figures
        if name in row["missing"] and (of is None or policy in of)
    }
    return f" –: {'; '.join(sorted(reasons))}." if reasons else ""


def half_width(interval: Sequence[float]) -> float:
    return (interval[1] - interval[0]) / 2


def shown_views(results: dict[str, Any], most: int = 6) -> list[int]:
    """Views from 1 to the last, thinned evenly where a table would have more than ``most`` columns of them."""
    last = views_of(results)
    return sorted({round(view) for view in np.linspace(1, last, min(last, most))})


def headline_view(results: dict[str, Any]) -> int:
    """The view that findings speak of: the third, where the published comparisons on objects stand, or the last of
    fewer; the last, too, of longer episodes, whose first views have not got far."""
    views = views_of(results)
    return 3 if 3 <= views <= 5 else views
