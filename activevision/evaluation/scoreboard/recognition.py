"""The ladder of active recognition on one suite, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from activevision.evaluation.ladder import called
from activevision.evaluation.published import LIKE, ORDER, Published
from activevision.evaluation.reading import (
    IDLE_TRUTH,
    TRUTH,
    baselines,
    contenders,
    headline_view,
    is_ceiling,
    main_rows,
    row_of,
    truth_is_idle,
    versus,
    views_of,
)
from activevision.evaluation.significance import LEVEL, is_clear

Results = dict[str, Any]


def recognition(name: str, title: str, results: Results) -> list[str]:
    """Lines of Markdown from the results of a suite: accuracies, comparisons, gaps, what limits them, cost."""
    protocol, catalogue, intervals = results["protocol"], results["catalogue"], results["intervals"]
    what = catalogue["noun"]
    return [
        f"## {title}",
        "",
        f"{intervals['scenes']} {what} of {len(catalogue['classes'])} classes ({catalogue['split']} of "
        f"{catalogue['name']}), protocol `{protocol['name']}` (T = {views_of(results)}), {intervals['seeds']} seeds, "
        f"{100 * intervals['level']:g} % intervals over {intervals['over']}. "
        f"All figures: [scores/{name}.json](scores/{name}.json); right answers of every agent, seed and scene, which",
        f"they come from: [scores/{name}.npz](scores/{name}.npz).",
        "",
        *_accuracies(results),
        *_comparisons(results),
        *_order(results),
        *_gaps(results),
        *_fusions(results),
        *_recognisers(results),
        "Minutes: " + ", ".join(f"{stage} {value / 60:.1f}" for stage, value in results["seconds"].items()) + ".",
        "",
    ]


def published(table: Published) -> list[str]:
    """Lines of Markdown: figures of a paper, with a plain word on what they can be compared with."""
    return [
        f"**{table.source}.** {table.protocol[0].upper()}{table.protocol[1:]}.",
        *([] if table.checked else ["Quoted at second hand: check with the paper before relying on a digit."]),
        "",
        *_table(["", *table.columns], [[method, *(f"{x:g}" for x in figures)] for method, figures in table.rows]),
        table.comparable,
        "",
    ]


def _accuracies(results: Results) -> list[str]:
    rows = []
    for name, row in main_rows(results).items():
        cells = [f"{_percent(x)} ({_percent(low)} to {_percent(high)})"
                 for x, (low, high) in zip(row["accuracy"], row["ci95"], strict=True)]  # fmt: skip
        label = f"*{name}* (ceiling)" if is_ceiling(results, name) else called(name)
        more = [_percent(row["adversarial"][-1]), f"{row['nll'][-1]:.2f}", f"{row['ece'][-1]:.3f}"]
        turned = f"{row['rotation_deg'][-1]:.0f}°" if row["rotation_deg"] else "–"
        taken = f"{row['views_taken']:.1f}" if row["views_taken"] is not None else "–"
        rows.append([label, row["fusion"], *cells, *more, turned, taken])
    views = range(1, views_of(results) + 1)
    starts = max(row["starts"][1] for row in main_rows(results).values())
    return [
        f"Accuracy in % after every view; then, after the last one, accuracy from the worst of {starts} starts of "
        "each, negative",
        "log-likelihood, calibration error, degrees turned and views taken.",
        "",
        *_table(["policy", "fusion", *(f"view {v}" for v in views), "worst", "NLL", "ECE", "turn", "views"], rows),
    ]


def _comparisons(results: Results) -> list[str]:
    """Policies under test against what learns nothing."""
    view = headline_view(results)
    found = {(a, row["policy"]): row for a in contenders(results) for row in versus(results, a, view)}
    weaker = [name for name in baselines(results) if any(b == name for _, b in found)]
    under_test = [name for name in contenders(results) if any(a == name for a, _ in found)]
    if not under_test or not weaker:
        return []
    return [
        f"Paired differences in accuracy after view {view}, in points, with intervals; bold where p < {LEVEL:g} by "
        f"Holm's correction over all {results['intervals']['comparisons']}",
        "comparisons of the suite. What was trained as one has its own fusion here, all others the main one.",
        "",
        *_table(
            ["", *(f"− {called(name)}" for name in weaker)],
            [[a, *(_difference(found.get((a, b))) for b in weaker)] for a in under_test],
        ),
    ]


def _order(results: Results) -> list[str]:
    """The published ladder, step by step."""
    view = headline_view(results)
    found = {(row["a"], row["b"]): row for row in results["comparisons"] if row["view"] == view}
    lines: list[list[str]] = []
    before: str | None = None
    for label in ORDER:
        name = row_of(results, LIKE[label][0])
        if name is None:
            continue
        row = results["rows"][name]
        step = found.get((name, before)) or _turned(found.get((before, name)))
        gain, p, d_z = "", "", ""
        if before is not None and step is not None:
            gain, p = _difference(step), f"{step['p_holm']:.4f}"
            d_z = "–" if step["d_z"] is None else f"{step['d_z']:+.2f}"
        lines.append([label, f"`{row['policy']}/{row['fusion']}`", _percent(row["accuracy"][view - 1]), gain, p, d_z])
        before = name
    if len(lines) < 2:
        return []
    return [
        f"The order of *Look-ahead before you leap* (ECCV 2016), after view {view}. A step is the paired difference to "
        "the row above, in points;",
        "d_z is the mean of the differences over their standard deviation.",
        "",
        *_table(["", "agent", "accuracy", "step", "p (Holm)", "d_z"], lines),
    ]


def _turned(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """A comparison from the other side."""
    if row is None:
        return None
    low, high = row["ci95"]
    d_z = None if row["d_z"] is None else -row["d_z"]
    return {**row, "difference": -row["difference"], "ci95": [-high, -low], "d_z": d_z}


def _difference(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    low, high = (100 * end for end in row["ci95"])
    text = f"{100 * row['difference']:+.1f} ({low:+.1f} to {high:+.1f})"
    return f"**{text}**" if is_clear(row) else text


def _gaps(results: Results) -> list[str]:
    view = headline_view(results)
    rows = [row for row in results["gap_closed"] if row["view"] == view and row["share"] is not None]
    if not rows:
        return []
    said = ", ".join(
        f"{_policy(row['row'])} {100 * row['share']:.0f} % ({100 * row['ci95'][0]:.0f} to {100 * row['ci95'][1]:.0f})"
        for row in rows
    )
    return [f"Of the gap from {rows[0]['floor']} to {rows[0]['ceiling']} after view {view}: {said}.", ""]


def _fusions(results: Results) -> list[str]:
    found = results["decomposition"]
    matrix = found["recognisers"].get(found["reference"]["recogniser"])
    if matrix is None or len(matrix["fusions"]) < 2:
        return []
    return [
        f"Fusion swapped, policy held, after view {headline_view(results)}:",
        "",
        *_matrix(results, matrix, lambda cells: sum(cell is not None for cell in cells) > 1),
    ]


def _recognisers(results: Results) -> list[str]:
    found = results["decomposition"]
    rows = []
    for name, matrix in found["recognisers"].items():
        if name == TRUTH and truth_is_idle(results):
            rows += [IDLE_TRUTH.replace(TRUTH, f"`{TRUTH}`", 1), ""]
        elif name != found["reference"]["recogniser"]:
            rows += [f"Recogniser `{name}`, after view {headline_view(results)}:", "", *_matrix(results, matrix, any)]
    return rows


def _matrix(results: Results, matrix: dict[str, Any], wanted: Callable[[Sequence[Any]], bool]) -> list[str]:
    view = headline_view(results)
    rows = [
        [called(policy), *("" if cell is None else _percent(cell["accuracy"][view - 1]) for cell in cells)]
        for policy, cells in zip(matrix["policies"], matrix["cells"], strict=True)
        if wanted(cells)
    ]
    return _table(["policy", *matrix["fusions"]], rows)


def _policy(row: str) -> str:
    return called(row.partition("/")[0])


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(heads)} |",
        "|" + "---|" * len(heads),
        *(f"| {' | '.join(cells)} |" for cells in rows),
        "",
    ]
