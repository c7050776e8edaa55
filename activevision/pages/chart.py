"""An empty chart: two axes with ticks and their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from activevision.pages.axis import Axis
from activevision.pages.html import Child, element, line, svg, text


def chart(
    width: float,
    height: float,
    title: str,
    x: Axis,
    y: Axis,
    named: tuple[str, str],
    *children: Child | Iterable[Child],
) -> Element:
    """A drawing with ``children`` over the grid; ``named`` is what stands along x and along y."""
    middle = (y.begin + y.end) / 2
    return svg(
        width,
        height,
        title,
        [line(x.begin, y(tick), x.end, y(tick), "grid") for tick in y.ticks],
        [text(x.begin - 7, y(tick) + 4, y.written(tick), "tick", "end") for tick in y.ticks],
        [text(x(tick), y.begin + 18, x.written(tick), "tick", "middle") for tick in x.ticks],
        text((x.begin + x.end) / 2, height - 6, named[0], "axis", "middle"),
        element(
            "text", named[1], transform=f"translate(11 {middle:.1f}) rotate(-90)", class_="axis", text_anchor="middle"
        ),
        *children,
    )


def points(marks: Sequence[tuple[float, float]]) -> str:
    """Pixels as a polyline wants them."""
    return " ".join(f"{px:.1f},{py:.1f}" for px, py in marks)
