"""Results as tables for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich import box
from rich.table import Table

from activevision.evaluation.cast import protagonist
from activevision.evaluation.ladder import called
from activevision.evaluation.reading import (
    Row,
    contenders,
    half_width,
    headline_view,
    is_ceiling,
    main_rows,
    shown_views,
    versus,
    views_of,
    why_missing,
)
from activevision.evaluation.significance import is_clear
from activevision.pages.words import listed

_MOST_COMPARISONS = 20  # lines that a terminal still shows at once


def tables(results: dict[str, Any]) -> list[Table]:
    """All that a command prints of an evaluation."""
    return [shown for shown in (table(results), further_table(results), comparison_table(results)) if shown is not None]


def table(results: dict[str, Any]) -> Table:
    """Accuracy in % with half the width of its interval, policies by views; ceilings below a line, dimmed."""
    views = shown_views(results, most=4)  # with more a terminal of 80 columns cuts figures off
    rows = main_rows(results)
    fusion = results["decomposition"]["reference"]["fusion"]
    others = [f"{name} with {row['fusion']}" for name, row in rows.items() if row["fusion"] != fusion]
    ceilings = any(is_ceiling(results, name) for name in rows)
    result = _table(
        f"Accuracy in % with {_level(results)} intervals over {results['intervals']['over']}; fusion: {fusion}"
        f"{f', but {listed(others)}' if others else ''}",
        "± is half an interval. ECE: expected calibration error after the last view; turn: what the camera turned "
        f"until then.{' Below the line: ceilings, not policies.' if ceilings else ''}"
        f"{why_missing(results, 'rotation_deg')}",
        ["policy"],
        [*(f"view {view}" for view in views), "ECE", "turn"],
    )
    _fill(
        result,
        results,
        lambda name, row: [
            *(f"{100 * row['accuracy'][v - 1]:.1f} ±{100 * half_width(row['ci95'][v - 1]):4.1f}" for v in views),
            f"{row['ece'][-1]:.3f}",
            f"{row['rotation_deg'][-1]:.0f}°" if row["rotation_deg"] else "–",
        ],
    )
    return result


def further_table(results: dict[str, Any]) -> Table:
    """Beyond accuracy, after the last view."""
    result = _table(
        f"After view {views_of(results)}",
        "area: under accuracy against budget, %; worst: accuracy from the worst start, %; +/−: answers that further "
        "views put right and wrong, %; AURC: mean risk over coverages, %; views: taken before stopping; path: metres."
        f"{why_missing(results, 'views_taken', 'distance_m')}",
        ["policy"],
        ["area", "worst", "+", "−", "NLL", "AURC", "views", "path"],
    )
    _fill(
        result,
        results,
        lambda name, row: [
            f"{100 * row['area']:.1f}",
            f"{100 * row['adversarial'][-1]:.1f}",
            f"{100 * row['flips']['gained']:.1f}",
            f"{100 * row['flips']['lost']:.1f}",
            f"{row['nll'][-1]:.2f}",
            f"{100 * row['aurc'][-1]:.1f}",
            f"{row['views_taken']:.1f}" if row["views_taken"] is not None else "–",
            f"{row['distance_m'][-1]:.1f}" if row["distance_m"] else "–",
        ],
    )
    return result


def comparison_table(results: dict[str, Any]) -> Table | None:
    """Policies against each other at the headline view, of many comparisons those of the policy that findings speak of;
    None where nothing is compared."""
    view = headline_view(results)
    rows = [(name, row) for name in main_rows(results) for row in versus(results, name, view)]
    if not rows:
        return None
    shown = rows if len(rows) <= _MOST_COMPARISONS else [(n, row) for n, row in rows if n == protagonist(results)]
    more = f" The report has the other {len(rows) - len(shown)}." if len(shown) < len(rows) else ""
    result = _table(
        f"Paired differences in accuracy after view {view}, in points",
        f"p: two-sided, by Holm's correction over {results['intervals']['comparisons']} comparisons; d_z: mean over "
        f"standard deviation of the differences.{more}",
        ["", ""],
        ["difference", f"{_level(results)} interval", "p (Holm)", "d_z"],
    )
    for name, row in shown:
        low, high = row["ci95"]
        result.add_row(
            called(name),
            f"− {called(row['policy'])}",
            f"{100 * row['difference']:+.1f}",
            f"{100 * low:+.1f} to {100 * high:+.1f}",
            f"{row['p_holm']:.4f}" if row["p_holm"] >= 0.0001 else "< 0.0001",
            f"{row['d_z']:+.2f}" if row["d_z"] is not None else "–",
            style="bold" if is_clear(row) else None,
        )
    return result


def _level(results: dict[str, Any]) -> str:
    return f"{100 * results['intervals']['level']:g} %"


def _table(title: str, caption: str, words: list[str], figures: list[str]) -> Table:
    result = Table(
        title=title, caption=caption, title_justify="left", caption_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for heading in words:  # of what is too wide names are broken, figures are not cut short
        result.add_column(heading, overflow="fold")
    for heading in figures:
        result.add_column(heading, justify="right", no_wrap=True)
    return result


def _fill(result: Table, results: dict[str, Any], cells: Callable[[str, Row], list[str]]) -> None:
    """A line for every policy; those under test bold, ceilings dimmed below a line."""
    under_test = contenders(results)
    rows = list(main_rows(results).items())
    for number, (name, row) in enumerate(rows):
        ceiling = is_ceiling(results, name)
        result.add_row(
            called(name),
            *cells(name, row),
            style="dim italic" if ceiling else "bold" if name in under_test else None,
            end_section=not ceiling and number + 1 < len(rows) and is_ceiling(results, rows[number + 1][0]),
        )
