"""The study of equivariance, as Markdown."""

from __future__ import annotations

from typing import Any


def study(file: str, results: dict[str, Any]) -> list[str]:
    """Lines of Markdown: what came out, what speaks against reading much into it, and the figures of every encoder."""
    config, said = results["config"], results["findings"]
    probed = list(results["chance"])
    wanted = [*probed, *(f"accuracy {agent}" for agent in results["agents"])]
    encoders = sorted(results["encoders"].items(), key=lambda entry: -entry[1]["figures"][probed[0]]["value"])
    titles = [results["measures"][name]["title"] for name in wanted]
    return [
        f"## {results['question']}",
        "",
        f"**{said['claim']}.**",
        "",
        *(f"- {sentence}" for sentences in said["sentences"].values() for sentence in sentences),
        "",
        *(f"{limit}\n" for limit in said["limits"]),
        f"{len(encoders)} encoders, each pretrained on {config['images']:,} images of {results['training_objects']} "
        f"objects, probed and played on {len(results['objects'])} others;",
        f"agents of {config['agent_seeds']} seeds. Intervals of 95 % over objects and seeds.",
        f"Raw scores: [scores/{file}](scores/{file}).",
        "",
        f"| pretrained by | {' | '.join(titles)} |",
        "|" + "---|" * (1 + len(titles)),
        *(f"| {name} | {' | '.join(_figure(entry['figures'][what]) for what in wanted)} |" for name, entry in encoders),
        "",
    ]


def _figure(figure: dict[str, Any]) -> str:
    low, high = figure["ci95"]
    return f"{figure['value']:.3f} ({low:.3f} to {high:.3f})"
