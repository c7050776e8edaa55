"""The report's sections on what was found. Each gives an element, or None where the results have nothing for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.ladder import called
from activevision.evaluation.nouns import noun_of
from activevision.evaluation.reading import (
    CEILING,
    comparison,
    contenders,
    half_width,
    headline_view,
    is_ceiling,
    main_rows,
    of_kind,
    other_fusions,
    shown_views,
    versus,
    views_of,
    why_missing,
)
from activevision.evaluation.report import findings
from activevision.evaluation.report.accuracy_plot import accuracy_plot
from activevision.evaluation.report.calibration_plot import calibration_plot
from activevision.evaluation.report.encoder_plot import encoder_parts
from activevision.evaluation.report.filmstrip import MOST, Filmstrip, filmstrip
from activevision.evaluation.report.forest_plot import forest_plot
from activevision.evaluation.report.series import DESCRIPTIONS, series
from activevision.evaluation.report.viewpoint_maps import viewpoint_map
from activevision.pages.html import Child, element, responsive
from activevision.pages.words import degrees, interval, listed, number, percent, points


def tabled(table: Element, note: str) -> tuple[Element, Element]:
    """A table that scrolls sideways on a phone, over a note that does not."""
    return element("div", table, class_="scroll"), element("p", note, class_="note")


def section(title: str, lead: str | None, *children: Child | Iterable[Child]) -> Element:
    return element("section", element("h2", title), element("p", lead, class_="lead") if lead else None, *children)


def top(results: dict[str, Any]) -> Element:
    catalogue, protocol = results["catalogue"], results["protocol"]
    claim, amount = findings.headline(results)
    limits = findings.diagnosis(results)
    return element(
        "header",
        element(
            "p",
            f"Active recognition · {catalogue['name']}, {catalogue['split']} split · {catalogue['scenes']} "
            f"{noun_of(results)}, {len(catalogue['classes'])} classes · protocol {protocol.get('name', 'unnamed')}",
            class_="kicker",
        ),
        element("h1", claim),
        element("p", amount, class_="amount"),
        element("div", _tiles(results), class_="tiles"),
        element("h3", "What limits it") if limits else None,
        element("ul", [element("li", sentence) for sentence in limits], class_="limits") if limits else None,
    )


def _tiles(results: dict[str, Any]) -> list[Element]:
    view, policy, best = headline_view(results), findings.protagonist(results), findings.best_baseline(results)
    rows = [("single", "one view"), ("random", f"random, {view} views")]
    if best and best not in ("single", "random"):
        rows.append((best, f"{called(best)}, {view} views"))
    if policy:
        rows.append((policy, f"{policy}, {view} views"))
    rows.append(("all_views", "the whole grid"))
    rows = list(dict.fromkeys(rows))  # random may be the protagonist
    return [
        element(
            "div",
            element("b", percent(findings.accuracy(results, name))),
            element("span", label),
            class_=f"tile {series(results, name)}",
        )
        for name, label in rows
        if name in main_rows(results)
    ]


def accuracy(results: dict[str, Any]) -> Element:
    made = results["intervals"]
    sample = f"{made['scenes']} {noun_of(results)}, {made['seeds']} {'seed' if made['seeds'] == 1 else 'seeds'}"
    how = (
        f"Bands are {percent(made['level'], 0)} bootstrap intervals over {made['over']} ({sample}, "
        f"{made['resamples']:,} resamples)."
    )
    classes = len(results["catalogue"]["classes"])
    ceilings = (
        " Dashed lines are ceilings, which no policy could be: they see everything or know the label."
        if of_kind(results, CEILING)
        else ""
    )
    alone = " One seed: how much training varies is not in them." if made["seeds"] == 1 else ""
    return section(
        "Accuracy after every view",
        f"{how}{alone} A guess among {classes} classes is right {percent(1 / classes)} of the time.{ceilings}",
        responsive(lambda width: accuracy_plot(results, width)),
        tabled(_policies_table(results), _policies_note(results)),
    )


def _policies_table(results: dict[str, Any]) -> Element:
    views, rows = shown_views(results), main_rows(results)
    extra = [("nll", "NLL"), ("rotation_deg", "turn"), ("moves", "moves")]
    fusions = {row["fusion"] for row in rows.values()}
    head = element(
        "thead",
        element(
            "tr",
            element("th", "policy"),
            element("th", "fusion") if len(fusions) > 1 else None,
            [element("th", f"view {view}", class_="number") for view in views],
            element("th", "ECE", class_="number"),
            [element("th", label, class_="number") for _, label in extra],
        ),
    )
    bodies = [
        element(
            "tbody",
            [_policy_row(results, name, views, [key for key, _ in extra], len(fusions) > 1) for name in names],
            class_="ceilings" if ceilings else None,
        )
        for ceilings in (False, True)
        if (names := [name for name in rows if is_ceiling(results, name) == ceilings])
    ]
    return element("table", head, bodies, class_="policies")


def _policies_note(results: dict[str, Any]) -> str:
    fusions = {row["fusion"] for row in main_rows(results).values()}
    return (
        f"Accuracy in %; ± is half of the 95 % interval. {'' if len(fusions) > 1 else f'Fusion: {min(fusions)}. '}"
        "ECE, NLL (nats), turn and moves of the camera: after the last view."
        f"{why_missing(results, 'rotation_deg', 'moves')}"
    )


def _policy_row(
    results: dict[str, Any], name: str, views: Sequence[int], extra: Sequence[str], fusion: bool
) -> Element:
    row = main_rows(results)[name]
    written = {"nll": lambda value: number(value, 2), "rotation_deg": degrees, "moves": number}
    return element(
        "tr",
        element(
            "th",
            element("i", class_="swatch"),
            called(name),
            element("small", DESCRIPTIONS[name]) if name in DESCRIPTIONS else None,
            scope="row",
        ),
        element("td", row["fusion"]) if fusion else None,
        [
            element(
                "td",
                number(100 * row["accuracy"][view - 1]),
                element("small", f"±{number(100 * half_width(row['ci95'][view - 1]))}"),
                class_="number",
            )
            for view in views
        ],
        element("td", number(row["ece"][-1], 3), class_="number"),
        [element("td", written[key](row[key][-1]) if row[key] else "–", class_="number") for key in extra],
        class_=series(results, name),
    )


def paired(results: dict[str, Any]) -> Element | None:
    names = [name for name in main_rows(results) if versus(results, name)]
    if not names:
        return None
    names = sorted(names, key=lambda name: name != findings.protagonist(results))
    shares = [row for row in results["gap_closed"] if row["share"] is not None]
    lead = (
        f"Same {noun_of(results)}, same starts, same seeds: differences within episodes, which vary less than the "
        "accuracies. An interval that stays off zero is coloured. Each interval stands alone. Corrected for their "
        f"number (Holm, {results['intervals']['comparisons']} comparisons in all), {_significant(results)}."
    )
    return section(
        "Paired differences",
        lead,
        [
            element(
                "div",
                element("h3", called(name)),
                responsive(lambda width, name=name: forest_plot(results, name, width)),  # type: ignore[misc]
            )
            for name in names
        ],
        tabled(
            _gap_table(results, shares),
            f"Share of the gap from {_called(results, shares[0]['floor'])} to {_called(results, shares[0]['ceiling'])} "
            "that is closed, with 95 % intervals",
        )
        if shares
        else None,
    )


def _significant(results: dict[str, Any]) -> str:
    """Which differences between policies at the headline view stand after correction."""
    view = headline_view(results)
    found = [
        f"{called(name)} against {called(row['policy'])}"
        for name in main_rows(results)
        for row in versus(results, name, view)
        if row["p_holm"] < 0.05
    ]
    if not found:
        return f"no difference is clear at view {view}"
    return (
        f"{'these differences are' if len(found) > 1 else 'this difference is'} clear at view {view}: {listed(found)}"
    )


def _gap_table(results: dict[str, Any], shares: Sequence[dict[str, Any]]) -> Element:
    views = sorted({row["view"] for row in shares})
    policies = {name: results["rows"][name]["policy"] for name in dict.fromkeys(row["row"] for row in shares)}
    cells = {(row["row"], row["view"]): row for row in shares}
    rows = [
        element(
            "tr",
            element("th", called(policies[name]), scope="row"),
            [
                element(
                    "td", percent(row["share"], 0), element("small", interval(row["ci95"], digits=0)), class_="number"
                )
                if (row := cells.get((name, view)))
                else element("td", "–", class_="number")
                for view in views
            ],
        )
        for name in policies
    ]
    head = element("tr", element("th", "policy"), [element("th", f"view {view}", class_="number") for view in views])
    return element("table", element("thead", head), element("tbody", rows))


def _called(results: dict[str, Any], row: str) -> str:
    """A row's policy in words, with its fusion where it is not the main one."""
    found = results["rows"][row]
    name = {"all_views": "all views"}.get(found["policy"], called(found["policy"]))
    return name if found["main"] else f"{name} with fusion {found['fusion']}"


def episodes(results: dict[str, Any], filmstrips: Sequence[Filmstrip]) -> Element | None:
    if not filmstrips:
        return None
    views = max(len(strip.frames) for strip in filmstrips)
    some = f" Of the {views} views {MOST} are shown." if views > MOST else ""
    on_grid = "elevations_deg" in results["protocol"]
    where = " The small figures are the elevation and the azimuth of the camera." if on_grid else ""
    return section(
        "Episodes",
        "The frame, and the belief after it in %. ✓ or ✗: whether the most believed class (coloured bar) is the true "
        f"one (marked ●).{some}{where}",
        element("div", [filmstrip(results, strip) for strip in filmstrips], class_="strips"),
    )


def viewpoints(results: dict[str, Any]) -> Element | None:
    wanted = ("random", findings.best_baseline(results), findings.protagonist(results), *contenders(results), "oracle")
    rows = main_rows(results)
    names = [
        name
        for name in dict.fromkeys(wanted)
        if name and name in rows and name != "single" and rows[name]["viewpoints"]
    ]
    if not names or "elevations_deg" not in results["protocol"]:
        return None
    maps = {name: rows[name]["viewpoints"] for name in names}
    most = max(share for shares in maps.values() for row in shares for share in row)
    size = sum(len(row) for row in next(iter(maps.values())))
    return section(
        "Where they looked",
        f"Share of the views from the second on that fell on each viewpoint: elevation upwards, azimuth to the right. "
        f"Empty is never, full colour {percent(most)}; an even spread would be {percent(1 / size)}.",
        element(
            "div",
            [
                element(
                    "figure",
                    element("figcaption", element("span", called(name), class_=f"chip {series(results, name)}")),
                    viewpoint_map(results, name, most),
                )
                for name in names
            ],
            class_="maps",
        ),
    )


def fusions(results: dict[str, Any]) -> Element | None:
    main = main_rows(results)
    names = [name for name in main if other_fusions(results, name)]
    if not names:
        return None
    view = headline_view(results)
    shown = sorted({view, views_of(results)})
    head = element(
        "tr",
        element("th", "policy"),
        element("th", "fusion"),
        [element("th", f"view {v}", class_="number") for v in shown],
        element("th", f"change at view {view}", class_="number"),
        element("th", "ECE", class_="number"),
        element("th", "NLL", class_="number"),
    )
    bodies = [
        element(
            "tbody",
            [_fusion_row(results, name, row, shown) for row in (main[name], *other_fusions(results, name).values())],
        )
        for name in names
    ]
    return section(
        "Fusion",
        "The policy is held fixed and the rule that adds up the evidence is swapped. Policies that act on "
        "the belief may then choose other views.",
        tabled(
            element("table", element("thead", head), bodies),
            "Accuracy in %; change in points against the first fusion, with its 95 % interval",
        ),
    )


def _fusion_row(results: dict[str, Any], name: str, row: dict[str, Any], shown: Sequence[int]) -> Element:
    main = main_rows(results)[name]
    swap = comparison(results, row, main, headline_view(results))
    return element(
        "tr",
        element("th", element("i", class_="swatch"), called(name), scope="row")
        if row is main
        else element("th", scope="row"),
        element("td", row["fusion"]),
        [element("td", number(100 * row["accuracy"][v - 1]), class_="number") for v in shown],
        element(
            "td",
            points(swap["difference"]) if swap else "–",
            element("small", interval(swap["ci95"]), class_="ends") if swap else None,
            class_="number",
        ),
        element("td", number(row["ece"][-1], 3), class_="number"),
        element("td", number(row["nll"][-1], 2), class_="number"),
        class_=series(results, name),
    )


def calibration(results: dict[str, Any]) -> Element:
    views = shown_views(results, most=4)  # beside the plot there is no room for more
    wanted = ("random", findings.protagonist(results), *contenders(results)[:3])
    rows = main_rows(results)
    drawn = [name for name in dict.fromkeys(wanted) if name and name in rows]
    names = [name for name in rows if not is_ceiling(results, name) or name == "all_views"]
    head = element("tr", element("th", "policy"), [element("th", f"view {v}", class_="number") for v in views])
    lines = [
        element(
            "tr",
            element("th", element("i", class_="swatch"), called(name), scope="row"),
            [element("td", number(rows[name]["ece"][v - 1], 3), class_="number") for v in views],
            class_=series(results, name),
        )
        for name in names
    ]
    return section(
        "Calibration",
        "Can the belief be taken at its word? On the diagonal a confidence of 70 % is right 70 % of the time; below it "
        f"the belief is over-confident. Dots: bins of {listed([called(name) for name in drawn])} after the last view, "
        "area by share of episodes."
        if drawn
        else None,
        element(
            "div",
            element("div", calibration_plot(results, drawn), class_="plot square") if drawn else None,
            element(
                "div",
                tabled(
                    element("table", element("thead", head), element("tbody", lines)),
                    "Expected calibration error, 15 equal bins of the confidence in the most believed class",
                ),
            ),
            class_="pair",
        ),
    )


def encoder(results: dict[str, Any]) -> Element | None:
    parts = encoder_parts(results["encoder"])
    if not parts:
        return None
    return section(
        "Encoder",
        "What the recogniser starts from. Normalised equivariance error: distance of the mapped feature to the "
        "moved frame's, over the distance that no map leaves; 1 is as good as no map, lower is better.",
        parts,
    )
