"""Head of the page: what was measured, what was found, what limits it."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.cast import accuracy, best_baseline, protagonist
from activevision.evaluation.ladder import called
from activevision.evaluation.nouns import counted
from activevision.evaluation.reading import headline_view, main_rows
from activevision.evaluation.report import findings
from activevision.evaluation.report.series import series
from activevision.pages.html import element
from activevision.pages.words import percent


def top(results: dict[str, Any]) -> Element:
    catalogue, protocol = results["catalogue"], results["protocol"]
    claim, amount = findings.headline(results)
    limits = findings.diagnosis(results)
    return element(
        "header",
        element(
            "p",
            f"Active recognition · {catalogue['split']} of {catalogue['name']} · "
            f"{counted(results)}, {len(catalogue['classes'])} classes · protocol {protocol.get('name', 'unnamed')}",
            class_="kicker",
        ),
        element("h1", claim),
        element("p", amount, class_="amount"),
        element("div", _tiles(results), class_="tiles"),
        element("h3", "What limits it") if limits else None,
        element("ul", [element("li", sentence) for sentence in limits], class_="limits") if limits else None,
    )


def _tiles(results: dict[str, Any]) -> list[Element]:
    view, policy, best = headline_view(results), protagonist(results), best_baseline(results)
    rows = [("single", "one view"), ("random", f"random, {view} views")]
    if best and best not in ("single", "random"):
        rows.append((best, f"{called(best)}, {view} views"))
    if policy:
        rows.append((policy, f"{called(policy)}, {view} views"))
    rows.append(("all_views", "the whole grid"))
    rows = list(dict.fromkeys(rows))  # random may be the protagonist
    return [
        element(
            "div",
            element("b", percent(accuracy(results, name))),
            element("span", label),
            class_=f"tile {series(results, name)}",
        )
        for name, label in rows
        if name in main_rows(results)
    ]
