"""A figure of every encoder after 1 … T steps, with bands; every line is named where it ends."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.probing.page.encoders import colour, ranked
from activevision.pages.axis import Axis
from activevision.pages.html import element, line, svg, text
from activevision.pages.labels import spread_labels

WIDTH = 430
_LETTER = 7.0


def curves(results: dict[str, Any], key: str, title: str) -> Element:
    rows = results["encoders"]
    names = [name for name in reversed(ranked(results)) if key in rows[name]["figures"]]
    steps = {name: rows[name]["figures"][key]["steps"] for name in names}
    count = len(steps[names[0]]["value"])
    margin = 16 + _LETTER * max(len(name) for name in names)
    height = 270.0 + max(0.0, 17.0 * (len(names) - 11))
    still = results["standing_still"][key]
    values = [*still, *(v for of_name in steps.values() for v in of_name["value"])]
    y = Axis.over([*values, 0.0], height - 42, 30.0, 5)

    def x(step: float) -> float:
        return 36.0 + (WIDTH - margin - 36.0) * ((step - 1) / (count - 1) if count > 1 else 0.5)

    def points(series: list[float]) -> list[str]:
        return [f"{x(t + 1):.1f},{y(min(max(v, y.low), y.high)):.1f}" for t, v in enumerate(series)]

    ends = spread_labels([y(steps[name]["value"][-1]) for name in names], y.end, y.begin)
    body = [
        element(
            "g",
            element(
                "polygon",
                points=" ".join(
                    points([high for _, high in steps[name]["ci95"]])
                    + points([low for low, _ in steps[name]["ci95"]])[::-1]
                ),
                class_="band",
            ),
            element("polyline", points=" ".join(points(steps[name]["value"])), class_="curve"),
            line(x(count) + 4, y(steps[name]["value"][-1]), x(count) + 12, at, "leader"),
            text(x(count) + 15, at + 4, name, "name"),
            style=colour(results, name),
        )
        for name, at in zip(names, ends, strict=True)
    ]
    shown = sorted({round(1 + (count - 1) * share / 4) for share in range(5)})
    return svg(
        WIDTH,
        height,
        f"{title}, by the number of steps",
        text(0, 13, title, "group"),
        [line(x(1), y(tick), x(count), y(tick), "grid") for tick in y.ticks],
        [text(29, y(tick) + 4, y.written(tick), "tick", "end") for tick in y.ticks],
        element("polyline", points=" ".join(points(still)), class_="nothing"),
        [text(x(step), y.begin + 18, str(step), "tick", "middle") for step in shown],
        text((x(1) + x(count)) / 2, height - 6, "steps", "axis", "middle"),
        body,
    )
