"""``results.json``: every figure of an evaluation with the settings that it was measured under.

Accuracies, differences and errors are shares in [0, 1]; a view counts from 1, and a list of figures has one for each
view; ``ci95`` and ``…_ci95`` are the intervals of ``intervals.Bootstrap``. ``rows`` has every agent by its name,
"policy/fusion/recogniser", up the ladder of policies:

- ``policy``, ``fusion``, ``recogniser``; ``kind``: baseline, contender (under test) or ceiling, a reference with
  privileged information; ``main``: whether it stands for its policy in comparisons;
- ``seeds``, ``episodes``, ``starts`` (least and most of an object under a seed);
- ``accuracy``, ``area`` (under accuracy against budget), ``adversarial`` and ``adversarial_nll`` (the worst start),
  ``flips``, ``confusion`` (true class × answer, shares);
- ``nll``, ``brier``, ``ece``, ``entropy``, and the last view's ``reliability``: bins of confidence;
- ``aurc`` and ``excess_aurc``, and the last view's ``selective`` risk by coverage;
- ``views_taken``, and ``stopping``: what stopping at a confidence would give;
- ``rotation_deg``, ``distance_m``, ``moves``, ``collisions``: summed up to every view;
- ``viewpoints``: share of the chosen views (those taken from view 2 on) that fell on each viewpoint of the grid, E × A;
  of main rows also ``class_viewpoints``, the same for the episodes of each class, null where nothing was chosen;
- ``missing``: for every figure that is null, why.

``comparisons`` are paired: ``difference`` of a's accuracy less b's, with its interval, two-sided ``p``, ``p_holm``
corrected over all of them, and ``d_z`` (see ``differences``). ``gap_closed`` is the share of the gap in accuracy from
``floor`` to ``ceiling`` that a row closes, null where that gap is not clearly positive. ``decomposition`` has the parts
swapped one at a time. ``intervals`` says how they were made, and ``catalogue.noun`` what its scenes are called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from activevision.evaluation import metrics
from activevision.evaluation.comparisons import compare, family
from activevision.evaluation.decomposition import decomposition
from activevision.evaluation.differences import p_resamples
from activevision.evaluation.gaps import shares
from activevision.evaluation.intervals import DEFAULT, Array, Bootstrap, Cells, Interval
from activevision.evaluation.ladder import CEILING, kind
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.nouns import noun
from activevision.evaluation.results_file import plain
from activevision.evaluation.roster import Roster
from activevision.evaluation.schema import SCHEMA, check_results
from activevision.evaluation.scores import scores
from activevision.evaluation.versions import installed_versions

FLOOR, CEILING_OF_GAP = "random", "all_views"
_LARGE = ("confusion", "viewpoints", "class_viewpoints")


def build_results(
    logs: Sequence[TrajectoryLog],
    encoder: Mapping[str, Any],
    seconds: Mapping[str, float],
    versions: Mapping[str, str] | None = None,
    bootstrap: Bootstrap = DEFAULT,
    *,
    fusion: str | None = None,
    pairs: Sequence[tuple[str, str]] = (),
    floor: str | None = None,
    ceiling: str | None = None,
) -> dict[str, Any]:
    """The results of any number of agents and seeds; logs of the same agent are joined.

    versions: None means the installed ones. fusion: the main one, else that of most policies. pairs: agents to compare
    beside those that are compared anyway. floor, ceiling: agents between which gaps are measured, "random" and
    "all_views" unless given where they are there. Agents are named "policy", "policy/fusion" or
    "policy/fusion/recogniser". Raises UserError if the logs come from different protocols or catalogues, are not of the
    same (scene, seed, episode) starts, or have too few objects for intervals.
    """
    roster = Roster.of(logs, fusion)
    first = roster.panel.logs[0]
    protocol = {"name": "unnamed", "views": first.views} | first.protocol
    catalogue = _catalogue(first)
    what = noun(protocol, catalogue)
    cells = roster.panel.accuracy()
    bootstrap.require(len(cells.objects), what)
    samples = bootstrap.samples(cells)
    asked = family(roster, pairs)
    compared = compare(roster, asked, cells, samples, bootstrap)
    seeds = len(cells.seeds)
    results = plain(
        {
            "schema": SCHEMA,
            "protocol": protocol,
            "catalogue": {**catalogue, "noun": what},
            "rows": _rows(roster, cells, samples, bootstrap),
            "comparisons": compared,
            "gap_closed": _gaps(roster, floor, ceiling, cells, samples, bootstrap),
            "decomposition": decomposition(roster, cells, samples, bootstrap),
            "encoder": dict(encoder),
            "versions": installed_versions() if versions is None else dict(versions),
            "seconds": dict(seconds),
            "intervals": {
                "level": bootstrap.level,
                "resamples": bootstrap.resamples,
                "p_resamples": p_resamples(len(asked) * first.views, bootstrap),
                "comparisons": len(compared),
                "over": f"{what} and seeds" if bootstrap.over_seeds and seeds > 1 else what,
                "scenes": len(cells.objects),
                "seeds": seeds,
            },
        }
    )
    check_results(results)
    return results


def _catalogue(log: TrajectoryLog) -> dict[str, Any]:
    """What the log says of its catalogue, and "unknown" where it says nothing."""
    unknown = dict.fromkeys(("name", "split", "licence"), "unknown")
    counted = {"classes": list(log.classes), "scenes": len(np.unique(log.scene))}
    return {**unknown, **counted, **log.catalogue}


def _rows(roster: Roster, cells: Cells, samples: Array, bootstrap: Bootstrap) -> dict[str, dict[str, Any]]:
    panel = roster.panel
    intervals = {
        "ci95": bootstrap.percentile(cells.total, samples),
        "area_ci95": bootstrap.percentile(cells.total.mean(axis=-1), samples.mean(axis=-1)),
    }
    for name, found in (
        ("adversarial", panel.cells(lambda log: log.correct, np.minimum)),
        ("nll", panel.cells(metrics.surprise)),
        ("brier", panel.cells(metrics.squared_distance)),
    ):
        intervals[f"{name}_ci95"] = bootstrap.percentile(found.total, bootstrap.samples(found))
    rows = {}
    for number, (key, log) in enumerate(zip(roster.keys, panel.logs, strict=True)):
        row = scores(log) | {name: _ends(interval)[number] for name, interval in intervals.items()}
        row["main"] = roster.main[key.policy] == key
        if row["main"] and row["viewpoints"] is not None:
            row["class_viewpoints"] = metrics.by_class(metrics.chosen_viewpoints(log))
        rows[str(key)] = row | {name: plain(row[name], digits=5) for name in _LARGE if name in row}
    return rows


def _gaps(
    roster: Roster, floor: str | None, ceiling: str | None, cells: Cells, samples: Array, bootstrap: Bootstrap
) -> list[dict[str, Any]]:
    """Of all main agents but ceilings, from view 2 on; none where nobody asked and an end is not there."""
    if floor is ceiling is None and not {FLOOR, CEILING_OF_GAP} <= set(roster.main):
        return []
    low, high = roster.find(floor or FLOOR), roster.find(ceiling or CEILING_OF_GAP)
    agents = [key for policy, key in roster.main.items() if kind(policy) != CEILING and key not in (low, high)]
    share = shares(
        cells, samples, [roster.index(key) for key in agents], roster.index(low), roster.index(high), bootstrap
    )
    ends = _ends(share)
    return [
        {
            "row": str(key),
            "floor": str(low),
            "ceiling": str(high),
            "view": view,
            "share": share.estimate[number, view - 1],
            "ci95": ends[number, view - 1],
        }
        for number, key in enumerate(agents)
        for view in range(2, roster.panel.views + 1)
    ]


def _ends(interval: Interval) -> Array:
    """(..., 2) low and high."""
    return np.stack([interval.low, interval.high], axis=-1)
