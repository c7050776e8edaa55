"""Shares as squares of a few strengths of colour: small drawings that follow the page's colours, and print."""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from activevision.pages.html import element, svg, text
from activevision.pages.words import percent

LEVELS = 16
Square = tuple[float, float, float]
"""Left, top, and the share of the full colour, which is 1 at most."""


def level(share: float) -> int:
    """From 0, which is left blank and means nothing at all, to ``LEVELS``, the full colour."""
    return min(LEVELS, math.ceil(LEVELS * share - 1e-9)) if share > 0 else 0


def squares(cells: Iterable[Square], width: float, height: float, class_: str) -> list[Element]:
    """One path for each strength of colour that occurs."""
    strokes: dict[int, list[str]] = {}
    for left, top, share in cells:
        if found := level(share):
            strokes.setdefault(found, []).append(f"M{left:.1f} {top:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z")
    return [
        element("path", d="".join(strokes[found]), class_=class_, fill_opacity=f"{found / LEVELS:.3f}")
        for found in sorted(strokes)
    ]


def scale(least: str, most: float, class_: str = "cell", clipped: bool = False) -> Element:
    """What the strengths stand for: from ``least`` to a share of ``most``, or more of it where that is clipped."""
    side, left = 8.0, 10 + 6.4 * len(least)
    return svg(
        left + LEVELS * side + 96,
        20,
        f"{least} to {percent(most, 0)}",
        text(0, 14, least, "tick"),
        squares([(left + k * side, 2.0, (k + 1) / LEVELS) for k in range(LEVELS)], side, 15, class_),
        text(left + LEVELS * side + 6, 14, f"{percent(most, 0)}{' or more' if clipped else ''}", "tick"),
    )
