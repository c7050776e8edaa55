"""Results of completion for a terminal, and the words and figures that a page has of them as well."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from activevision.evaluation.ladder import called
from activevision.evaluation.published import LOOK_AROUND

_TITLES = {
    "one_view": "one view",
    "large_action": "large action",
    "learned_scores": "learned, scores",
    "learned_coverage": "learned, coverage",
}


def title(policy: str) -> str:
    return _TITLES.get(policy, called(policy))


def table(results: dict[str, Any]) -> Table:
    """Error after the last view, gain over one view, that gain by random's, and the published gain."""
    views, column = results["protocol"]["views"], results["suite"]["published"]
    shown = Table(
        title=f"{results['suite']['title']}: MSE × 1000 after view {views}, gain over one view with 95 % intervals",
        caption=f"published: gain in the paper's {column}, which shows other things. unfair: sees views before going.",
        box=box.SIMPLE_HEAD,
    )
    shown.add_column("policy")
    for head in ("MSE", "gain %", "× random", "published"):
        shown.add_column(head, justify="right", no_wrap=True)
    for group, scored in results["groups"].items():
        if group != "all":
            shown.add_row(f"[bold]{group}[/bold]")
        for policy, row in scored["policies"].items():
            error = row["error"]["estimate"][-1 if "gain" in row else 0]
            shown.add_row(title(policy), f"{error:.2f}", *gains(row), published_gain(policy, column, group))
    return shown


def gains(row: dict[str, Any]) -> tuple[str, str]:
    """Gain in %, and gain by random's, with their intervals; empty for what has none."""
    gain, times = row.get("gain"), row.get("times_random")
    return (
        "" if gain is None else _with_ends(100 * gain["estimate"], [100 * end for end in gain["ci95"]], 1),
        "" if times is None else _with_ends(times["estimate"], times["ci95"], 2),
    )


def published_gain(policy: str, column: str, group: str) -> str:
    """Gain in % of the paper's table, empty where it has none. column: of the paper; group: of classes."""
    figures, name = dict(LOOK_AROUND.rows), title(policy).removesuffix(" (unfair)")
    if name not in figures or policy == "one_view":
        return ""
    index = LOOK_AROUND.columns.index(column if group == "all" else f"{column} {group.removesuffix(' classes')}")
    return f"{100 * (1 - figures[name][index] / figures['one view'][index]):.1f}"


def _with_ends(value: float, ends: list[float], digits: int) -> str:
    return f"{value:.{digits}f} ({ends[0]:.{digits}f} to {ends[1]:.{digits}f})"
