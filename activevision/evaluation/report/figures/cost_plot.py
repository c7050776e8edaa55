"""Accuracy against what the camera had to turn or to travel for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.reading import main_rows
from activevision.evaluation.report.figures.curve import curve
from activevision.evaluation.report.figures.risk_plot import HEIGHT, WIDTH
from activevision.pages.axis import Axis
from activevision.pages.chart import chart


def cost_plot(results: dict[str, Any], policies: Sequence[str], cost: str, words: str) -> Element:
    """A dot for every view. cost: figure of a row with a value for each view, which ``words`` name."""
    rows = main_rows(results)
    x = Axis.over([0.0, *(rows[name][cost][-1] for name in policies)], 46.0, WIDTH - 12.0, most=5)
    shares = [100 * share for name in policies for share in rows[name]["accuracy"]]
    y = Axis.over(shares, HEIGHT - 44.0, 10.0)
    return chart(
        WIDTH,
        HEIGHT,
        f"Accuracy against {words}",
        x,
        y,
        (words, "accuracy, %"),
        [
            curve(
                results,
                name,
                [
                    (x(spent), y(100 * share))
                    for spent, share in zip(rows[name][cost], rows[name]["accuracy"], strict=True)
                ],
            )
            for name in policies
        ],
    )
