"""How fast: the tables of ``benchmark.json`` and of two simulators side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def speeds(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: a row for each speed, with the settings that it depends on."""
    return [
        "## Speed",
        "",
        "`activevision benchmark`: medians of several runs. Where the clock is that of the processor, others on the",
        "machine cost nothing; else they cost what they took.",
        "",
        "| | | settings |",
        "|---|---|---|",
        *(f"| {row['name']} | {row['value']:,.0f} {row['unit']} | {_settings(row)} |" for row in rows),
        "",
    ]


def _settings(row: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in row["settings"].items())


def simulators(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: frames per second of the embedded simulator and of habitat-sim, for each scene, camera and set
    of sensors."""
    rates: dict[tuple[int, int, str], dict[str, float]] = {}
    for row in rows:
        settings = row["settings"]
        key = (settings["triangles"], settings["resolution"][0], " + ".join(settings["modalities"]))
        rates.setdefault(key, {})[settings["simulator"]] = row["value"]
    loads = [row["settings"]["load"] for row in rows]
    lines = [
        "## The embedded simulator and habitat-sim",
        "",
        "`activevision benchmark --simulators embree,habitat`: medians of frames per second of processor time, both",
        "in one process pinned to one core and taking turns, unlit, in a textured room. habitat-sim draws on the CPU",
        "(Mesa llvmpipe), without the backs of triangles. It draws each sensor anew, where the embedded simulator",
        "traces once for all; its time grows with the triangles and little with the pixels. The load of the machine",
        f"meanwhile: {min(loads):.1f} to {max(loads):.1f}. Raw scores, with quartiles:",
        "[scores/simulators.json](scores/simulators.json).",
        "",
        "| triangles | pixels | sensors | embree | habitat | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for (triangles, side, sensors), rate in rates.items():
        if {"embree", "habitat"} <= rate.keys():
            lines.append(
                f"| {triangles:,} | {side}² | {sensors} | {rate['embree']:,.0f} | {rate['habitat']:,.0f} "
                f"| {rate['embree'] / rate['habitat']:.1f} |"
            )
    return [*lines, ""]
