"""What swapping one part changes, the others held fixed: differences with intervals in groups about a line at zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from activevision.pages.axis import Axis
from activevision.pages.html import WIDE, element, line, svg, text
from activevision.pages.words import interval, number, points

_ROW, _LETTER = 23.0, 7.0


@dataclass(frozen=True)
class Swap:
    """One difference in accuracy: what was put in, the share, and the ends of its interval."""

    label: str
    difference: float
    ci95: tuple[float, float]


def swap_plot(title: str, groups: Sequence[tuple[str, Sequence[Swap]]], width: int) -> Element:
    """groups: what was swapped, and what was put in its place."""
    swaps = [swap for _, group in groups for swap in group]
    wide = width == WIDE
    left = min(24.0 + _LETTER * max(len(swap.label) for swap in swaps), 0.42 * width)
    right = width - (170.0 if wide else 56.0)
    x = Axis.over([0.0, *(100 * end for swap in swaps for end in swap.ci95)], left + 12, right, most=7 if wide else 4)
    body: list[Element] = []
    y = 4.0
    for heading, group in groups:
        y += 20
        body.append(text(0, y, heading, "group"))
        for swap in group:
            y += _ROW
            low, high = swap.ci95
            body.append(
                element(
                    "g",
                    text(12, y, swap.label),
                    line(x(100 * low), y - 4, x(100 * high), y - 4, "whisker"),
                    element("circle", cx=x(100 * swap.difference), cy=y - 4, r=4.5, class_="dot"),
                    text(width - (105 if wide else 0), y, points(swap.difference), "value", "end"),
                    text(width, y, interval(swap.ci95), "tick", "end") if wide else None,
                    class_="better" if low > 0 else "worse" if high < 0 else "level",
                )
            )
        y += 12
    return svg(
        width,
        y + 46,
        title,
        [line(x(tick), 8, x(tick), y + 4, "zero" if abs(tick) < 1e-9 else "grid") for tick in x.ticks],
        [text(x(tick), y + 20, number(tick, 0, sign=True), "tick", "middle") for tick in x.ticks],
        text((x.begin + x.end) / 2, y + 40, "points of accuracy", "axis", "middle"),
        body,
    )
