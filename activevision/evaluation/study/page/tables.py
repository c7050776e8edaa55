"""All figures as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.probing.page.encoders import colour
from activevision.evaluation.study.config import BASELINES, CONTROL, fusion_of
from activevision.evaluation.study.findings import OPEN, probability, verdict
from activevision.evaluation.study.page.plots import related
from activevision.evaluation.study.results import FIRST, OUTCOMES, PROBED, RECORDED
from activevision.pages.html import element
from activevision.pages.parts import section, tabled
from activevision.pages.words import interval, number, percent


def relations(study: dict[str, Any]) -> Element:
    titles = ("ρ", "p", "partial ρ", "encoders", "objects, seeds", "without one")
    head = element("tr", element("th", ""), [element("th", title, class_="number") for title in titles])
    bodies = [
        element(
            "tbody",
            element("tr", element("th", _heading(study, agent, outcome), colspan=1 + len(titles), class_="heading")),
            [_relation(study, agent, outcome, measure) for measure in PROBED],
        )
        for agent, outcome in dict.fromkeys((row["agent"], row["outcome"]) for row in study["relations"])
    ]
    return section(
        "The same in figures",
        None,
        tabled(
            element("table", element("thead", head), bodies, class_="relations"),
            "Spearman’s ρ with 95 % intervals, bold where they stay off zero. Encoders; objects, seeds: ends of the "
            "interval when nothing else is drawn. Without one: lowest and highest ρ when an encoder is left out.",
        ),
    )


def _heading(study: dict[str, Any], agent: str, outcome: str) -> str:
    return study["measures"][f"{outcome} {agent}"]["title"]


def _relation(study: dict[str, Any], agent: str, outcome: str, measure: str) -> Element:
    row = related(study, agent, outcome, measure)
    return element(
        "tr",
        element("th", study["measures"][measure]["title"], scope="row"),
        _estimate(row),
        element("td", probability(row["p"]).removeprefix("= "), class_="number"),
        _estimate(row["partial"]),
        _ends(row["ci95_of"]["encoders"]),
        _ends(row["ci95_of"]["objects_and_seeds"]),
        _ends(row["without_one"]),
    )


def _estimate(row: dict[str, Any] | None) -> Element:
    if row is None or row["rho"] is None:
        return element("td", "–", class_="number")
    clear = verdict(row["ci95"]) != OPEN
    known = None not in row["ci95"]
    return element(
        "td",
        number(row["rho"], 2, sign=True),
        element("small", interval(row["ci95"], 1, 2)) if known else None,
        class_="number clear" if clear else "number",
    )


def _ends(ends: Sequence[float | None]) -> Element:
    return element("td", interval(ends, 1, 2) if None not in ends else "–", class_="number soft")  # type: ignore[arg-type]


def encoders(study: dict[str, Any]) -> Element:
    probed = [key for key in RECORDED if key in study["measures"]]
    active = [FIRST, *(f"{outcome} {agent}" for agent in (*study["agents"], CONTROL) for outcome in OUTCOMES)]
    return section(
        "Encoders",
        "Each measured on test objects that neither it nor a probe nor an agent has seen, in the order of the first "
        "column. Reliability: share of the variance over encoders that is not the luck of objects and seeds; where it "
        "is low, a correlation could not have been seen.",
        element("h3", "What probes say of them"),
        element("div", _of_encoders(study, probed, windows=True), class_="scroll"),
        element("h3", "What agents make of them, in %"),
        tabled(
            _of_encoders(study, [key for key in active if key in study["measures"]], windows=False),
            "95 % intervals over test objects and seeds. Windows: frames, how far apart in the film, and why.",
        ),
    )


def _of_encoders(study: dict[str, Any], keys: Sequence[str], windows: bool) -> Element:
    names = sorted(study["encoders"], key=lambda name: -study["encoders"][name]["figures"][PROBED[0]]["value"])
    head = element(
        "tr",
        element("th", "objective"),
        [element("th", study["measures"][key]["title"], class_="number wrapped") for key in keys],
        element("th", "windows", class_="windows") if windows else None,
    )
    rows = [
        element(
            "tr",
            element("th", element("i", class_="swatch"), name, scope="row", style=colour(study, name)),
            [_figure(study, name, key) for key in keys],
            element("td", _windows(study["encoders"][name]["facts"]), class_="soft windows") if windows else None,
        )
        for name in names
    ]
    reliable = element(
        "tr",
        element("th", "reliability", scope="row"),
        [element("td", number(study["measures"][key]["reliability"], 2), class_="number") for key in keys],
        element("td", "") if windows else None,
    )
    return element(
        "table",
        element("thead", head),
        element("tbody", rows),
        element("tbody", reliable, class_="reliable"),
        class_="encoders",
    )


def _figure(study: dict[str, Any], name: str, key: str) -> Element:
    entry, probed = study["encoders"][name]["figures"][key], key in RECORDED
    return element(
        "td",
        number(entry["value"], 3) if probed else number(100 * entry["value"]),
        element("small", interval(entry["ci95"], 1, 2) if probed else interval(entry["ci95"], 100, 0)),
        class_="number",
    )


def _windows(facts: dict[str, Any]) -> str:
    if "settings" not in facts:
        return facts["why"]
    return f"{facts['length']} frames, {facts['gap']} apart: {facts['why']}"


def _fusion(agent: str) -> str:
    name = fusion_of(agent)
    return f"{agent}, its own" if name == agent else f"{agent}, {name}"


def ladder(study: dict[str, Any]) -> Element:
    views = range(1, study["protocol"]["views"] + 1)
    head = element(
        "tr",
        element("th", "fusion of"),
        element("th", "policy"),
        [element("th", f"view {view}", class_="number") for view in views],
    )
    bodies = [
        element(
            "tbody",
            [
                element(
                    "tr",
                    element("th", _fusion(agent) if place == 0 else "", scope="row"),
                    element("td", policy),
                    [element("td", percent(share), class_="number") for share in study["ladder"][agent][policy]],
                )
                for place, policy in enumerate((*BASELINES, agent))
            ],
        )
        for agent in study["agents"]
    ]
    return section(
        "What looking gives",
        "Accuracy after every view, averaged over encoders and seeds. “single” stays with its first view.",
        element("div", element("table", element("thead", head), bodies), class_="scroll narrow"),
    )
