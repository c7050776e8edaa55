"""Every policy between the floor and the ceilings at the headline view: a dot with its interval each."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.cast import in_order
from activevision.evaluation.ladder import called
from activevision.evaluation.reading import headline_view, is_ceiling, main_rows
from activevision.evaluation.report.series import series
from activevision.pages.axis import Axis
from activevision.pages.html import WIDE, element, line, svg, text
from activevision.pages.words import interval, number

_ROW = 23.0


def gap_plot(results: dict[str, Any], shares: dict[str, dict[str, Any]], ends: tuple[str, ...], width: int) -> Element:
    """shares: entries of ``gap_closed`` at the headline view, by policy. ends: rows that the gap is between, whose
    accuracies are drawn through as lines."""
    rows, view = main_rows(results), headline_view(results)
    wide = width == WIDE
    names = in_order(results)
    left = 8.0 + 7.2 * max(len(called(name)) for name in names)
    right = width - (305.0 if wide else 60.0)
    values = [100 * end for row in rows.values() for end in row["ci95"][view - 1]]
    values += [100 * results["rows"][name]["accuracy"][view - 1] for name in ends]
    x = Axis.over(values, left + 12, right, most=7 if wide else 4)
    bottom = 22.0 + _ROW * len(names)
    body: list[Element] = []
    for number_, name in enumerate(names):
        y = 22.0 + _ROW * (number_ + 0.6)
        low, high = rows[name]["ci95"][view - 1]
        share = rows[name]["accuracy"][view - 1]
        told = [text(right + 62, y, number(100 * share), "value", "end")]
        if wide:
            told.append(text(right + 165, y, interval((low, high)), "tick", "end"))
            closed = shares.get(name)
            if closed is not None and closed["share"] is not None:
                told.append(text(width - 90, y, number(100 * closed["share"], 0), "value", "end"))
                told.append(text(width, y, interval(closed["ci95"], digits=0), "tick", "end"))
        body.append(
            element(
                "g",
                text(0, y, called(name), "name"),
                line(x(100 * low), y - 4, x(100 * high), y - 4, "whisker"),
                element("circle", cx=x(100 * share), cy=y - 4, r=4.5, class_="dot"),
                told,
                class_=series(results, name),
            )
        )
    heads = [text(right + 62, 12, "%", "tick", "end")] if wide else []
    if wide and any(row["share"] is not None for row in shares.values()):
        heads.append(text(width, 12, "gap closed, %", "tick", "end"))
    return svg(
        width,
        bottom + 44,
        f"Accuracy of every policy after view {view} between floor and ceilings",
        [line(x(tick), 18, x(tick), bottom, "grid") for tick in x.ticks],
        [text(x(tick), bottom + 18, x.written(tick), "tick", "middle") for tick in x.ticks],
        [
            element("g", line(at, 18, at, bottom, "end"), class_=series(results, end["policy"]))
            for end in (results["rows"][name] for name in ends)
            for at in [x(100 * end["accuracy"][view - 1])]
        ],
        text((x.begin + x.end) / 2, bottom + 38, f"accuracy after view {view}, %", "axis", "middle"),
        heads,
        body,
        _rule(results, names, width),
    )


def _rule(results: dict[str, Any], names: list[str], width: int) -> Element | None:
    """Between policies and ceilings."""
    first = next((place for place, name in enumerate(names) if is_ceiling(results, name)), None)
    if not first:
        return None
    return line(0, 22.0 + _ROW * first + 1, width, 22.0 + _ROW * first + 1, "rule")
