"""Reliability diagram: how often a belief of a given strength was right after the last view."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.reading import main_rows
from activevision.evaluation.report.series import series
from activevision.pages.html import element, line, svg, text
from activevision.pages.words import number

SIZE = 340


def calibration_plot(results: dict[str, Any], policies: list[str]) -> Element:
    """Square, for ``policies``; the area of a dot is its share of the episodes."""
    left, right, top, bottom = 44.0, SIZE - 10.0, 12.0, SIZE - 44.0

    def x(share: float) -> float:
        return left + (right - left) * share

    def y(share: float) -> float:
        return bottom - (bottom - top) * share

    ticks = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    curves = []
    for name in policies:
        bins = main_rows(results)[name]["reliability"]
        marks = [(x(c), y(a)) for c, a in zip(bins["confidence"], bins["accuracy"], strict=True)]
        dots = [
            element("circle", cx=px, cy=py, r=max(2.0, 16 * weight**0.5), class_="blob")
            for (px, py), weight in zip(marks, bins["weight"], strict=True)
        ]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in marks)
        curves.append(
            element("g", element("polyline", points=path, class_="curve"), dots, class_=series(results, name))
        )
    return svg(
        SIZE,
        SIZE,
        "Accuracy against confidence after the last view",
        [line(left, y(tick), right, y(tick), "grid") for tick in ticks],
        [text(left - 8, y(tick) + 4, number(100 * tick, 0), "tick", "end") for tick in ticks],
        [text(x(tick), bottom + 18, number(100 * tick, 0), "tick", "middle") for tick in ticks],
        line(x(0), y(0), x(1), y(1), "diagonal"),
        text((left + right) / 2, bottom + 36, "confidence, %", "axis", "middle"),
        element("text", "accuracy, %", transform=f"translate(11 {(top + bottom) / 2}) rotate(-90)", class_="axis",
                text_anchor="middle"),
        curves,
    )  # fmt: skip
