"""A published table beside ours, with a plain word on what can be compared."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.published import LIKE, LOOK_AHEAD, ORDER
from activevision.evaluation.reading import row_of, views_of
from activevision.pages.html import element
from activevision.pages.parts import section, tabled
from activevision.pages.words import number

_VIEWS = (2, 3)
_LEAST = 3


def published(results: dict[str, Any]) -> Element | None:
    """None where fewer than three of its methods were evaluated here on a view grid."""
    ours = _ours(results)
    if len(ours) < _LEAST or "elevations_deg" not in results["protocol"] or views_of(results) < max(_VIEWS):
        return None
    protocol = results["protocol"]
    reach = " × ".join(str(steps) for steps in protocol["neighbourhood"])
    head = element(
        "thead",
        element("tr", element("th", ""), element("th", "published", colspan=2, class_="number"), element("th", ""),
                element("th", "here", colspan=2, class_="number")),
        element(
            "tr",
            element("th", "method"),
            [element("th", column, class_="number") for column in LOOK_AHEAD.columns],
            element("th", "here it is", class_="name"),
            [element("th", f"view {view}", class_="number") for view in _VIEWS],
        ),
    )  # fmt: skip
    body = [
        element(
            "tr",
            element("th", method, scope="row"),
            [element("td", number(figure), class_="number") for figure in figures],
            element("td", ours[method].removesuffix("/own") if method in ours else "–", class_="name"),
            [
                element(
                    "td",
                    number(100 * results["rows"][ours[method]]["accuracy"][view - 1]) if method in ours else "–",
                    class_="number",
                )
                for view in _VIEWS
            ],
        )
        for method, figures in LOOK_AHEAD.rows
    ]
    return section(
        "Beside published figures",
        f"{LOOK_AHEAD.source}. There: {LOOK_AHEAD.protocol}. Here: {results['catalogue']['name']}, "
        f"{len(results['catalogue']['classes'])} classes, {len(protocol['elevations_deg'])} × {protocol['azimuths']} "
        f"views, moves within {reach}, T = {views_of(results)}.",
        element("p", element("b", "Do not compare the figures. "), LOOK_AHEAD.comparable, " ", _order(results, ours)),
        tabled(
            element("table", head, element("tbody", body)),
            "Accuracy in %."
            + ("" if LOOK_AHEAD.checked else " The published figures are quoted at second hand: check with the paper "
               "before relying on a digit."),
        ),
    )  # fmt: skip


def _ours(results: dict[str, Any]) -> dict[str, str]:
    """Names of our rows by published method, the likest that there is."""
    found = {method: [row_of(results, agent) for agent in agents] for method, agents in LIKE.items()}
    return {method: name for method, names in found.items() if (name := next(filter(None, names), None))}


def _order(results: dict[str, Any], ours: dict[str, str]) -> str:
    """Whether the estimates at the last of the published views are in the published order, and where they are not."""
    view = _VIEWS[-1]
    methods = [method for method in ORDER[:-1] if method in ours]
    shares = [results["rows"][ours[method]]["accuracy"][view - 1] for method in methods]
    swapped = [
        f"{methods[i + 1]} is not above {methods[i]}" for i in range(len(methods) - 1) if shares[i + 1] <= shares[i]
    ]
    if not swapped:
        steps = " < ".join(number(100 * share) for share in shares)
        return f"Here, at view {view}, the estimates are in that order: {steps}."
    return f"Here, at view {view}, they are not all: {'; '.join(swapped)}."
