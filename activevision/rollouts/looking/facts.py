"""What the page says in words and figures: the headline, and under which settings and terms."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from activevision.pages.html import Child, element
from activevision.pages.words import NARROW_SPACE, degrees, number, percent
from activevision.rollouts.looking.survey import Survey, Track, settings_in_words
from activevision.rollouts.looking.viewpoints import MOVE, ORBIT, TURN
from activevision.rollouts.manifest import CONVENTIONS
from activevision.rollouts.rollout import Rollout

_CAMERA = {
    ORBIT: "The camera goes round an object and looks at it.",
    TURN: "The camera turns in place.",
    MOVE: "The camera moves about.",
}


def section(title: str, lead: str | None, *children: Child | Iterable[Child]) -> Element:
    return element("section", element("h2", title), element("p", lead, class_="lead") if lead else None, *children)


def headline(survey: Survey) -> str:
    return f"{_counted(len(survey.entries), 'episode')} from {_counted(len(survey.scenes), 'scene')}"


def top(survey: Survey) -> Element:
    source, sample = survey.manifest.source, survey.samples[0]
    finished = len(survey.entries)
    missing = survey.manifest.episodes - finished
    height, width = sample.rgb.shape[1:3]
    labels = f" of {_counted(len(survey.labels), 'class', 'es')}" if survey.labels else ""
    return element(
        "header",
        element("p", f"Recorded views and egomotions · {source.catalogue}, {source.split} split", class_="kicker"),
        element("h1", f"{headline(survey)}{labels}"),
        element(
            "p",
            f"{thousands(int(survey.views.sum()))} frames of {width} × {height} pixels, {_lens(sample)}"
            f"{_duration(survey)}. {_CAMERA[survey.kind]} Licence of the scenes: {source.licence}; credit: "
            f"{source.credit}.",
            class_="amount",
        ),
        element(
            "p",
            f"Collection was interrupted: {thousands(missing)} of {thousands(survey.manifest.episodes)} episodes are "
            "still to come.",
            class_="warning",
        )
        if missing
        else None,
        element(
            "div",
            [
                element("div", element("b", value), element("span", name), class_="tile")
                for name, value in _tiles(survey)
            ],
            class_="tiles",
        ),
        element(
            "p",
            f"Motions and pictures are of {thousands(len(survey.tracks))} evenly spread episodes.",
            class_="note",
        )
        if len(survey.tracks) < finished
        else None,
    )


def settings(survey: Survey) -> Element:
    source, manifest = survey.manifest.source, survey.manifest
    terms = {
        "catalogue": source.catalogue,
        "split": source.split,
        "licence": source.licence,
        "credit": source.credit,
        "shards": f"{len(manifest.shards)}, {_bytes(survey.bytes)}",
    }
    return element(
        "section",
        element(
            "div",
            element("div", element("h2", "How it was made"), definitions(settings_in_words(manifest.settings))),
            element("div", element("h2", "Source and terms"), definitions(terms)),
            class_="pair",
        ),
        element(
            "details",
            element("summary", "All settings"),
            element(
                "pre", element("code", json.dumps(dict(manifest.settings), indent=2, ensure_ascii=False, default=str))
            ),
        ),
        element("details", element("summary", "Conventions"), definitions(CONVENTIONS), class_="conventions"),
    )


def sensors(rollout: Rollout) -> Element:
    """What a view and a motion hold, with shapes and the range of values in one episode."""
    arrays = {"rgb": rollout.rgb, **rollout.sensors, **rollout.pairs}
    rows = [
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", " × ".join(map(str, values.shape[1:])) or "a number"),
            element("td", str(values.dtype)),
            element("td", "motion" if name in rollout.pairs else "view"),
            element("td", _range(rollout, name, values), class_="number"),
        )
        for name, values in arrays.items()
    ]
    head = element("tr", [element("th", name) for name in ("sensor", "shape", "type", "one for each")],
                   element("th", "range", class_="number"))  # fmt: skip
    return element("div", element("table", element("thead", head), element("tbody", rows)), class_="scroll")


def extents(survey: Survey) -> Element:
    """How far and how much the camera moves in an episode: least, median and most."""
    tracks = survey.tracks
    rows = {
        "path": ([path_length(track) for track in tracks], "m"),
        "from first to last view": ([float(np.linalg.norm(t.pose[-1, :3, 3] - t.pose[0, :3, 3])) for t in tracks], "m"),
        "turned": ([turned(track) for track in tracks], "°"),
        "lasts": ([float(track.time[-1]) for track in tracks], "s"),
    }
    head = element(
        "tr",
        element("th", "an episode"),
        [element("th", name, class_="number") for name in ("least", "median", "most")],
    )
    body = [
        element(
            "tr",
            element("th", f"{name}, {unit}", scope="row"),
            [element("td", f"{value:.3g}", class_="number") for value in np.percentile(values, [0, 50, 100]).tolist()],
        )
        for name, (values, unit) in rows.items()
    ]
    return element("div", element("table", element("thead", head), element("tbody", body)), class_="scroll")


def path_length(track: Track) -> float:
    """Metres along the path."""
    return float(np.linalg.norm(np.diff(track.pose[:, :3, 3], axis=0), axis=1).sum())


def turned(track: Track) -> float:
    """Degrees turned on the way, all turns together."""
    return float(np.degrees(np.linalg.norm(track.twist[:, 3:], axis=1).sum()))


def definitions(entries: Mapping[str, Any]) -> Element:
    items: list[Element] = []
    for name, value in entries.items():
        shown = thousands(value) if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
        items += [element("dt", name), element("dd", shown)]
    return element("dl", items)


def thousands(value: int) -> str:
    return f"{value:,}".replace(",", NARROW_SPACE)


def _tiles(survey: Survey) -> list[tuple[str, str]]:
    views = survey.views
    lengths = str(views[0]) if np.ptp(views) == 0 else f"{views.min()}–{views.max()}"
    tiles = [("frames", thousands(int(views.sum()))), ("views an episode", lengths)]
    if survey.kind == MOVE:
        metres = float(np.median([path_length(track) for track in survey.tracks]))
        tiles.append(("metres, median path", number(metres, 1 if metres >= 1 else 2)))
    tiles.append(("turned, median episode", degrees(float(np.median([turned(track) for track in survey.tracks])))))
    collided = np.concatenate([track.collided for track in survey.tracks])
    if collided.any():
        tiles.append(("of motions collided", percent(float(collided.mean()))))
    return [*tiles, ("on disk", _bytes(survey.bytes))]


def _lens(rollout: Rollout) -> str:
    if rollout.camera == "equirectangular":
        return "all around"
    wide = 2 * math.degrees(math.atan(rollout.rgb.shape[2] / 2 / rollout.intrinsics[0, 0]))
    return f"{degrees(wide)} wide"


def _duration(survey: Survey) -> str:
    seconds = float(np.mean([track.time[-1] - track.time[0] for track in survey.tracks])) * len(survey.entries)
    steps = np.concatenate([np.diff(track.time) for track in survey.tracks])
    if not len(steps):
        return ""
    rate = 1 / float(np.median(steps))
    often = f"{rate:.3g} views a second" if rate >= 1 else f"a view every {1 / rate:.3g} seconds"
    long = (
        f"{number(seconds / 3600)} hours"
        if seconds >= 5400
        else f"{number(seconds / 60)} minutes"
        if seconds >= 90
        else f"{number(seconds, 0)} seconds"
    )
    return f", {often}, {long} in all"


def _range(rollout: Rollout, name: str, values: Any) -> str:
    if not values.size:
        return "–"
    if values.dtype == bool:
        return percent(float(values.mean()), 0) + " true"
    if values.dtype.kind not in "iuf":
        return "–"
    if f"{name}_valid" in rollout.pairs:
        values = values[rollout.pairs[f"{name}_valid"]]
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    return (
        f"{finite.min():.4g} to {finite.max():.4g}".replace("-", "\N{MINUS SIGN}") if finite.size else "nothing finite"
    )


def _bytes(size: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{number(size / factor, 0 if size >= 100 * factor else 1)}{NARROW_SPACE}{unit}"
    return f"{number(size / 1e3)}{NARROW_SPACE}kB"


def _counted(count: int, noun: str, plural: str = "s") -> str:
    return f"{thousands(count)} {noun}{plural if count != 1 else ''}"
