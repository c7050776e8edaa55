"""What limits the result: the gap to the ceilings, and the parts swapped one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.cast import best_baseline, featured, in_order, protagonist
from activevision.evaluation.ladder import called
from activevision.evaluation.reading import (
    IDLE_TRUTH,
    TRUTH,
    headline_view,
    is_ceiling,
    main_rows,
    row_called,
    truth_is_idle,
)
from activevision.evaluation.report.figures.gap_plot import gap_plot
from activevision.evaluation.report.figures.swap_plot import Swap, swap_plot
from activevision.evaluation.report.series import policy_table
from activevision.pages.html import element, responsive
from activevision.pages.parts import folded, section, tabled
from activevision.pages.words import INTERVAL, number, percent, points

_SWAPS = ("policy_swap", "fusion_swap", "recogniser_swap")


def ceilings(results: dict[str, Any]) -> Element | None:
    """The gap to the ceilings; None where one policy stands alone."""
    rows, view = main_rows(results), headline_view(results)
    if len(rows) < 2:
        return None
    shares = {results["rows"][row["row"]]["policy"]: row for row in results["gap_closed"] if row["view"] == view}
    known = [row for row in shares.values() if row["share"] is not None]
    if known:
        ends: tuple[str, ...] = (known[0]["floor"], known[0]["ceiling"])
        floor, ceiling = (row_called(results, end) for end in ends)
        gap = f" Gap closed: share of the way from {floor} to {ceiling}, drawn as lines, with its {INTERVAL}."
    else:
        ends = ()
        gap = (
            f" The gap from floor to ceiling is not clearly above zero after view {view}, so no share of it is given."
            if shares
            else ""
        )
    above = any(is_ceiling(results, name) for name in rows)
    return section(
        "Between floor and ceilings" if above else "Policies side by side",
        f"Every policy after view {view} with its {INTERVAL}{', ceilings below the rule' if above else ''}.{gap}",
        responsive(lambda width: gap_plot(results, shares, ends, width)),
        folded(
            "The share of the gap after every view",
            *tabled(_gap_table(results), f"With {INTERVAL}s."),
        )
        if known
        else None,
    )


def _gap_table(results: dict[str, Any]) -> Element:
    entries = [row for row in results["gap_closed"] if row["share"] is not None]
    views = sorted({row["view"] for row in entries})
    cells = {(results["rows"][row["row"]]["policy"], row["view"]): row for row in entries}
    names = [name for name in in_order(results) if any((name, view) in cells for view in views)]
    lines = {name: [_share(cells.get((name, view))) for view in views] for name in names}
    return policy_table(results, ["policy", *(f"view {view}" for view in views)], lines)


def _share(row: dict[str, Any] | None) -> Element:
    if row is None:
        return element("td", "–", class_="number")
    ends = f"{number(100 * row['ci95'][0], 0)} to {number(100 * row['ci95'][1], 0)}"
    return element("td", percent(row["share"], 0), element("small", ends), class_="number")


def decomposition(results: dict[str, Any]) -> Element | None:
    """One part swapped at a time; None where nothing was."""
    reference, policy = results["decomposition"]["reference"], protagonist(results) or best_baseline(results)
    groups = [group for group in _groups(results, policy) if group[1]] if policy else []
    if not groups:
        return None
    assert policy is not None
    view = headline_view(results)
    shown = _recognisers(results)
    looks = ", and who looks" if len(shown) > 1 else ""
    idle = f" {IDLE_TRUTH}" if truth_is_idle(results) else ""
    return section(
        "One part swapped at a time",
        f"Change in accuracy after view {view} when one part is swapped and the others stay: the policy for "
        f"{reference['policy']} under fusion {reference['fusion']}, the fusion under {policy}"
        f"{looks}. Coloured where the {INTERVAL} stays off zero. Policies that act on "
        f"the belief may choose other views under another fusion.{idle}",
        responsive(lambda width: swap_plot("Change in accuracy when one part is swapped", groups, width)),
        folded(
            "Every policy with every fusion and recogniser",
            [_matrix(results, recogniser) for recogniser in shown],
        ),
    )


def _recognisers(results: dict[str, Any]) -> list[str]:
    """Those whose figures say something."""
    names = results["decomposition"]["recognisers"]
    return [name for name in names if name != TRUTH or not truth_is_idle(results)]


def _groups(results: dict[str, Any], policy: str) -> list[tuple[str, Sequence[Swap]]]:
    """What is drawn: policies under the main fusion, fusions under the policy, recognisers for the policy and for the
    reference."""
    found = results["decomposition"]
    reference, fusion, own = (found["reference"][part] for part in ("policy", "fusion", "recogniser"))
    names = [name for name in featured(results) if name != reference]
    policies = [_swap(results, name, fusion, own, "policy_swap", called(name)) for name in names]
    fusions = (
        [_swap(results, policy, name, own, "fusion_swap", name) for name in found["recognisers"][own]["fusions"]]
        if own in found["recognisers"]
        else []
    )
    recognisers = [
        _swap(results, name, fusion, recogniser, "recogniser_swap", f"{recogniser}, {called(name)}")
        for recogniser in _recognisers(results)
        for name in dict.fromkeys((reference, best_baseline(results), policy, "all_views"))
        if name
    ]
    return [
        (f"policy instead of {reference}, fusion {fusion}", [swap for swap in policies if swap]),
        (f"fusion instead of {fusion}, policy {policy}", [swap for swap in fusions if swap]),
        (f"recogniser instead of {own}, fusion {fusion}", [swap for swap in recognisers if swap]),
    ]


def _cell(results: dict[str, Any], policy: str, fusion: str, recogniser: str) -> dict[str, Any] | None:
    matrix = results["decomposition"]["recognisers"].get(recogniser)
    if matrix is None or policy not in matrix["policies"] or fusion not in matrix["fusions"]:
        return None
    cell: dict[str, Any] | None = matrix["cells"][matrix["policies"].index(policy)][matrix["fusions"].index(fusion)]
    return cell


def _swap(results: dict[str, Any], policy: str, fusion: str, recogniser: str, kind: str, label: str) -> Swap | None:
    cell, view = _cell(results, policy, fusion, recogniser), headline_view(results)
    if cell is None or cell[kind] is None:
        return None
    low, high = cell[kind]["ci95"][view - 1]
    return Swap(label, cell[kind]["difference"][view - 1], (low, high))


def _matrix(results: dict[str, Any], recogniser: str) -> Element:
    """Accuracy of policies × fusions by one recogniser, and how it differs from that of the main fusion."""
    view, rows = headline_view(results), main_rows(results)
    matrix = results["decomposition"]["recognisers"][recogniser]
    fusions = matrix["fusions"]
    names = [name for name in in_order(results) if name in matrix["policies"]]
    cells = {
        name: [
            _accuracy(_cell(results, name, fusion, recogniser), view, rows[name], (fusion, recogniser))
            for fusion in fusions
        ]
        for name in names
    }
    return element(
        "div",
        tabled(
            policy_table(results, [f"recogniser {recogniser}", *fusions], cells, "versus swaps"),
            f"Accuracy in % after view {view}, over the change in points from the main fusion; framed: what stands for "
            "the policy elsewhere on this page.",
        ),
    )


def _accuracy(cell: dict[str, Any] | None, view: int, main: dict[str, Any], parts: tuple[str, str]) -> Element:
    if cell is None:
        return element("td", "", class_="number")
    swap = cell["fusion_swap"]
    return element(
        "td",
        number(100 * cell["accuracy"][view - 1]),
        element("small", points(swap["difference"][view - 1])) if swap else None,
        class_="number marked main" if (main["fusion"], main["recogniser"]) == parts else "number marked",
    )
