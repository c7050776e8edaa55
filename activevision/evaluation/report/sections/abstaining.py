"""Knowing when to stop and when not to answer."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from activevision.evaluation.cast import featured, in_order, protagonist
from activevision.evaluation.ladder import called
from activevision.evaluation.reading import is_ceiling, main_rows, views_of, why_missing
from activevision.evaluation.report.figures.risk_plot import risk_plot
from activevision.evaluation.report.figures.stopping_plot import stopping_plot, stops_itself
from activevision.evaluation.report.series import legend, policy_table
from activevision.pages.html import element
from activevision.pages.parts import folded, section, tabled
from activevision.pages.words import listed, number, percent

_COVERAGE, _CONFIDENCE = 0.8, 0.9


def abstaining(results: dict[str, Any]) -> Element:
    names = [name for name in in_order(results) if not is_ceiling(results, name)] or list(main_rows(results))
    own = [name for name in names if stops_itself(results, name)]
    drawn = [name for name in names if name in featured(results) or name in own]
    looking = [name for name in drawn if name != "single"] or drawn
    lead = protagonist(results)
    fixed = lead if lead in looking else looking[-1]
    rest = [name for name in names if name not in drawn]
    stops = (
        f"Dots: stopping once the most believed class has a belief of 50 to 99 %; dotted: {fixed} with the same number "
        f"of views for every episode.{_themselves(own)}"
    )
    return section(
        "Stopping and abstaining",
        "Left, who answers only where its belief is strongest: a good agent is wrong where it was unsure, and its "
        "curve falls to the left. "
        + (f"Right, what is had for how many views. {stops}" if views_of(results) > 1 else ""),
        legend(results, drawn),
        element(
            "div",
            element("div", risk_plot(results, drawn), class_="plot"),
            element("div", stopping_plot(results, looking, fixed), class_="plot") if views_of(results) > 1 else None,
            class_="pair",
        ),
        _table(results, drawn),
        folded(f"The other {len(rest)} policies", _table(results, rest)) if rest else None,
    )


def _themselves(own: list[str]) -> str:
    if not own:
        return ""
    verbs = ("stops", "it chooses") if len(own) == 1 else ("stop", "they choose")
    return f" Squares: {listed([called(name) for name in own])}, which {verbs[0]} when {verbs[1]}."


def _table(results: dict[str, Any], names: list[str]) -> tuple[Element, Element]:
    rows = main_rows(results)
    heads = (
        "policy", "AURC", "excess", f"risk at {percent(_COVERAGE, 0)}", "views taken",
        f"views to {percent(_CONFIDENCE, 0)}", "reached", "right then",
    )  # fmt: skip
    cells = {}
    for name in names:
        row, stop = rows[name], rows[name]["stopping"]
        at = int(np.argmin(np.abs(np.asarray(stop["threshold"]) - _CONFIDENCE)))
        covered = int(np.argmin(np.abs(np.asarray(row["selective"]["coverage"]) - _COVERAGE)))
        figures = (
            number(100 * row["aurc"][-1]),
            number(100 * row["excess_aurc"][-1]),
            number(100 * row["selective"]["risk"][covered]),
            "–" if row["views_taken"] is None else number(row["views_taken"], 2),
            number(stop["views"][at], 2),
            number(100 * stop["reached"][at]),
            number(100 * stop["accuracy"][at]),
        )
        cells[name] = [element("td", figure, class_="number") for figure in figures]
    return tabled(
        policy_table(results, heads, cells),
        "After the last view, in %: area under risk against coverage (AURC), what of it a perfect order of the same "
        f"answers would not have, and the risk of the {percent(_COVERAGE, 0)} most confident answers. Views taken: "
        f"until the policy stopped. Views to {percent(_CONFIDENCE, 0)}: if stopped at that confidence, how often it is "
        f"reached, and accuracy then.{why_missing(results, 'views_taken', of=names)}",
    )
