"""Where the figures come from: protocol, catalogue, versions, timings, and how to make them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.nouns import counted
from activevision.pages.html import element
from activevision.pages.parts import definitions
from activevision.pages.words import degrees, duration


def settings(results: dict[str, Any]) -> Element:
    return element(
        "section",
        element(
            "div",
            element("div", element("h2", "Protocol"), definitions(_protocol(results["protocol"]))),
            element("div", element("h2", "Catalogue"), definitions(_catalogue(results))),
            class_="pair",
        ),
    )


def reproduction(results: dict[str, Any], command: str, config: Mapping[str, Any] | None) -> Element:
    seconds = results["seconds"]
    timings = {key.replace("_", " "): duration(value) for key, value in seconds.items()}
    return element(
        "section",
        element(
            "div",
            element("div", element("h2", "Timings"), definitions(timings, "numbers")) if timings else None,
            element("div", element("h2", "Versions"), definitions(results["versions"], "numbers")),
            class_="pair",
        ),
        element("h2", "The same again") if command or config else None,
        element("pre", element("code", command), class_="command") if command else None,
        element(
            "details",
            element("summary", "Configuration"),
            element("pre", element("code", json.dumps(config, indent=2, ensure_ascii=False, default=str))),
        )
        if config
        else None,
    )


def _protocol(protocol: dict[str, Any]) -> dict[str, Any]:
    """A grid protocol in words; another one as it is."""
    if not {"elevations_deg", "azimuths", "neighbourhood", "views"} <= protocol.keys():
        return {key.replace("_", " "): value for key, value in protocol.items()}
    elevations, azimuths = protocol["elevations_deg"], protocol["azimuths"]
    rows, columns = protocol["neighbourhood"]
    wrap = "wraps in elevation too" if protocol.get("wrap_elevation") else "stops at the first and last elevation"
    return {
        "name": protocol.get("name", "unnamed"),
        "view grid": f"{len(elevations)} elevations ({degrees(min(elevations))} to {degrees(max(elevations))}) × "
        f"{azimuths} azimuths (every {degrees(360 / azimuths)})",
        "motions": f"within {rows} × {columns} viewpoints, azimuth wraps, {wrap}",
        "views": protocol["views"],
        "camera": f"{protocol.get('width', '?')} × {protocol.get('height', '?')} pixels, "
        f"{degrees(protocol['hfov_deg'])} wide"
        if "hfov_deg" in protocol
        else "not recorded",
        "told to the agent": [*protocol.get("proprioception", []), "steps left"],
        "start": f"{protocol.get('start', 'unknown')} over the grid",
    }


def _catalogue(results: dict[str, Any]) -> dict[str, Any]:
    catalogue = results["catalogue"]
    return {
        "name": catalogue["name"],
        "split": catalogue["split"],
        "tested": counted(results),
        f"classes ({len(catalogue['classes'])})": catalogue["classes"],
        "licence": catalogue["licence"],
    } | ({"credit": catalogue["credit"]} if catalogue.get("credit") else {})
