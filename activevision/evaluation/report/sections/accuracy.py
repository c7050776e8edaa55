"""Accuracy after every view: curves, and the table of policies with marks of significance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.cast import featured, in_order
from activevision.evaluation.nouns import noun_of
from activevision.evaluation.reading import (
    CEILING,
    half_width,
    is_ceiling,
    main_rows,
    of_kind,
    shown_views,
    versus,
)
from activevision.evaluation.report.figures.accuracy_plot import accuracy_plot
from activevision.evaluation.report.series import DESCRIPTIONS, named, series
from activevision.evaluation.significance import ALL, BELOW, LEVEL, RANDOM, mark
from activevision.pages.html import element, responsive
from activevision.pages.parts import section, tabled
from activevision.pages.words import number, percent

_FURTHER = ("area", "worst", "gained", "lost")


def accuracy(results: dict[str, Any]) -> Element:
    made = results["intervals"]
    sample = f"{made['scenes']} {noun_of(results)}, {made['seeds']} {'seed' if made['seeds'] == 1 else 'seeds'}"
    how = (
        f"Bands are {percent(made['level'], 0)} bootstrap intervals over {made['over']} ({sample}, "
        f"{made['resamples']:,} resamples)."
    )
    classes = len(results["catalogue"]["classes"])
    ceilings = (
        " Dashed lines are ceilings, references with privileged information: they see everything or know the label."
        if of_kind(results, CEILING)
        else ""
    )
    alone = " One seed: how much training varies is not in them." if made["seeds"] == 1 else ""
    left_out = len(main_rows(results)) - len(featured(results))
    some = f" {left_out} further policies are in the table alone." if left_out else ""
    return section(
        "Accuracy after every view",
        f"{how}{alone} A guess among {classes} classes is right {percent(1 / classes)} of the time.{ceilings}{some}",
        responsive(lambda width: accuracy_plot(results, width)),
        _marks_legend(results),
        tabled(_policies_table(results), _policies_note(results)),
    )


def _marks_legend(results: dict[str, Any]) -> Element | None:
    """What the marks of significance in the table mean; None where nothing is compared."""
    if not any(versus(results, name) for name in main_rows(results)):
        return None
    return element(
        "p",
        [
            element("span", element("b", sign, class_=class_), meaning)
            for sign, class_, meaning in (
                (ALL, "above", "clearly above every policy it is compared with"),
                (RANDOM, "above", "clearly above random, not above all"),
                (BELOW, "below", "clearly below random"),
            )
        ],
        element(
            "span",
            f"Paired differences, p < {LEVEL:g} by Holm's correction over {results['intervals']['comparisons']} "
            "comparisons.",
        ),
        class_="legend marks",
    )


def _policies_table(results: dict[str, Any]) -> Element:
    views = shown_views(results)
    head = element(
        "thead",
        element(
            "tr",
            element("th", "policy"),
            [element("th", f"view {view}", class_="number") for view in views],
            [element("th", title, class_="number") for title in _FURTHER],
        ),
    )
    bodies = [
        element(
            "tbody",
            [_policy_row(results, name, views) for name in names],
            class_="ceilings" if ceilings else None,
        )
        for ceilings in (False, True)
        if (names := [name for name in in_order(results) if is_ceiling(results, name) == ceilings])
    ]
    return element("table", head, bodies, class_="policies")


def _policy_row(results: dict[str, Any], name: str, views: Sequence[int]) -> Element:
    row = main_rows(results)[name]
    further = (row["area"], row["adversarial"][-1], row["flips"]["gained"], row["flips"]["lost"])
    return element(
        "tr",
        named(name, _does(results, name)),
        [
            element(
                "td",
                number(100 * row["accuracy"][view - 1]),
                element("b", sign, class_="below" if sign == BELOW else "above")
                if (sign := mark(results, name, view))
                else None,
                element("small", f"±{number(100 * half_width(row['ci95'][view - 1]))}"),
                class_="number marked",
            )
            for view in views
        ],
        [element("td", number(100 * share), class_="number") for share in further],
        class_=series(results, name),
    )


def _does(results: dict[str, Any], name: str) -> str:
    """What a policy does, and its fusion where that is not the main one."""
    fusion = main_rows(results)[name]["fusion"]
    other = f"fusion {fusion}" if fusion != results["decomposition"]["reference"]["fusion"] else ""
    return "; ".join(part for part in (DESCRIPTIONS.get(name, ""), other) if part)


def _policies_note(results: dict[str, Any]) -> str:
    rows = main_rows(results).values()
    fusion = results["decomposition"]["reference"]["fusion"]
    others = any(row["fusion"] != fusion for row in rows)
    least, most = min(row["starts"][0] for row in rows), max(row["starts"][1] for row in rows)
    starts = f"{least}" if least == most else f"{least} to {most}"
    worst = (
        f"recognised after the last view from every one of {starts} starts" if most > 1 else "the same, of one start"
    )
    return (
        f"In %; ± is half of the 95 % interval. Fusion: {fusion}{', unless named' if others else ''}. "
        "Area: accuracy averaged over all budgets of views. "
        f"Worst: {worst}. Gained, lost: answers that the views after the first put right and wrong."
    )
