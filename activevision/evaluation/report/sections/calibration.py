"""Whether the belief can be taken at its word."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.cast import best_first, featured, in_order, protagonist
from activevision.evaluation.reading import is_ceiling, main_rows, shown_views
from activevision.evaluation.report.figures.calibration_plot import calibration_plot
from activevision.evaluation.report.series import legend, policy_table
from activevision.pages.html import element
from activevision.pages.parts import folded, section, tabled
from activevision.pages.words import number

_DRAWN = 3


def calibration(results: dict[str, Any]) -> Element:
    rows = main_rows(results)
    wanted = ("random", protagonist(results), *best_first(results)[:_DRAWN])
    drawn = [name for name in dict.fromkeys(wanted) if name and name in rows] or list(rows)[:1]
    names = [name for name in in_order(results) if not is_ceiling(results, name) or name == "all_views"]
    first = [name for name in names if name in featured(results)]
    rest = [name for name in names if name not in first]
    return section(
        "Calibration",
        "Can the belief be taken at its word? On the diagonal a confidence of 70 % is right 70 % of the time; below it "
        "the belief is over-confident. Dots: bins of the confidence after the last view, area by share of episodes.",
        element(
            "div",
            element("div", legend(results, drawn), calibration_plot(results, drawn), class_="plot square"),
            element("div", _table(results, first)),
            class_="pair lopsided",
        ),
        folded(f"The other {len(rest)} policies", _table(results, rest)) if rest else None,
    )


def _table(results: dict[str, Any], names: list[str]) -> tuple[Element, Element]:
    views, rows = shown_views(results, most=4), main_rows(results)  # beside the plot there is no room for more
    cells = {
        name: [
            *(element("td", number(rows[name]["ece"][view - 1], 3), class_="number") for view in views),
            *(element("td", number(rows[name][figure][-1], 2), class_="number") for figure in ("nll", "brier")),
        ]
        for name in names
    }
    return tabled(
        policy_table(results, ["policy", *(f"view {view}" for view in views), "NLL", "Brier"], cells),
        "Expected calibration error after each view (15 equal bins of the confidence in the most believed class); "
        "negative log-likelihood of the true class in nats and Brier score after the last.",
    )
