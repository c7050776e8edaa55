"""``results.json``: every figure of an evaluation with the settings that it was measured under.

Accuracies, differences and errors are shares in [0, 1]; a view counts from 1; ``ci95`` are the intervals of
``intervals.Bootstrap``. Beyond the contract's keys, a policy's row has

- ``episodes``, ``nll``, ``brier``, ``rotation_deg`` and ``moves`` (per view; the last two null for the whole grid),
- ``ceiling``: true for what no policy could do,
- ``reliability``: the last view's bins of confidence, for the calibration plot,
- ``viewpoints``: share of the chosen views (from view 2 on) that fell on each viewpoint of the grid, E × A,
- ``fusions``: the same policy under other fusions, each with ``versus`` (difference to the main fusion, per view);

and the results have ``intervals`` (how they were made) and ``gap_closed``: the share of the gap from random to all
views that each policy compared closes, null where that gap is not clearly positive. Compared are the policies under
test with every baseline or, where none is under test, the baselines with one another. ``catalogue.noun`` is what its
scenes are called.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from activevision.errors import UserError
from activevision.evaluation import metrics
from activevision.evaluation.intervals import (
    DEFAULT,
    Bootstrap,
    Interval,
    accuracy_interval,
    gap_closed,
    paired_accuracy_interval,
)
from activevision.evaluation.log import TrajectoryLog, concatenate
from activevision.evaluation.nouns import noun
from activevision.evaluation.schema import (
    BASELINES,
    CEILINGS,
    SCHEMA,
    check_results,
    compared,
    contenders,
    is_ceiling,
)
from activevision.evaluation.versions import installed_versions
from activevision.files import atomic_write, read_json


def build_results(
    logs: Sequence[TrajectoryLog],
    encoder: dict[str, Any],
    seconds: dict[str, float],
    versions: dict[str, str] | None = None,
    bootstrap: Bootstrap = DEFAULT,
) -> dict[str, Any]:
    """The results of any number of policies, fusions and seeds.

    Logs of one policy and fusion are joined. The first log's fusion is the main one of every policy that was run with
    it, and a policy's first fusion otherwise; further fusions of a policy are listed under it. ``versions`` None means
    the installed ones. Raises UserError if the logs come from different protocols or catalogues, or if policies that
    are to be compared did not see the same (scene, seed, episode) starts.
    """
    groups = _grouped(logs)
    main = {policy: group.pop(_main_fusion(group, logs[0].fusion)) for policy, group in groups.items()}
    pairs = compared(main)
    first = next(iter(main.values()))
    seeds, what = len(np.unique(first.seed)), noun(first.protocol, first.catalogue)
    policies = {}
    for policy, log in main.items():
        policies[policy] = _row(log, bootstrap)
        if groups[policy]:
            policies[policy]["fusions"] = {
                fusion: _row(other, bootstrap) | {"versus": _versus(other, log, bootstrap)}
                for fusion, other in groups[policy].items()
            }
    results = {
        "schema": SCHEMA,
        "protocol": first.protocol,
        "catalogue": {**first.catalogue, "noun": what},
        "policies": policies,
        "paired": [row for a, weaker in pairs.items() for b in weaker for row in _paired(main, a, b, bootstrap)],
        "gap_closed": [row for policy in pairs if policy != "random" for row in _gap_closed(main, policy, bootstrap)],
        "encoder": encoder,
        "versions": installed_versions() if versions is None else versions,
        "seconds": seconds,
        "intervals": {
            "level": bootstrap.level,
            "resamples": bootstrap.resamples,
            "over": f"{what} and seeds" if bootstrap.over_seeds and seeds > 1 else what,
            "scenes": len(np.unique(first.scene)),
            "seeds": seeds,
        },
    }
    results = _plain(results)
    check_results(results)
    return results


def write_results(results: dict[str, Any], path: Path) -> None:
    """Write JSON with one line per list of numbers; UserError if it does not follow the schema."""
    check_results(results)
    text = json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False)
    flat = re.compile(r"[\[][^\[\]{}]*[\]]")  # a line break in JSON text is never inside a string, so it may go
    with atomic_write(path) as file:
        file.write((flat.sub(lambda match: re.sub(r"\n\s*", " ", match[0]), text) + "\n").encode())


def read_results(path: Path) -> dict[str, Any]:
    """Read and check what ``write_results`` wrote; UserError if it is missing, damaged or something else."""
    results = read_json(path)
    check_results(results)
    return results


def table(results: dict[str, Any]) -> Table:
    """Accuracy in % with half the width of its interval, policies by views; ceilings below a line, dimmed."""
    views = shown_views(results, most=4)  # with more a terminal of 80 columns cuts figures off
    under_test = contenders(results)
    over = f" over {results['intervals']['over']}" if "intervals" in results else ""
    fusions = {row["fusion"] for row in results["policies"].values()}
    ceilings = any(is_ceiling(name) for name in results["policies"])
    result = Table(
        title=f"Accuracy in % with 95 % intervals{over}; fusion: {', '.join(sorted(fusions))}",
        caption="± is half an interval. ECE: expected calibration error after the last view; turn: what the camera "
        f"turned until then.{' Below the line: ceilings, not policies.' if ceilings else ''}",
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for heading in ["policy", *(["fusion"] if len(fusions) > 1 else [])]:
        result.add_column(heading, no_wrap=True)
    for heading in [*(f"view {view}" for view in views), "ECE", "turn"]:
        result.add_column(heading, justify="right", no_wrap=True)
    rows = sorted(results["policies"].items(), key=lambda item: is_ceiling(item[0]))
    for number, (name, row) in enumerate(rows):
        turned = row.get("rotation_deg")
        result.add_row(
            name,
            *([row["fusion"]] if len(fusions) > 1 else []),
            *(f"{100 * row['accuracy'][v - 1]:.1f} ±{100 * half_width(row['ci95'][v - 1]):4.1f}" for v in views),
            f"{row['ece'][-1]:.3f}",
            f"{turned[-1]:.0f}°" if turned else "–",
            style="dim italic" if is_ceiling(name) else "bold" if name in under_test else None,
            end_section=number + 1 < len(rows) and is_ceiling(rows[number + 1][0]) and not is_ceiling(name),
        )
    return result


def half_width(interval: Sequence[float]) -> float:
    return (interval[1] - interval[0]) / 2


def shown_views(results: dict[str, Any], most: int = 6) -> list[int]:
    """Views from 1 to the last, thinned evenly where a table would have more than ``most`` columns of them."""
    last = len(next(iter(results["policies"].values()))["accuracy"])
    return sorted({round(view) for view in np.linspace(1, last, min(last, most))})


def _grouped(logs: Sequence[TrajectoryLog]) -> dict[str, dict[str, TrajectoryLog]]:
    """Joined logs by policy and fusion; policies up the ladder, fusions in the order given."""
    if not logs:
        raise UserError("no trajectory logs to score: give at least one.")
    for log in logs:
        for word in ("protocol", "catalogue", "classes", "views"):
            if getattr(log, word) != getattr(logs[0], word):
                raise UserError(
                    f"trajectory logs of {logs[0].policy!r} and {log.policy!r} differ in {word}: "
                    "their figures cannot be compared, evaluate both alike."
                )
    groups: dict[str, dict[str, list[TrajectoryLog]]] = {}
    for log in logs:
        groups.setdefault(log.policy, {}).setdefault(log.fusion, []).append(log)
    ranked = sorted(groups, key=_rank)
    return {policy: {fusion: concatenate(same) for fusion, same in groups[policy].items()} for policy in ranked}


def _rank(policy: str) -> int:
    """Place on the ladder: baselines, policies under test in the order given, ceilings."""
    if policy in BASELINES:
        return BASELINES.index(policy)
    return len(BASELINES) + (1 + CEILINGS.index(policy) if is_ceiling(policy) else 0)


def _main_fusion(group: dict[str, TrajectoryLog], preferred: str) -> str:
    return preferred if preferred in group else next(iter(group))


def _row(log: TrajectoryLog, bootstrap: Bootstrap) -> dict[str, Any]:
    interval = accuracy_interval(log, bootstrap)
    bins = metrics.reliability_at(log, log.views)
    whole_grid = log.policy == "all_views"
    row = {
        "fusion": log.fusion,
        "seeds": np.unique(log.seed),
        "episodes": len(log),
        "accuracy": interval.estimate,
        "ci95": _ends(interval),
        "ece": metrics.expected_calibration_error(log),
        "nll": metrics.negative_log_likelihood(log),
        "brier": metrics.brier(log),
        "rotation_deg": None if whole_grid else metrics.rotation_deg(log),
        "moves": None if whole_grid else metrics.moves(log),
        "ceiling": is_ceiling(log.policy),
        "reliability": {
            "view": log.views,
            "weight": bins.weight[bins.weight > 0],
            "confidence": bins.confidence[bins.weight > 0],
            "accuracy": bins.accuracy[bins.weight > 0],
        },
    }
    if "elevations_deg" in log.protocol and log.views > 1 and not whole_grid:
        row["viewpoints"] = _viewpoint_shares(log)
    return row


def _viewpoint_shares(log: TrajectoryLog) -> np.ndarray:
    """(E, A) shares of the views from the second on."""
    shape = len(log.protocol["elevations_deg"]), int(log.protocol["azimuths"])
    index = np.ravel_multi_index(tuple(np.moveaxis(log.viewpoint[:, 1:], -1, 0)), shape)
    weight = np.broadcast_to(metrics.weights(log)[:, None] / (log.views - 1), index.shape)
    return np.bincount(index.ravel(), weights=weight.ravel(), minlength=math.prod(shape)).reshape(shape)


def _versus(other: TrajectoryLog, main: TrajectoryLog, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    interval = paired_accuracy_interval(other, main, bootstrap)
    return [{"view": view, "difference": d, "ci95": ci} for view, d, ci in _per_view(interval)]


def _paired(main: dict[str, TrajectoryLog], a: str, b: str, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    interval = paired_accuracy_interval(main[a], main[b], bootstrap)
    return [{"a": a, "b": b, "view": view, "difference": d, "ci95": ci} for view, d, ci in _per_view(interval)[1:]]


def _gap_closed(main: dict[str, TrajectoryLog], policy: str, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    if "random" not in main or "all_views" not in main:
        return []
    interval = gap_closed(main[policy], main["random"], main["all_views"], bootstrap)
    return [{"policy": policy, "view": view, "share": d, "ci95": ci} for view, d, ci in _per_view(interval)[1:]]


def _per_view(interval: Interval) -> list[tuple[int, float, list[float]]]:
    return list(zip(range(1, len(interval.estimate) + 1), interval.estimate, _ends(interval), strict=True))


def _ends(interval: Interval) -> list[list[float]]:
    return np.stack([interval.low, interval.high], axis=-1).tolist()


def _plain(value: Any) -> Any:
    """JSON types only: arrays as lists, numbers rounded to six places, NaN as null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
