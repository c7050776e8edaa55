"""Encoders on egocentric motion, as Markdown."""

from __future__ import annotations

from typing import Any

from activevision.evaluation.probing.equivariance_error import DRAWN_ANEW, NO_CHANGE

_SHOWN = (
    "linear_probe",
    "r2_relative_rotation",
    "r2_relative_translation",
    "mrr",
    "error_composite",
    "error_blind",
    "path_position",
    "path_rotation",
)
_MAIN = "r2_relative_rotation"
_ERRORS = (
    f"An equivariance error has {NO_CHANGE:.3f} where no change is predicted, and {DRAWN_ANEW:.3f} by the mean of "
    "features that change at random: neither knows the motion."
)


def probes(file: str, results: dict[str, Any]) -> list[str]:
    """Lines of Markdown: what was asked of whom, and a table of all encoders, best first."""
    protocol, config, films, data = (results[key] for key in ("protocol", "config", "films", "data"))
    measures, encoders = results["measures"], results["encoders"]
    wanted = [name for name in _SHOWN if all(name in row["figures"] for row in encoders.values())]
    rows = sorted(encoders.items(), key=lambda entry: -entry[1]["figures"][_MAIN]["value"])
    titles = [f"{_title(measures[name])} {'↑' if measures[name]['higher'] else '↓'}" for name in wanted]
    gap = f" at most {protocol['gap']} frames apart" if protocol["gap"] else ""
    seeds = results["recipe"]["seeds"]
    steps = len(results["standing_still"]["path_position"])
    chance = [_without(name, results["chance"]) for name in wanted]
    minutes = ", ".join(f"{stage} {value / 60:.1f}" for stage, value in results["seconds"].items())
    return [
        f"## Probes: {protocol['title'][0].lower()}{protocol['title'][1:]}",
        "",
        f"Encoders ({config['backbone']}), each pretrained on {config['images']:,} images of {films['films']} films "
        f"({films['images']:,} frames at {films['rate']:g} Hz of {films['scenes']} training scenes, motion "
        f"`{protocol['motion']}`),",
        f"and asked about {data['test']['scenes']} scenes that neither they nor the probes have seen: pairs of "
        f"views{gap}, turned by up to {protocol['range_deg']:g}°, and paths of {steps} steps, at "
        f"{protocol['rate']:g} Hz.",
        f"Probes of {seeds} {'seed' if seeds == 1 else 'seeds'}, with 95 % intervals over scenes and seeds; "
        "bold where no other encoder is clearly better (not corrected for their number).",
        "Pretraining is of one seed, whose luck no interval holds.",
        f"Raw scores: [scores/{file}](scores/{file}).",
        "",
        f"| pretrained by | {' | '.join(titles)} |",
        "|" + "---|" * (1 + len(titles)),
        *(f"| {_named(name)} | {' | '.join(_cell(row['figures'][what]) for what in wanted)} |" for name, row in rows),
        f"| *chance, or standing still* | {' | '.join(chance)} |",
        "",
        *([_ERRORS, ""] if any(name.startswith("error_") for name in wanted) else []),
        f"Minutes: {minutes}.",
        "",
    ]


def _title(measure: dict[str, Any]) -> str:
    """As a column head that stands alone."""
    ambiguous = "error" in measure["group"] or "path" in measure["group"]
    return f"{measure['group']}: {measure['title']}" if ambiguous else str(measure["title"])


def _named(objective: str) -> str:
    return "none (random weights)" if objective == "none" else objective


def _without(name: str, chance: dict[str, float]) -> str:
    """What a measure gives without any knowledge of the motion."""
    if name.startswith("error_"):  # of no file: older ones have one of the two alone
        return f"{DRAWN_ANEW:.3f} / {NO_CHANGE:.3f}"
    return f"{chance[name]:.3f}"


def _cell(figure: dict[str, Any]) -> str:
    low, high = figure["ci95"]
    text = f"{figure['value']:.3f} ({low:.3f} to {high:.3f})"
    return f"**{text}**" if figure["best"] else text
