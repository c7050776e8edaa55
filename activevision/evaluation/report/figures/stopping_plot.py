"""Accuracy against the views that stopping takes: at a confidence, at a fixed number, or when the policy says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.reading import main_rows, views_of
from activevision.evaluation.report.figures.curve import curve
from activevision.evaluation.report.figures.risk_plot import HEIGHT, WIDTH
from activevision.evaluation.report.series import series
from activevision.pages.axis import Axis
from activevision.pages.chart import chart, points
from activevision.pages.html import element


def stops_itself(results: dict[str, Any], policy: str) -> bool:
    """Whether it takes fewer views than it may, and looks more than once."""
    taken = main_rows(results)[policy]["views_taken"]
    return taken is not None and 1 < taken < views_of(results)


def stopping_plot(results: dict[str, Any], policies: Sequence[str], fixed: str) -> Element:
    """Curves over thresholds of confidence; of the policy ``fixed`` dotted what as many views for all would give;
    squares where a policy stops of itself."""
    rows, views = main_rows(results), views_of(results)
    budgets = [(float(view), 100 * share) for view, share in enumerate(rows[fixed]["accuracy"], start=1)]
    at = {
        name: [
            (count, 100 * share)
            for count, share in zip(rows[name]["stopping"]["views"], rows[name]["stopping"]["accuracy"], strict=True)
        ]
        for name in policies
    }
    own = {name: (rows[name]["views_taken"], 100 * rows[name]["accuracy"][-1]) for name in policies
           if stops_itself(results, name)}  # fmt: skip
    every = [*budgets, *own.values(), *(mark for marks in at.values() for mark in marks)]
    x = Axis.over([1.0, float(views)], 46.0, WIDTH - 10.0)
    y = Axis.over([mark[1] for mark in every], HEIGHT - 44.0, 10.0)

    def placed(marks: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x(across), y(up)) for across, up in marks]

    return chart(
        WIDTH,
        HEIGHT,
        "Accuracy against the mean number of views taken",
        x,
        y,
        ("views taken on average", "accuracy, %"),
        element(
            "g", element("polyline", points=points(placed(budgets)), class_="budget"), class_=series(results, fixed)
        ),
        [curve(results, name, placed(marks)) for name, marks in at.items()],
        [
            element("rect", x=px - 5, y=py - 5, width=10, height=10, class_=f"square-mark {series(results, name)}")
            for name, mark in own.items()
            for px, py in placed([mark])
        ],
    )
