"""Filmstrips as one drawing that stands by itself: frames, beliefs, and the way of the camera."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.ladder import called
from activevision.evaluation.report.figures.filmstrip import Filmstrip, Moment, Share, moments
from activevision.evaluation.report.series import series
from activevision.pages.html import element, line, picture, svg, text
from activevision.pages.words import article, degrees, number

_SIDE, _GAP, _MARGIN = 150.0, 14.0, 20.0
_HEAD, _VERDICT, _BAR = 34.0, 26.0, 22.0
_BETWEEN = 26.0


def film_picture(results: dict[str, Any], strips: Sequence[Filmstrip]) -> Element:
    """Strips one under the other; on a view grid with the turn that led to each view, and the viewpoints from above."""
    drawn = [(strip, moments(results, strip)) for strip in strips]
    on_grid = "elevations_deg" in results["protocol"]
    columns = max(len(found) for _, found in drawn) + on_grid
    width = 2 * _MARGIN + columns * (_SIDE + _GAP) - _GAP
    parts, top = [], _MARGIN
    for strip, found in drawn:
        high = _SIDE * found[0].frame.shape[0] / found[0].frame.shape[1]
        parts.append(
            element(
                "g",
                _head(results, strip, width),
                [
                    element(
                        "g",
                        picture(0, 0, _SIDE, high, moment.frame),
                        _verdict(results, strip, found, place, high),
                        _bars(moment.shares, high + _VERDICT),
                        transform=f"translate({_MARGIN + place * (_SIDE + _GAP):.1f} {_HEAD:.1f})",
                    )
                    for place, moment in enumerate(found)
                ],
                element(
                    "g",
                    _from_above(results, strip),
                    transform=f"translate({width - _MARGIN - _SIDE:.1f} {_HEAD:.1f})",
                )
                if on_grid
                else None,
                transform=f"translate(0 {top:.1f})",
            )
        )
        top += _HEAD + high + _VERDICT + len(found[0].shares) * (_BAR + 3) + _BETWEEN
    return svg(width, top - _BETWEEN + _MARGIN - 3, "Episodes, view by view", parts)


def _head(results: dict[str, Any], strip: Filmstrip, width: float) -> Element:
    name = results["catalogue"]["classes"][strip.label]
    return element(
        "g",
        element("rect", x=_MARGIN, y=2, width=5, height=20, class_="square-mark"),
        text(_MARGIN + 14, 19, f"{called(strip.policy)} looks at {article(name)} {name}", "strip-title"),
        text(width - _MARGIN, 19, strip.scene, "strip-scene", "end"),
        class_=series(results, strip.policy),
    )


def _verdict(
    results: dict[str, Any], strip: Filmstrip, found: Sequence[Moment], place: int, top: float
) -> list[Element]:
    moment = found[place]
    words = f"{moment.number} {'✓' if moment.right else '✗'}"
    told = [text(0, top + 18, words, "strip-right" if moment.right else "strip-wrong")]
    if "elevations_deg" in results["protocol"]:
        before = found[place - 1].number - 1 if place else None
        told.append(text(_SIDE, top + 18, _turn(results, strip, before, moment.number - 1), "strip-scene", "end"))
    return told


def _turn(results: dict[str, Any], strip: Filmstrip, before: int | None, now: int) -> str:
    """From one view to the next, as arrows with angles."""
    if before is None:
        return "start"
    (elevation_0, azimuth_0), (elevation_1, azimuth_1) = (_angles(results, strip, view) for view in (before, now))
    up, right = elevation_1 - elevation_0, (azimuth_1 - azimuth_0 + 180) % 360 - 180
    told = [
        f"{arrows[turn < 0]} {degrees(abs(turn))}" for turn, arrows in ((right, "→←"), (up, "↑↓")) if round(turn) != 0
    ]
    return "  ".join(told) or "stays"


def _angles(results: dict[str, Any], strip: Filmstrip, view: int) -> tuple[float, float]:
    """Elevation and azimuth of a view, in degrees."""
    row, column = (int(index) for index in strip.viewpoints[view])
    return results["protocol"]["elevations_deg"][row], 360 * column / results["protocol"]["azimuths"]


def _bars(shares: Sequence[Share], top: float) -> list[Element]:
    parts = []
    for place, share in enumerate(shares):
        y = top + place * (_BAR + 3)
        kind = ("film-right" if share.true else "film-wrong") if share.top else "film-bar"
        parts += [
            element("rect", x=0, y=y, width=_SIDE, height=_BAR, rx=2, class_="paper"),
            element("rect", x=0, y=y, width=max(_SIDE * share.share, 0.5), height=_BAR, class_=kind),
            text(6, y + 16, f"● {share.name}" if share.true else share.name, "strip-true" if share.true else ""),
            text(_SIDE - 6, y + 16, number(100 * share.share, 0), "", "end"),
        ]
    return parts


def _from_above(results: dict[str, Any], strip: Filmstrip) -> list[Element]:
    """The sphere of viewpoints as a disc: azimuth round it, the top in the middle, the horizon half way out."""
    middle, radius = _SIDE / 2, _SIDE / 2 - 10

    def place(elevation: float, azimuth: float) -> tuple[float, float]:
        reach, angle = radius * (0.5 - elevation / 180), math.radians(azimuth)
        return middle + reach * math.sin(angle), middle + reach * math.cos(angle)

    rings = [
        element("circle", cx=middle, cy=middle, r=radius * share, class_="horizon" if share == 0.5 else "ring")
        for share in (1.0, 0.75, 0.5, 0.25)
    ]
    spokes = [line(middle, middle, *place(-90, 30 * k), "ring") for k in range(12)]
    way = [place(*_angles(results, strip, view)) for view in range(len(strip.frames))]
    visits: dict[tuple[float, float], list[int]] = {}
    for view, mark in enumerate(way, start=1):
        visits.setdefault(mark, []).append(view)
    dots = []
    for (x, y), views in visits.items():
        words = str(views[0]) if len(views) == 1 else _counted(views)
        half = 9.0 if len(words) == 1 else 4.5 * len(words) + 4
        dots += [
            element("rect", x=x - half, y=y - 9, width=2 * half, height=18, rx=9, class_="square-mark"),
            text(x, y + 4, words, "on-mark", "middle"),
        ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in way)
    return [
        *rings,
        *spokes,
        element("g", element("polyline", points=points, class_="curve"), dots, class_=series(results, strip.policy)),
        text(middle, _SIDE + 18, "from above, front ↓", "strip-scene", "middle"),
    ]


def _counted(views: Sequence[int]) -> str:
    """ "2–4" or "1, 3"."""
    together = views[-1] - views[0] == len(views) - 1
    return f"{views[0]}–{views[-1]}" if together else ", ".join(map(str, views))
