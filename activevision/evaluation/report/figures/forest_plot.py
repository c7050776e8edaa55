"""Paired differences as a forest plot: one row per comparison, an interval about a line at zero.

Coloured is what stands after Holm's correction.
"""

from __future__ import annotations

import math
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from activevision.evaluation.ladder import called
from activevision.evaluation.reading import shown_views, versus
from activevision.evaluation.significance import clearly_above, clearly_below
from activevision.pages.html import WIDE, element, line, svg, text
from activevision.pages.words import interval, number, points

_ROW = 24.0
_LETTER = 7.0  # pixels, of the names
_TICK = 30.0  # pixels that a written tick needs


def forest_plot(results: dict[str, Any], policy: str, width: int) -> Element:
    """Differences of ``policy`` to the baselines, grouped by view; at most four views are shown."""
    shown = shown_views(results, most=5)
    groups = [versus(results, policy, view) for view in shown[1:]]
    low = min(row["ci95"][0] for group in groups for row in group)
    high = max(row["ci95"][1] for group in groups for row in group)
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if (max(high, 0) - min(low, 0)) / s <= 7 or s == 0.5)
    low, high = math.floor(min(low, 0.0) / step) * step, math.ceil(max(high, 0.0) / step) * step
    if low == high:
        low, high = -step, step
    longest = max(len(called(row["policy"])) for group in groups for row in group)
    left, right = 52.0 + _LETTER * longest, width - (165.0 if width == WIDE else 58.0)

    def x(difference: float) -> float:
        return left + (right - left) * (difference - low) / (high - low)

    body: list[Element] = []
    y = 8.0
    for group in groups:
        y += 18
        body.append(text(0, y, f"view {group[0]['view']}", "group"))
        for row in group:
            y += _ROW
            body.append(_comparison(row, x, y, right, width))
        y += 10
    ticks = np.arange(round(low / step), round(high / step) + 1) * step
    every = math.ceil(_TICK * (len(ticks) - 1) / (right - left))  # where they are close, some are written
    wide = width == WIDE
    axis = ((left + right) / 2, y + 40) if wide else (float(width), y + 40)
    return svg(
        width,
        y + 46,
        f"Differences in accuracy between {called(policy)} and the baselines, in points",
        [line(x(tick), 8, x(tick), y + 4, "zero" if abs(tick) < 1e-9 else "grid") for tick in ticks],
        [
            text(x(tick), y + 20, number(100 * tick, 0, sign=True), "tick", "middle")
            for tick in ticks
            if round(tick / step) % every == 0
        ],
        text(*axis, f"points of accuracy, {called(policy)} minus baseline", "axis", "middle" if wide else "end"),
        body,
    )


def _comparison(row: dict[str, Any], x: Any, y: float, right: float, width: int) -> Element:
    low, high = row["ci95"]
    verdict = "better" if clearly_above(row) else "worse" if clearly_below(row) else "level"
    told = [text(right + 54, y, points(row["difference"]), "value", "end")]
    if width == WIDE:
        told.append(text(width, y, interval(row["ci95"]), "tick", "end"))
    return element(
        "g",
        text(12, y, f"vs {called(row['policy'])}"),
        line(x(low), y - 4, x(high), y - 4, "whisker"),
        element("circle", cx=x(row["difference"]), cy=y - 4, r=4.5, class_="dot"),
        told if width == WIDE else text(width, y, points(row["difference"]), "value", "end"),
        class_=verdict,
    )
