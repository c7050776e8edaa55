"""README.md of a folder of raw scores."""

from __future__ import annotations

from pathlib import Path


def write_scoreboard(folder: Path) -> Path:
    """Write ``folder/README.md`` from ``folder/scores/*.json`` and return its path.

    ``scores/NOTES.md``, where there is one, is what its authors have to say about how the figures came about.
    """
    from activevision.commands.suites import COMPLETIONS, SUITES
    from activevision.evaluation.probing.protocol import PROTOCOLS
    from activevision.evaluation.published import LOOK_AHEAD, LOOK_AROUND
    from activevision.evaluation.results_file import read_results
    from activevision.evaluation.scoreboard.completion import completion
    from activevision.evaluation.scoreboard.probes import probes
    from activevision.evaluation.scoreboard.recognition import published, recognition
    from activevision.evaluation.scoreboard.speeds import simulators, speeds
    from activevision.evaluation.scoreboard.study import study
    from activevision.files import atomic_write, read_json

    scores, lines = folder / "scores", ["# Benchmarks", ""]
    lines += ["Written by `activevision benchmark` from the files under [scores](scores).", ""]
    if (notes := scores / "NOTES.md").exists():
        lines += [notes.read_text(encoding="utf-8").strip(), ""]
    suites = {name: path for name in SUITES if (path := scores / f"{name}.json").exists()}
    for name, path in suites.items():
        lines += recognition(name, SUITES[name].title, read_results(path))
    completions = {name: path for name in COMPLETIONS if (path := scores / f"completion-{name}.json").exists()}
    for name, path in completions.items():
        lines += completion(name, read_json(path))
    if (path := scores / "study-equivariance.json").exists():
        lines += study(path.name, read_json(path))
    for name in PROTOCOLS:
        if (path := scores / f"probes-{name}.json").exists():
            lines += probes(path.name, read_json(path))
    quoted = [*([LOOK_AHEAD] if suites else []), *([LOOK_AROUND] if completions else [])]
    if quoted:
        lines += ["## Published figures", "", *(line for table in quoted for line in published(table))]
    for file, section in (("benchmark.json", speeds), ("simulators.json", simulators)):
        if (path := scores / file).exists():
            rows = [row for row in read_json(path) if file != "benchmark.json" or row["name"] != "simulators"]
            lines += section(rows)
    path = folder / "README.md"
    with atomic_write(path) as written:
        written.write(("\n".join(lines).rstrip() + "\n").encode())
    return path
