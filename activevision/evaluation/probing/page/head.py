"""What the page says first, and last: what was found, and under which settings."""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.probing.page.encoders import colour, ranked, trained, untrained, value
from activevision.pages.html import element
from activevision.pages.parts import definitions
from activevision.pages.words import NARROW_SPACE, degrees, interval, number, percent

_TILES = (
    ("linear_probe", "linear probe"),
    ("r2_relative_rotation", "R² relative rotation"),
    ("mrr", "MRR"),
    ("error_composite", "composite error"),
)


def headline(results: dict[str, Any]) -> tuple[str, str]:
    """Two plain sentences: who leads, and by how much over random weights."""
    names = trained(results) or ranked(results)
    first = names[0]
    blank = next((name for name in results["encoders"] if untrained(results, name) and name not in names), None)
    ends = results["encoders"][first]["figures"]["mrr"]["ci95"]
    amount = (
        f"Of the views of a scene, the one that a motion leads to is found by {first} at a mean reciprocal rank of "
        f"{number(value(results, first, 'mrr') or 0, 3)} (95 % interval {interval(ends, 1, 3)})"
    )
    amount += f", by {blank} at {number(value(results, blank, 'mrr') or 0, 3)}." if blank else "."
    if value(results, first, "linear_probe") is None:
        return _claim(results), amount
    classes = max(names, key=lambda name: value(results, name, "linear_probe") or 0)
    amount += (
        f" The class is read off the features of {classes} in {percent(value(results, classes, 'linear_probe') or 0)}"
        " of the views"
    )
    amount += f", off {blank} in {percent(value(results, blank, 'linear_probe') or 0)}." if blank else "."
    return _claim(results), amount


def _claim(results: dict[str, Any]) -> str:
    """Names none who is not clearly ahead of all others."""
    names, rows = trained(results), results["encoders"]
    if not names:
        return "What features tell that nothing was trained for"
    if len(rows) == 1:
        return f"What the features of {names[0]} tell"
    blank = [name for name in _best(results, "mrr") if untrained(results, name)]
    if blank:
        return f"No encoder clearly tells better than {blank[0]} where a motion leads"
    if len(names) == 1:
        return f"{names[0]} tells where a motion leads, random weights less so"
    where, what = (_ahead(results, key) for key in ("mrr", "linear_probe"))
    if any(value(results, name, "linear_probe") is None for name in rows):
        return f"{where} tells best where a motion leads" if where else "None clearly tells best where a motion leads"
    if where is None and what is None:
        return "None clearly tells best where a motion leads, nor what is seen"
    if where is None:
        return f"None clearly tells best where a motion leads, {what} what is seen"
    if what is None:
        return f"{where} tells best where a motion leads, none clearly what is seen"
    if what == where:
        return f"{where} tells best both where a motion leads and what is seen"
    return f"{where} tells best where a motion leads, {what} what is seen"


def _best(results: dict[str, Any], key: str) -> list[str]:
    """Those that none is clearly better than."""
    return [name for name, row in results["encoders"].items() if key in row["figures"] and row["figures"][key]["best"]]


def _ahead(results: dict[str, Any], key: str) -> str | None:
    """The trained encoder that is clearly better than all others, if there is one."""
    best = _best(results, key)
    return best[0] if len(best) == 1 and not untrained(results, best[0]) else None


def top(results: dict[str, Any]) -> Element:
    data, protocol = results["data"]["test"], results["protocol"]
    claim, amount = headline(results)
    warnings = [row["warning"] for row in results["encoders"].values() if row["warning"]]
    scenes = f"{data['scenes']} scenes, {data['frames']:,} views".replace(",", NARROW_SPACE, 1)
    return element(
        "header",
        element(
            "p",
            f"Equivariance benchmark · {protocol['title']} · {data.get('catalogue', 'own data')}, "
            f"{data.get('split', 'held-out')} split · {scenes}".replace(f"{NARROW_SPACE} ", ", "),
            class_="kicker",
        ),
        element("h1", claim),
        element("p", amount, class_="amount"),
        element("div", [_tile(results, key, label) for key, label in _TILES], class_="tiles"),
        [element("p", warning, class_="warning") for warning in warnings],
    )


def _tile(results: dict[str, Any], key: str, label: str) -> Element | None:
    having = [name for name in results["encoders"] if value(results, name, key) is not None]
    if not having:
        return None
    higher = results["measures"][key]["higher"]
    best = (max if higher else min)(having, key=lambda name: value(results, name, key) or 0)
    return element(
        "div",
        element("b", number(value(results, best, key) or 0, 3)),
        element("span", f"{label}, {'highest' if higher else 'lowest'}: {best}"),
        class_="tile",
        style=colour(results, best),
    )


def settings(results: dict[str, Any], command: str) -> Element:
    protocol, recipe, pairs = results["protocol"], results["recipe"], results["pairs"]
    gap = "" if protocol["gap"] is None else f", at most {protocol['gap']} frames apart"
    described = {
        "name": protocol["name"],
        "pairs": f"two views of an episode, turned by at most {degrees(protocol['range_deg'])}{gap}",
        "number of pairs": f"{pairs['train']} to fit, {pairs['test']} asked, {pairs['out_of_range']} out of range",
        **{
            f"{split} data": f"{data['episodes']} episodes, {data['scenes']} scenes, {data['frames']} views"
            for split, data in results["data"].items()
        },
        "licence": results["data"]["test"].get("licence") or "unknown",
    }
    trained_how = {
        "seeds": recipe["seeds"],
        "networks": f"regressor 2 × {recipe['regressor_hidden']} hidden, predictor 2 × {recipe['predictor_hidden']}",
        "optimiser": f"AdamW, rate {recipe['learning_rate']}, decay {recipe['weight_decay']}, "
        f"batches of {recipe['batch_size']}",
        "stopped": f"after {recipe['patience']} epochs without gain on a fifth of the training scenes, "
        f"{recipe['epochs']} at most",
        "intervals": f"{recipe['resamples']} bootstrap resamples of scenes and seeds",
    }
    networks = {
        name: f"{row['facts']['backbone']}, {row['facts']['embedding']} dimensions"
        for name, row in results["encoders"].items()
    }
    return element(
        "section",
        element(
            "div",
            element("div", element("h2", "Protocol"), definitions(described)),
            element("div", element("h2", "Probes"), definitions(trained_how)),
            element("div", element("h2", "Encoders"), definitions(networks)),
            element("div", element("h2", "Versions"), definitions(results["versions"], "numbers")),
            class_="pair",
        ),
        element("h2", "The same again") if command else None,
        element("pre", element("code", command), class_="command") if command else None,
        element(
            "details",
            element("summary", "Cards of the encoders"),
            element(
                "pre",
                element(
                    "code",
                    json.dumps(
                        {name: row["facts"] for name, row in results["encoders"].items()},
                        indent=2,
                        ensure_ascii=False,
                        default=str,
                    ),
                ),
            ),
        ),
    )
