"""A policy's curve in a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.report.series import series
from activevision.pages.chart import points
from activevision.pages.html import element


def curve(results: dict[str, Any], policy: str, marks: Sequence[tuple[float, float]], dots: bool = True) -> Element:
    """Through ``marks`` in pixels, in the policy's colour; with a dot on each."""
    return element(
        "g",
        element("polyline", points=points(marks), class_="curve"),
        [element("circle", cx=px, cy=py, r=3.0, class_="dot") for px, py in marks] if dots else None,
        class_=series(results, policy),
    )
