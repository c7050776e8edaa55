"""Paired differences between policies, corrected for their number."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.cast import in_order, protagonist
from activevision.evaluation.ladder import called
from activevision.evaluation.nouns import noun_of
from activevision.evaluation.reading import headline_view, main_rows, shown_views, versus
from activevision.evaluation.report.figures.forest_plot import forest_plot
from activevision.evaluation.report.series import policy_table
from activevision.evaluation.significance import ABOVE_ONE, BELOW_ONE, LEVEL, is_clear, mark_of_one
from activevision.pages.html import element, responsive
from activevision.pages.parts import folded, section, tabled
from activevision.pages.words import interval, listed, points


def paired(results: dict[str, Any]) -> Element | None:
    names = [name for name in in_order(results) if versus(results, name)]
    if not names:
        return None
    first = next((name for name in names if name == protagonist(results)), names[0])
    others = [view for view in shown_views(results, most=5) if view not in (1, headline_view(results))]
    lead = (
        f"Same {noun_of(results)}, same starts, same seeds: differences within episodes, which vary less than the "
        "accuracies. Whiskers are 95 % intervals, each on its own; coloured is what stands after the correction for "
        f"their number (Holm, {results['intervals']['comparisons']} comparisons in all): {_found(results)}."
    )
    return section(
        "Paired differences",
        lead,
        element("div", element("h3", called(first)), responsive(lambda width: forest_plot(results, first, width))),
        _matrix(results, names, headline_view(results)) if len(names) > 1 else None,
        folded(
            "The table after other views",
            [_matrix(results, names, view) for view in others],
        )
        if len(names) > 1 and others
        else None,
    )


def _found(results: dict[str, Any]) -> str:
    """How many differences between policies at the headline view stand after correction, by name where they are few."""
    view = headline_view(results)
    rows = [(name, row) for name in main_rows(results) for row in versus(results, name, view)]
    found = [f"{called(name)} against {called(row['policy'])}" for name, row in rows if is_clear(row)]
    if not found:
        return f"no difference is clear at view {view}"
    if len(found) > 4:
        return f"{len(found)} of {len(rows)} differences are clear at view {view}"
    return (
        f"{'these differences are' if len(found) > 1 else 'this difference is'} clear at view {view}: {listed(found)}"
    )


def _matrix(results: dict[str, Any], names: list[str], view: int) -> Element:
    """Every policy (rows) less those that it is compared with (columns) at a view."""
    found = {name: {row["policy"]: row for row in versus(results, name, view)} for name in names}
    against = [name for name in in_order(results) if any(name in rows for rows in found.values())]
    heads = [f"view {view}", *(f"− {called(b)}" for b in against)]
    cells = {name: [_difference(found[name].get(b)) for b in against] for name in names}
    return element(
        "div",
        tabled(
            policy_table(results, heads, cells, "versus"),
            f"Points of accuracy after view {view}, line less column, over the 95 % interval. {ABOVE_ONE} {BELOW_ONE}: "
            f"clear, p < {LEVEL:g} by Holm's correction over all comparisons of this page; without a mark the data do "
            "not tell.",
        ),
    )


def _difference(row: dict[str, Any] | None) -> Element:
    if row is None:
        return element("td", "", class_="number")
    sign = mark_of_one(row)
    return element(
        "td",
        points(row["difference"]),
        element("b", sign, class_="above" if sign == ABOVE_ONE else "below") if sign else None,
        element("small", interval(row["ci95"])),
        class_="number marked" if sign else "number marked unclear",
        title=f"p = {row['p_holm']:.2g} after correction",
    )
