"""Risk against coverage: how often an agent is wrong that answers only where it is most confident."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.reading import main_rows
from activevision.evaluation.report.figures.curve import curve
from activevision.pages.axis import Axis
from activevision.pages.chart import chart

WIDTH, HEIGHT = 430, 300


def risk_plot(results: dict[str, Any], policies: Sequence[str]) -> Element:
    """After the last view."""
    found = {name: main_rows(results)[name]["selective"] for name in policies}
    x = Axis.over([0.0, 100.0], 46.0, WIDTH - 10.0)
    y = Axis.over([0.0, *(100 * risk for row in found.values() for risk in row["risk"])], HEIGHT - 44.0, 10.0)
    return chart(
        WIDTH,
        HEIGHT,
        "Risk against coverage after the last view",
        x,
        y,
        ("coverage: episodes answered, %", "risk: answers wrong, %"),
        [
            curve(
                results,
                name,
                [(x(100 * c), y(100 * r)) for c, r in zip(row["coverage"], row["risk"], strict=True)],
                dots=False,
            )
            for name, row in found.items()
        ],
    )
