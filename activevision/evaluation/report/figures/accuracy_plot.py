"""Accuracy against the number of views, with bands; every line is named where it ends."""

from __future__ import annotations

import math
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from activevision.evaluation.cast import featured
from activevision.evaluation.ladder import called
from activevision.evaluation.reading import is_ceiling, main_rows, views_of
from activevision.evaluation.report.series import series
from activevision.pages.chart import points
from activevision.pages.html import WIDE, element, line, svg, text
from activevision.pages.labels import spread_labels
from activevision.pages.words import number, percent

_LETTER = 7.4  # pixels, of the names


def accuracy_plot(results: dict[str, Any], width: int) -> Element:
    """Of the policies that figures show."""
    policies, views = {name: main_rows(results)[name] for name in featured(results)}, views_of(results)
    height = 430 if width == WIDE else 330
    names = 58.0 + _LETTER * max(len(called(name)) for name in policies)
    left, right, top, bottom = 52.0, width - min(names, 0.4 * width), 14.0, height - 44.0
    low, high = _limits(policies)

    def x(view: float) -> float:
        return left + (right - left) * ((view - 1) / (views - 1) if views > 1 else 0.5)

    def y(share: float) -> float:
        return bottom - (bottom - top) * (share - low) / (high - low)

    step = 0.1 if high - low > 0.25 else 0.05
    ticks = np.arange(round(low / step), round(high / step) + 1) * step
    order = sorted(policies, key=lambda name: (not is_ceiling(results, name), "s-test" in series(results, name)))
    ends = spread_labels([y(policies[name]["accuracy"][-1]) for name in order], top, bottom)
    return svg(
        width,
        height,
        "Accuracy against the number of views, by policy",
        [line(left, y(tick), right, y(tick), "grid") for tick in ticks],
        [text(left - 8, y(tick) + 4, percent(tick, 0), "tick", "end") for tick in ticks],
        [text(x(view), bottom + 20, str(view), "tick", "middle") for view in _view_ticks(views)],
        text((left + right) / 2, bottom + 38, "number of views", "axis", "middle"),
        [_band(results, name, x, y) for name in order if not is_ceiling(results, name) and views > 1],
        [_curve(results, name, x, y) for name in order],
        [
            _name(results, name, right, y(policies[name]["accuracy"][-1]), end)
            for name, end in zip(order, ends, strict=True)
        ],
    )


def _limits(policies: dict[str, Any]) -> tuple[float, float]:
    """The intervals' range, out to multiples of 5 points and at least 20 points wide."""
    low = math.floor(min(ends[0] for row in policies.values() for ends in row["ci95"]) * 20) / 20
    high = math.ceil(max(ends[1] for row in policies.values() for ends in row["ci95"]) * 20) / 20
    if high - low > 0.25:
        low, high = math.floor(low * 10 + 1e-9) / 10, math.ceil(high * 10 - 1e-9) / 10
    return max(0.0, min(low, high - 0.2)), min(1.0, max(high, low + 0.2))


def _view_ticks(views: int) -> list[int]:
    """The first view and round numbers."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, views) if views / step <= 8)
    return sorted({1, *range(step, views + 1, step)})


def _band(results: dict[str, Any], name: str, x: Any, y: Any) -> Element:
    ends = main_rows(results)[name]["ci95"]
    outline = [(x(t + 1), y(high)) for t, (_, high) in enumerate(ends)]
    outline += [(x(t + 1), y(low)) for t, (low, _) in reversed(list(enumerate(ends)))]
    return element("polygon", points=points(outline), class_=f"band {series(results, name)}")


def _curve(results: dict[str, Any], name: str, x: Any, y: Any) -> Element:
    marks = [(x(t + 1), y(share)) for t, share in enumerate(main_rows(results)[name]["accuracy"])]
    dots = (
        [] if is_ceiling(results, name) else [element("circle", cx=px, cy=py, r=3.2, class_="dot") for px, py in marks]
    )
    return element("g", element("polyline", points=points(marks), class_="curve"), dots, class_=series(results, name))


def _name(results: dict[str, Any], name: str, right: float, at: float, end: float) -> Element:
    return element(
        "g",
        line(right + 5, at, right + 17, end, "leader"),
        element(
            "text",
            element("tspan", number(100 * main_rows(results)[name]["accuracy"][-1]), class_="value"),
            element("tspan", called(name), dx=5),
            x=right + 21,
            y=end + 4,
            class_="name",
        ),
        class_=series(results, name),
    )
