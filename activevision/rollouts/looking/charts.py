"""Drawings of the page: distributions and curves. Figures of where the camera was are in ``maps``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from activevision.pages.html import element, line, svg, text
from activevision.pages.words import number, percent

SMALL, HALF = 284, 430
_SHARES = (0.01, 0.1, 0.5, 1.0)
_BINS = 41


def motions(
    title: str, realised: NDArray[np.float64], commanded: NDArray[np.float64] | None, most: float, unit: str
) -> Element:
    """Distribution of one component of the twists (N,), over −``most`` to ``most``.

    Heights are square roots of shares, so that the rare motions show beside the frequent ones. ``commanded`` is drawn
    as an outline where it is another.
    """
    left, top, width, height = 38.0, 26.0, SMALL - 46.0, 112.0
    edges = np.linspace(-most, most, _BINS + 1)
    shares = _shares(realised, edges)
    outline = None if commanded is None else _shares(commanded, edges)
    highest = max(0.05, float(shares.max()), 0.0 if outline is None else float(outline.max()))

    def y(share: float) -> float:
        return top + height * (1 - math.sqrt(share / highest))

    step = width / _BINS
    bars = [
        element(
            "rect",
            element("title", f"{number(edges[i], 2)} to {number(edges[i + 1], 2)} {unit}: {percent(share)}"),
            x=left + i * step + 0.5,
            y=y(share),
            width=step - 1,
            height=top + height - y(share),
            class_="realised",
        )
        for i, share in enumerate(shares.tolist())
        if share
    ]
    contour = None
    if outline is not None:
        corners = [
            f"{left + (i + side) * step:.1f},{y(share):.1f}"
            for i, share in enumerate(outline.tolist())
            for side in (0, 1)
        ]
        contour = element("polyline", points=" ".join(corners), class_="commanded")
    bottom = top + height
    return svg(
        SMALL,
        bottom + 22,
        f"Distribution of {title}",
        text(0, 13, title, "group"),
        [
            element(
                "g",
                line(left, y(share), left + width, y(share), "grid"),
                text(left - 6, y(share) + 4, percent(share, 0), "tick", "end"),
            )
            for share in _SHARES
            if share <= highest
        ][-2:],
        bars,
        contour,
        line(left, bottom, left + width, bottom, "zero"),
        [
            text(left + width * place, bottom + 16, label, "tick", anchor)
            for place, label, anchor in (
                (0.0, number(-most, _digits(most)), "start"),
                (0.5, "0", "middle"),
                (1.0, f"{number(most, _digits(most))}{unit}", "end"),
            )
        ],
    )


def over_time(title: str, time: NDArray[np.float64], values: NDArray[np.float64], unit: str) -> Element:
    """Median and the middle half and four fifths of values (E, T) over time (T,); NaN where an episode has ended."""
    left, top, width, height = 44.0, 30.0, HALF - 60.0, 150.0
    low, lower, middle, upper, high = np.nanpercentile(values, [10, 25, 50, 75, 90], axis=0)
    most = nice(float(high.max()) or 1.0)
    last = float(time[-1])

    def points(series: NDArray[np.float64]) -> list[str]:
        return [
            f"{left + width * t / last:.1f},{top + height * (1 - min(v / most, 1.0)):.1f}"
            for t, v in zip(time.tolist(), series.tolist(), strict=True)
        ]

    def band(below: NDArray[np.float64], above: NDArray[np.float64], class_: str) -> Element:
        return element("polygon", points=" ".join(points(above) + points(below)[::-1]), class_=class_)

    bottom = top + height
    return svg(
        HALF,
        bottom + 34,
        f"{title} over time",
        text(0, 13, f"{title}, {unit}", "group"),
        [
            element(
                "g",
                line(left, y, left + width, y, "grid"),
                text(left - 7, y + 4, f"{most * share:.3g}", "tick", "end"),
            )
            for share in (0.0, 0.5, 1.0)
            for y in [bottom - height * share]
        ],
        band(low, high, "outer"),
        band(lower, upper, "inner"),
        element("polyline", points=" ".join(points(middle)), class_="median"),
        [text(left + width * share, bottom + 17, f"{last * share:.3g}", "tick", "middle") for share in (0.0, 0.5, 1.0)],
        text(left + width / 2, bottom + 32, "seconds since the first view", "axis", "middle"),
    )


def depth_histogram(counts: NDArray[np.int64], edges: NDArray[np.float64], width: int) -> Element:
    """Distribution of depths, over a logarithmic axis."""
    filled = np.flatnonzero(counts)
    first, last = int(filled[0]), int(filled[-1]) + 1
    counts, edges = counts[first:last], edges[first : last + 1]
    shares = counts / counts.sum()
    left, top, height, across = 8.0, 8.0, 130.0, width - 16.0
    low, high = math.log(edges[0]), math.log(edges[-1])

    def x(metres: float) -> float:
        return left + across * (math.log(metres) - low) / (high - low)

    bottom = top + height
    ticks = [value * 10.0**power for power in range(-2, 3) for value in (1, 2, 5)]
    return svg(
        width,
        bottom + 36,
        "Distribution of depth",
        [
            element(
                "rect",
                element("title", f"{number(edges[i], 2)} to {number(edges[i + 1], 2)} m: {percent(share, 2)}"),
                x=x(edges[i]),
                y=bottom - height * share / shares.max(),
                width=max(x(edges[i + 1]) - x(edges[i]) - 0.6, 0.4),
                height=height * share / shares.max(),
                class_="realised",
            )
            for i, share in enumerate(shares.tolist())
        ],
        line(left, bottom, left + across, bottom, "zero"),
        [
            element(
                "g",
                line(x(tick), bottom, x(tick), bottom + 4, "zero"),
                text(x(tick), bottom + 18, f"{tick:g}", "tick", "middle"),
            )
            for tick in ticks
            if edges[0] <= tick <= edges[-1]
        ],
        text(left + across / 2, bottom + 34, "metres", "axis", "middle"),
    )


def bars(rows: Sequence[tuple[str, int]]) -> Element:
    """Names with their counts, as bars in the order they come in."""
    most = max(count for _, count in rows)
    return element(
        "div",
        [
            element(
                "div",
                element("span", name, class_="name", title=name),
                element("div", element("i", style=f"width: {100 * count / most:.1f}%"), class_="track"),
                element("span", str(count), class_="share"),
                class_="row",
            )
            for name, count in rows
        ],
        class_="bars",
    )


def nice(value: float) -> float:
    """The least of 1, 2, 2.5, 5 and 10 times a power of ten that is not below a positive value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * 0.999)


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return counts / max(len(values), 1)


def _digits(most: float) -> int:
    return 0 if most >= 10 else 1 if most >= 1 else 2 if most >= 0.1 else 3
