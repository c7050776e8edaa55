"""Completion on one suite, as Markdown."""

from __future__ import annotations

from typing import Any

from activevision.evaluation.completion.tables import gains, published_gain, title


def completion(name: str, results: dict[str, Any]) -> list[str]:
    """Lines of Markdown: the paper's table with our figures, and errors after every view."""
    suite, protocol = results["suite"], results["protocol"]
    views = protocol["views"]
    lines = [
        f"## {suite['title']}",
        "",
        f"Protocol `{protocol['name']}` (T = {views}), scenes of {results['catalogue']['name']}. Mean squared error of",
        "all pixels of the view grid × 1000 after every view; gain over one view after the last, with 95 % intervals",
        f"over scenes and seeds; published: gain in {suite['published']}.",
        f"Raw scores: [scores/completion-{name}.json](scores/completion-{name}.json).",
        "",
    ]
    heads = ["policy", *(f"view {view}" for view in range(1, views + 1)), "gain %", "× random", "published"]
    for group, scored in results["groups"].items():
        whose = "" if group == "all" else f" of {group}"
        lines += [f"{len(scored['scenes'])} test scenes{whose}, {len(scored['seeds'])} seeds.", ""]
        lines += [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
        for policy, row in scored["policies"].items():
            known = row["error"]["estimate"][: views if "gain" in row else 1]
            errors = [f"{error:.2f}" for error in known] + [""] * (views - len(known))
            said = [title(policy), *errors, *gains(row), published_gain(policy, suite["published"], group)]
            lines.append(f"| {' | '.join(said)} |")
        lines.append("")
    minutes = ", ".join(f"{stage} {value / 60:.1f}" for stage, value in results["seconds"].items())
    return [*lines, f"Minutes: {minutes}.", ""]
