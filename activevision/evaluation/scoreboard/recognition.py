"""The ladder of active recognition on one suite, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from activevision.evaluation.ladder import called
from activevision.evaluation.published import Published
from activevision.evaluation.reading import headline_view, is_ceiling, main_rows, views_of

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
        f"Raw scores: [scores/{name}.json](scores/{name}.json).",
        "",
        *_accuracies(results),
        *_comparisons(results),
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
    return [
        "Accuracy in % after every view; then, after the last one, accuracy from the worst start of each, negative",
        "log-likelihood, calibration error, degrees turned and views taken.",
        "",
        *_table(["policy", "fusion", *(f"view {v}" for v in views), "worst", "NLL", "ECE", "turn", "views"], rows),
    ]


def _comparisons(results: Results) -> list[str]:
    view = headline_view(results)
    rows = [row for row in results["comparisons"] if row["view"] == view and row["kind"] == "policy"]
    if not rows:
        return []
    return [
        f"Paired differences in accuracy after view {view}, in points; p by Holm's correction over all "
        f"{results['intervals']['comparisons']} comparisons of the suite; d_z is the mean over the standard deviation",
        "of the differences.",
        "",
        *_table(
            ["", "difference", "interval", "p (Holm)", "d_z"],
            [
                [
                    f"{_policy(row['a'])} − {_policy(row['b'])}",
                    f"{100 * row['difference']:+.1f}",
                    f"{100 * row['ci95'][0]:+.1f} to {100 * row['ci95'][1]:+.1f}",
                    f"{row['p_holm']:.4f}" if row["p_holm"] >= 0.0001 else "< 0.0001",
                    "–" if row["d_z"] is None else f"{row['d_z']:+.2f}",
                ]
                for row in rows
            ],
        ),
    ]


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
        if name != found["reference"]["recogniser"]:
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
