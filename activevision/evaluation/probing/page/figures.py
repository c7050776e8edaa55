"""The benchmark's figures: invariance against equivariance, tables, drift along paths, and what others published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.probing.equivariance_error import DRAWN_ANEW
from activevision.evaluation.probing.measures import MEASURES
from activevision.evaluation.probing.page.curves import curves
from activevision.evaluation.probing.page.encoders import colour, ranked
from activevision.evaluation.probing.page.scatter import scatter
from activevision.evaluation.probing.published import NOT_COMPARABLE, ROWS, SOURCE
from activevision.pages.html import element
from activevision.pages.parts import section, tabled
from activevision.pages.words import interval, number

_LEADS = {
    "what it is": "Share of views whose class is right: by a linear classifier on the features, and by the vote of "
    "the 10 nearest training views. High values mean that views of one class lie together, whatever the viewpoint.",
    "where from": "Share of the variance of poses that an MLP explains: rotation and translation between two views "
    "from both their features, absolute rotation from one. 1 is perfect, 0 no better than the mean pose.",
    "where a motion leads": "A predictor is told the features of a view and a motion; its prediction is compared with "
    "all views of the scene. MRR: mean of 1 / rank of the true view. H@k: it is among the k nearest. PRE: sin² of half "
    "the angle between the nearest view’s rotation and the true one; less is better, and the "
    "view that the motion starts from would have {still}.",
    "normalised equivariance error": "Distance of predicted from true features, relative to how far the motion moved "
    "them: 0 is perfect, 1 what predicting no change has. Who does not know the motion can still predict the mean: of "
    "features that change at random that has 1/√2 = {anew}. Linear maps: one for each kind of single step, alone "
    "(atomic) and two in a row (composite), fitted as departures from one map for all motions (motion ignored): what "
    "composite is below that, knowing the motion is worth. Predictor: motions as in training, and larger ones than any "
    "(out of range).",
    "path integration": "Error after the last step where every step starts from the prediction before it. Features: "
    "normalised as above, so that {anew} is reached without knowing the motions. Position and rotation: of poses "
    "integrated from predicted relative motions, as a share of the way gone and of the turns made.",
}


def trade_off(results: dict[str, Any]) -> Element | None:
    if not any("linear_probe" in row["figures"] for row in results["encoders"].values()):
        return None
    panels = [scatter(results, "linear_probe", key) for key in ("r2_relative_rotation", "mrr")]
    return section(
        "Invariance against equivariance",
        "Right: knows what it sees. Up: knows how the camera moved, and where a motion leads. The upper right corner "
        "is what one wants. Whiskers are 95 % intervals, dotted lines what features that say nothing would reach.",
        element("div", panels, class_="pair"),
    )


def tables(results: dict[str, Any]) -> Element:
    still = number(results["standing_still"]["start"][0], 3)
    groups = list(dict.fromkeys(measure.group for measure in MEASURES.values()))
    parts: list[Element] = []
    for group in groups:
        keys = [
            key
            for key, measure in MEASURES.items()
            if measure.group == group and any(key in row["figures"] for row in results["encoders"].values())
        ]
        if keys:
            parts += [
                element("h3", group[0].upper() + group[1:]),
                element("p", _LEADS[group].format(still=still, anew=number(DRAWN_ANEW, 3)), class_="note lead-note"),
            ]
            parts.append(element("div", _table(results, keys), class_="scroll"))
    parts.append(element("h3", "Collapse"))
    parts.append(
        element(
            "p",
            "Effective number of dimensions that the features use (RankMe), and how evenly their directions are spread "
            "(1 is evenly, 0 a single direction). Neither is better for being higher, but low values are an alarm.",
            class_="note lead-note",
        )
    )
    parts.append(element("div", _collapse(results), class_="scroll"))
    made = results["recipe"]
    return section(
        "All figures",
        f"Means over {made['seeds']} seeds of the probes, with 95 % intervals over scenes and seeds. ● marks the best "
        "value and those that are not clearly worse: the interval of the difference, on the same scenes, reaches zero. "
        "These intervals are not corrected for the number of encoders.",
        *parts,
    )


def _table(results: dict[str, Any], keys: Sequence[str]) -> Element:
    head = element(
        "tr", element("th", "encoder"), [element("th", MEASURES[key].title, class_="number") for key in keys]
    )
    rows = [
        element("tr", _named(results, name), [_cell(results, name, key) for key in keys]) for name in ranked(results)
    ]
    still = {key: results["standing_still"][key][-1] for key in keys if key in results["standing_still"]}
    nothing = []
    paths = MEASURES[keys[0]].of_steps
    if not paths:
        nothing.append(_reference("features that say nothing", results["chance"], keys))
    if still:
        nothing.append(_reference("standing still" if paths else "no change predicted", still, keys))
    return element(
        "table",
        element("thead", head),
        element("tbody", rows),
        element("tbody", nothing, class_="chance"),
        class_="measures",
    )


def _reference(title: str, figures: Mapping[str, float], keys: Sequence[str]) -> Element:
    cells = [element("td", number(figures[key], 3) if key in figures else "–", class_="number") for key in keys]
    return element("tr", element("th", title, scope="row"), cells)


def _collapse(results: dict[str, Any]) -> Element:
    head = element(
        "tr", element("th", "encoder"), [element("th", t, class_="number") for t in ("dimensions", "RankMe", "spread")]
    )
    rows = [
        element(
            "tr",
            _named(results, name),
            element("td", str(row["facts"]["embedding"]), class_="number"),
            element("td", number(row["collapse"]["rank_me"]), class_="number"),
            element("td", number(row["collapse"]["spread"], 2), class_="number"),
        )
        for name in ranked(results)
        for row in [results["encoders"][name]]
    ]
    return element("table", element("thead", head), element("tbody", rows), class_="measures")


def _named(results: dict[str, Any], name: str) -> Element:
    return element("th", element("i", class_="swatch"), name, scope="row", style=colour(results, name))


def _cell(results: dict[str, Any], name: str, key: str) -> Element:
    entry = results["encoders"][name]["figures"].get(key)
    if entry is None:
        return element("td", "–", class_="number")
    return element(
        "td",
        number(entry["value"], 3),
        element("i", "●", class_="mark") if entry["best"] else element("i", class_="mark"),
        element("small", interval(entry["ci95"], 1, 2)),
        class_="number best" if entry["best"] else "number",
    )


def drift(results: dict[str, Any]) -> Element | None:
    keys = ("path_features", "path_features_maps", "path_position", "path_rotation")
    titles = (
        "Features, by the predictor",
        "Features, by linear maps",
        "Position, share of the way gone",
        "Rotation, share of the turns made",
    )
    panels = [
        curves(results, key, title)
        for key, title in zip(keys, titles, strict=True)
        if any(key in row["figures"] for row in results["encoders"].values())
    ]
    return section(
        "Path integration, step by step",
        "Predictions are fed on: how far off after 1, 2, … steps. Dotted is standing still, so what lies on it has not "
        "told the motion at all, and features that change at random lie at 0.71 without doing so; bands are 95 % "
        "intervals. On a winding path even one who stands still is off by less than the whole way.",
        element("div", panels, class_="pair"),
    )


def published() -> Element:
    rows = [
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", number(100 * accuracy, 1), class_="number"),
            element("td", number(r_squared, 2), class_="number"),
        )
        for name, accuracy, r_squared in ROWS
    ]
    head = element(
        "tr",
        element("th", "method"),
        element("th", "top-1, %", class_="number"),
        element("th", "R² relative rotation", class_="number"),
    )
    return section(
        "Published on 3DIEBench",
        NOT_COMPARABLE,
        tabled(element("table", element("thead", head), element("tbody", rows), class_="narrow"), SOURCE),
    )
