"""Where policies looked: on the whole, and class by class."""

from __future__ import annotations

from itertools import combinations
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.cast import accuracy, featured, protagonist
from activevision.evaluation.ladder import called
from activevision.evaluation.reading import baselines, main_rows
from activevision.evaluation.report.figures.class_maps import class_map
from activevision.evaluation.report.figures.levels import scale
from activevision.evaluation.report.figures.viewpoint_maps import viewpoint_map
from activevision.evaluation.report.series import series
from activevision.pages.html import element
from activevision.pages.parts import folded, section
from activevision.pages.words import listed, percent

_SHOWN = 6
"""Classes whose maps are not folded away."""
_CLIP = 98
"""Percentile of the shares that occur, above which all have the full colour."""


def viewpoints(results: dict[str, Any]) -> Element | None:
    rows = main_rows(results)
    names = [name for name in featured(results) if rows[name]["viewpoints"]]
    if not names:
        return None
    maps = {name: rows[name]["viewpoints"] for name in names}
    most = max(share for shares in maps.values() for row in shares for share in row)
    size = sum(len(row) for row in next(iter(maps.values())))
    return section(
        "Where they looked",
        "Share of the chosen views, those from the second on, that fell on each viewpoint: elevation upwards, azimuth "
        f"to the right. Empty is never, full colour {percent(most)}; an even spread would be {percent(1 / size)}.",
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
        _by_class(results),
    )


def _by_class(results: dict[str, Any]) -> list[Element] | None:
    """Maps of every class for a few policies, the classes first for which these differ most."""
    names = _compared(results)
    classes = results["catalogue"]["classes"]
    if not names or len(classes) < 2:
        return None
    rows = main_rows(results)
    maps = {name: [_array(shares) for shares in rows[name]["class_viewpoints"]] for name in names}
    differ = _differences(results, maps)
    if not differ:
        return None
    order = sorted(differ, key=lambda c: -differ[c])
    used = np.concatenate([found[found > 0] for c in order for name in names if (found := maps[name][c]) is not None])
    most = float(np.percentile(used, _CLIP))
    apart = [called(name) for name in _drawn_apart(results, names)]
    how = (
        f"The classes for which {listed(apart)} look in the most different places come first: "
        "under each name the share of views that would have to move for the maps to agree."
        if len(apart) > 1
        else f"The classes come first for which {called(names[0])} looks elsewhere than on the whole: under each name "
        "the share of views that would have to move for the two to agree."
    )
    figures = {c: _class_figure(results, c, {name: maps[name][c] for name in names}, differ[c], most) for c in order}
    rest = order[_SHOWN:]
    return [
        element("h3", "Class by class"),
        element("p", how, class_="note"),
        element("div", scale("never", most, clipped=True), class_="scale"),
        element("div", [figures[c] for c in order[:_SHOWN]], class_="class-maps"),
        *(
            [folded(f"The other {len(rest)} classes", element("div", [figures[c] for c in rest], class_="class-maps"))]
            if rest
            else []
        ),
    ]


def _compared(results: dict[str, Any]) -> list[str]:
    """Policies whose maps stand under each other: the best baseline that looks around, the protagonist, and who knows
    the label."""
    rows = main_rows(results)
    mapped = [name for name, row in rows.items() if row.get("class_viewpoints")]
    rivals = [name for name in baselines(results) if name in mapped and name != protagonist(results)]
    best = max(rivals, key=lambda name: accuracy(results, name), default=None)
    return [name for name in dict.fromkeys((best, protagonist(results), "oracle")) if name in mapped]


def _drawn_apart(results: dict[str, Any], names: list[str]) -> list[str]:
    """Those whose difference orders the classes: no ceilings, where there are two others."""
    others = [name for name in names if name != "oracle"]
    return others if len(others) > 1 else names


def _differences(results: dict[str, Any], maps: dict[str, list[NDArray[np.float64] | None]]) -> dict[int, float]:
    """Of every class that all have a map of: total variation between the policies' maps, or, of a policy that stands
    alone, between the class's and that of all classes."""
    apart = _drawn_apart(results, list(maps))
    found = {}
    for c in range(len(results["catalogue"]["classes"])):
        here = [shares for name in apart if (shares := maps[name][c]) is not None]
        if len(here) < len(apart):
            continue
        if len(here) == 1:
            here.append(np.array(main_rows(results)[apart[0]]["viewpoints"]))
        found[c] = float(np.mean([np.abs(a - b).sum() / 2 for a, b in combinations(here, 2)]))
    return found


def _class_figure(
    results: dict[str, Any], c: int, maps: dict[str, NDArray[np.float64] | None], differ: float, most: float
) -> Element:
    name = results["catalogue"]["classes"][c]
    return element(
        "figure",
        element("figcaption", element("b", name), element("span", percent(differ, 0), class_="scene")),
        [
            element(
                "div",
                element("span", called(policy), class_=f"chip {series(results, policy)}"),
                class_map(results, policy, name, shares.tolist(), most),
            )
            for policy, shares in maps.items()
            if shares is not None
        ],
    )


def _array(shares: list[list[float]] | None) -> NDArray[np.float64] | None:
    return None if shares is None else np.asarray(shares, np.float64)
