"""Scatter plots of encoders, and their rank correlations side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.probing.page.scatter import HEIGHT, scatter
from activevision.evaluation.study.config import CONTROL
from activevision.evaluation.study.findings import DOWN, OPEN, UP, estimated, verdict
from activevision.evaluation.study.results import EQUIVARIANCE, GIVEN, OUTCOMES, PROBED
from activevision.pages.html import WIDE, element, line, responsive, svg, text
from activevision.pages.parts import section
from activevision.pages.words import number

_ACROSS = (*EQUIVARIANCE[:2], GIVEN)
_JUDGED = ("accuracy", "gain_random")
_LINE = 17
_ROW = 26.0
_CLASSES = {UP: "better", DOWN: "worse", OPEN: "level"}
_TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def related(study: Mapping[str, Any], agent: str, outcome: str, measure: str) -> dict[str, Any]:
    """A row of the relations."""
    key = agent, outcome, measure
    return next(row for row in study["relations"] if (row["agent"], row["outcome"], row["measure"]) == key)


def panels(study: dict[str, Any]) -> list[Element]:
    """A section for each agent: accuracy, and what was gained by choosing, against what probes say of the encoder."""
    shown = _apart(study)
    return [
        section(
            f"{agent}: encoders and what they are good for",
            "Every dot is an encoder. Whiskers are 95 % intervals, over test objects and seeds, of how far it is from "
            "the mean of all encoders: what moves all alike, as the draw of objects does, changes no rank.",
            element(
                "div",
                [_panel(shown, agent, outcome, across) for outcome in _JUDGED for across in _ACROSS],
                class_="pair",
            ),
        )
        for agent in study["agents"]
    ]


def _apart(study: dict[str, Any]) -> dict[str, Any]:
    """With the intervals that tell encoders apart, and no chance level, which is far from all of them."""

    def figures(encoder: dict[str, Any]) -> dict[str, Any]:
        return {key: {**entry, "ci95": entry["ci95_apart"]} for key, entry in encoder["figures"].items()}

    encoders = {name: {**encoder, "figures": figures(encoder)} for name, encoder in study["encoders"].items()}
    return {**study, "chance": {}, "encoders": encoders}


def _panel(study: dict[str, Any], agent: str, outcome: str, across: str) -> Element:
    height = max(HEIGHT, 100 + _LINE * len(study["encoders"]))  # so that every name has a line of its own
    row = related(study, agent, outcome, across)
    return element(
        "figure",
        scatter(study, across, f"{outcome} {agent}", height),
        element("figcaption", "no rank correlation" if row["rho"] is None else f"ρ = {estimated(row)}", class_="note"),
    )


def correlations(study: dict[str, Any]) -> Element:
    return section(
        "Rank correlations",
        "Of every measure of the encoder with every way of judging an agent. Filled: Spearman’s ρ with its 95 % "
        "interval, in colour where that stays off zero. Hollow: the partial correlation, with linear-probe accuracy "
        f"held fixed. “{CONTROL}” moves at random, and shows what more views give by themselves.",
        responsive(lambda width: _forest(study, width)),
    )


def _forest(study: dict[str, Any], width: int) -> Element:
    """Agents above each other; ways of judging them side by side where there is room, else above each other too."""
    beside = width == WIDE
    label = 168.0
    columns = len(OUTCOMES) if beside else 1
    room = (width - label) / columns
    body: list[Element] = []
    y = 0.0
    for agent in (*study["agents"], CONTROL):
        judged = [row["outcome"] for row in study["relations"] if (row["agent"], row["measure"]) == (agent, GIVEN)]
        y += 20
        body.append(text(0, y, agent, "group"))
        for start in range(0, len(judged), columns):
            y += 0 if beside else 26
            for place, outcome in enumerate(judged[start : start + columns]):
                left = label + place * room + (8 if beside else 0)
                title = OUTCOMES[outcome].format(view=study["config"]["view"])
                body.append(text(left if beside else 0, y, title, "axis"))
                body += _column(study, agent, outcome, left, left + room - (34 if beside else 8), y)
            for line_, measure in enumerate(PROBED):
                body.append(text(0, y + _ROW * (line_ + 1), study["measures"][measure]["title"]))
            y += _ROW * len(PROBED) + 30
        y += 14
    return svg(width, y, "Rank correlations over encoders, with intervals", body)


def _column(study: dict[str, Any], agent: str, outcome: str, left: float, right: float, top: float) -> list[Element]:
    def x(rho: float) -> float:
        return left + (right - left) * (rho + 1) / 2

    bottom = top + _ROW * len(PROBED) + 10
    found = [line(x(tick), top + 8, x(tick), bottom, "zero" if tick == 0 else "grid") for tick in _TICKS]
    found += [text(x(tick), bottom + 14, number(tick, 1), "tick", "middle") for tick in _TICKS[::2]]
    for place, measure in enumerate(PROBED):
        row = related(study, agent, outcome, measure)
        y = top + _ROW * (place + 1) - 4
        found += _estimate(row, x, y - 3, "dot")
        if row["partial"] is not None:
            found += _estimate(row["partial"], x, y + 6, "hollow")
    return found


def _estimate(row: Mapping[str, Any], x: Any, y: float, class_: str) -> list[Element]:
    if row["rho"] is None or None in row["ci95"]:
        return []
    low, high = row["ci95"]
    return [
        element(
            "g",
            line(x(low), y, x(high), y, "whisker" if class_ == "dot" else "whisker thin"),
            element("circle", cx=x(row["rho"]), cy=y, r=4.5 if class_ == "dot" else 3.2, class_=class_),
            class_=_CLASSES[verdict(row["ci95"])],
        )
    ]
