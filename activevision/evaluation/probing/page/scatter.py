"""Two figures of every encoder against each other, with whiskers."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.probing.page.encoders import colour, ranked
from activevision.pages.axis import Axis
from activevision.pages.html import element, line, svg, text
from activevision.pages.labels import spread_labels

WIDTH, HEIGHT = 430, 380
_LETTER = 6.8  # pixels, of the labels
_FAR = 16.0  # pixels between a dot and its name from which on a line leads there


def scatter(results: dict[str, Any], across: str, up: str, height: int = HEIGHT) -> Element:
    names = [
        name
        for name in ranked(results)
        if across in results["encoders"][name]["figures"] and up in results["encoders"][name]["figures"]
    ]
    entries = {name: [results["encoders"][name]["figures"][key] for key in (across, up)] for name in names}
    chance = [results["chance"].get(key) for key in (across, up)]
    x, y = (
        Axis.over([*(end for pair in entries.values() for end in pair[i]["ci95"]), *nothing], begin, end)
        for i, (begin, end) in enumerate(((56.0, WIDTH - 12.0), (height - 46.0, 14.0)))
        for nothing in [[] if chance[i] is None else [chance[i]]]
    )
    heights = spread_labels([y(entries[name][1]["value"]) for name in names], y.end, y.begin)
    dots, labels = [], []  # names over all whiskers
    for name, at in zip(names, heights, strict=True):
        h, v = entries[name]
        px, py = x(h["value"]), y(v["value"])
        left = px + 9 + _LETTER * len(name) > WIDTH
        beside = px + (-10 if left else 10)
        dots.append(
            element(
                "g",
                line(x(h["ci95"][0]), py, x(h["ci95"][1]), py, "whisker"),
                line(px, y(v["ci95"][0]), px, y(v["ci95"][1]), "whisker"),
                element("circle", cx=px, cy=py, r=5.5, class_="dot"),
                style=colour(results, name),
            )
        )
        labels.append(
            element(
                "g",
                line(px, py, beside, at - 10, "leader") if abs(at - 6 - py) > _FAR else None,
                text(beside, at - 6, name, "name", "end" if left else "start"),
                style=colour(results, name),
            )
        )
    titles = [results["measures"][key]["title"] for key in (across, up)]
    middle = (y.begin + y.end) / 2
    return svg(
        WIDTH,
        height,
        f"{titles[1]} against {titles[0]}",
        [line(x.begin, y(tick), x.end, y(tick), "grid") for tick in y.ticks],
        [text(x.begin - 7, y(tick) + 4, y.written(tick), "tick", "end") for tick in y.ticks],
        [text(x(tick), y.begin + 18, x.written(tick), "tick", "middle") for tick in x.ticks],
        line(x(chance[0]), y.begin, x(chance[0]), y.end, "nothing") if chance[0] is not None else None,
        line(x.begin, y(chance[1]), x.end, y(chance[1]), "nothing") if chance[1] is not None else None,
        dots,
        labels,
        text((x.begin + x.end) / 2, height - 8, titles[0], "axis", "middle"),
        element(
            "text", titles[1], transform=f"translate(11 {middle}) rotate(-90)", class_="axis", text_anchor="middle"
        ),
    )
