"""Filmstrips of successes and of failures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.reading import main_rows, views_of
from activevision.evaluation.report.figures.filmstrip import MOST, Filmstrip, filmstrip
from activevision.pages.html import element
from activevision.pages.parts import section
from activevision.pages.words import percent


def episodes(results: dict[str, Any], filmstrips: Sequence[Filmstrip]) -> Element | None:
    """Strips in the given order; each of the first one's policy begins a group with those beside it, which stands
    among successes or failures by that one's last answer."""
    if not filmstrips:
        return None
    leader = filmstrips[0].policy
    groups: list[list[Filmstrip]] = []
    for strip in filmstrips:
        groups[-1].append(strip) if groups and strip.policy != leader else groups.append([strip])
    views = max(len(strip.frames) for strip in filmstrips)
    some = f" Of the {views} views {MOST} are shown." if views > MOST else ""
    on_grid = "elevations_deg" in results["protocol"]
    where = " The small figures are the elevation and the azimuth of the camera." if on_grid else ""
    return section(
        "Episodes",
        "The frame, and the belief after it in %. ✓ or ✗: whether the most believed class (coloured bar) is the true "
        f"one (marked ●).{some}{where}",
        _outcome(results, leader, [group for group in groups if group[0].right], True),
        _outcome(results, leader, [group for group in groups if not group[0].right], False),
    )


def _outcome(
    results: dict[str, Any], leader: str, groups: Sequence[Sequence[Filmstrip]], right: bool
) -> Element | None:
    if not groups:
        return None
    return element(
        "div",
        element("h3", f"{leader} ends right" if right else f"{leader} ends wrong"),
        element("p", _shares(results, leader, right), class_="note"),
        element("div", [filmstrip(results, strip) for group in groups for strip in group], class_="strips"),
        class_="outcome",
    )


def _shares(results: dict[str, Any], policy: str, right: bool) -> str:
    """How common such episodes are, which a few strips cannot tell."""
    row = main_rows(results).get(policy)
    if row is None:
        return ""
    flips, last = row["flips"], views_of(results)
    if right:
        return (
            f"This is how {percent(flips['last'])} of the episodes end; {percent(flips['gained'])} were wrong after "
            f"the first view and are right after view {last}. These come first here."
        )
    return (
        f"This is how {percent(1 - flips['last'])} of the episodes end; {percent(flips['lost'])} were right after the "
        f"first view and are wrong after view {last}."
    )
