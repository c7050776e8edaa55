"""What the views cost the camera."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.cast import featured, in_order
from activevision.evaluation.reading import is_ceiling, main_rows, views_of, why_missing
from activevision.evaluation.report.figures.cost_plot import cost_plot
from activevision.evaluation.report.series import legend, policy_table
from activevision.pages.html import element
from activevision.pages.parts import section, tabled
from activevision.pages.words import degrees, number

_COSTS = (
    ("rotation_deg", "turned", degrees),
    ("distance_m", "metres", lambda value: number(value, 1)),
    ("moves", "moves", lambda value: number(value, 2)),
    ("collisions", "bumps", lambda value: number(value, 2)),
)
_DRAWN = (("rotation_deg", "degrees turned"), ("distance_m", "metres moved"))


def cost(results: dict[str, Any]) -> Element | None:
    """None where there is nothing to move for: a single view, or ceilings alone."""
    rows = main_rows(results)
    names = [name for name in in_order(results) if not is_ceiling(results, name)]
    if not names or views_of(results) == 1:
        return None
    drawn = [name for name in names if name in featured(results) and name != "single"]
    figures = [
        element("div", cost_plot(results, here, key, words), class_="plot")
        for key, words in _DRAWN
        if (here := [name for name in drawn if rows[name][key]]) and any(rows[name][key][-1] > 0 for name in here)
    ]
    orbit = results["protocol"].get("viewpoints") == "orbit"
    unit = " Metres are in units of the object's radius, straight from view to view." if orbit else ""
    return section(
        "Cost",
        f"What accuracy costs in motion, a dot for every view.{unit}",
        legend(results, drawn) if figures else None,
        element("div", figures, class_="pair") if figures else None,
        tabled(
            _table(results, names),
            f"Until the last view, means.{why_missing(results, *(key for key, *_ in _COSTS), of=names)}",
        ),
    )


def _table(results: dict[str, Any], names: list[str]) -> Element:
    rows = main_rows(results)
    shown = [entry for entry in _COSTS if any(rows[name][entry[0]] for name in names)]
    cells = {
        name: [
            element("td", "–" if (taken := rows[name]["views_taken"]) is None else number(taken, 2), class_="number"),
            *(
                element("td", written(rows[name][key][-1]) if rows[name][key] else "–", class_="number")
                for key, _, written in shown
            ),
            element("td", number(100 * rows[name]["accuracy"][-1]), class_="number"),
        ]
        for name in names
    }
    return policy_table(results, ["policy", "views taken", *(title for _, title, _ in shown), "accuracy, %"], cells)
