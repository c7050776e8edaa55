"""What the numbers say, in sentences that follow from them by fixed rules and claim no more than the intervals do."""

from __future__ import annotations

import math
from typing import Any

from activevision.evaluation.cast import accuracy, best_baseline, protagonist
from activevision.evaluation.ladder import called
from activevision.evaluation.nouns import noun_of
from activevision.evaluation.reading import (
    IDLE_TRUTH,
    TRUTH,
    baselines,
    comparison,
    headline_view,
    main_rows,
    name_of,
    other_fusions,
    row_called,
    truth_is_idle,
    versus,
)
from activevision.evaluation.significance import clearly_above
from activevision.pages.words import INTERVAL, NARROW_SPACE, interval, listed, number, percent, points


def headline(results: dict[str, Any]) -> tuple[str, str]:
    """Two plain sentences: what was found, and by how much."""
    view, policy, best, what = headline_view(results), protagonist(results), best_baseline(results), noun_of(results)
    if policy is None or best is None:
        leader = max(main_rows(results), key=lambda name: accuracy(results, name))
        return (
            f"{called(policy or best or leader)} recognises {percent(accuracy(results, policy or best or leader))} "
            f"of the {what} at view {view}",
            "Nothing was compared: give both a policy under test and at least one baseline.",
        )
    rows = {row["policy"]: row for row in versus(results, policy, view)}
    if not rows:
        return f"{called(policy)} recognises {percent(accuracy(results, policy))} of the {what} at view {view}", (
            "One view leaves nothing to choose, so no policies are compared."
        )
    other = "other " if policy in baselines(results) else ""
    me, rival = called(policy), called(best)
    beaten = [b for b, row in rows.items() if clearly_above(row)]
    if len(beaten) == len(rows):
        claim = f"{me} beats {f'every {other}baseline' if len(rows) > 1 else rival} at view {view}"
    elif best in beaten or beaten == ["single"]:
        claim = (
            f"{me} beats {listed([called(b) for b in beaten])} at view {view}, "
            f"but not {listed([called(b) for b in rows if b not in beaten])}"
        )
    elif "random" in beaten:
        claim = f"{me} beats random at view {view}, but not {rival}"
    else:
        claim = f"{me} does not beat {rival} at view {view}"
    compared = [name for name in ("random", best) if name in rows]
    parts = [
        f"{points(rows[b]['difference'])} points against {called(b)}"
        f"{f', the best {other}baseline' if b == best else ''} ({INTERVAL} {interval(rows[b]['ci95'])})"
        for b in dict.fromkeys(compared)
    ]
    return claim, f"It recognises {percent(accuracy(results, policy))} of the {what}: {' and '.join(parts)}."


def diagnosis(results: dict[str, Any]) -> list[str]:
    """Sentences on whether the recogniser, the fusion or the exploration limits the result, from the numbers alone.

    The ceilings divide what is still wrong: what all views together cannot tell is the recogniser's (with its fusion);
    what lies between the policy and all views is left to the choice of views; a fusion limits if another one is clearly
    better with the same policy. Without ceilings there is little to say, and little is said.
    """
    policy = protagonist(results) or best_baseline(results)
    if policy is None:
        return []
    return [
        sentence
        for sentence in (
            _shares_of_error(results, policy),
            _choice(results, policy),
            _oracle(results, policy),
            _fusion(results, policy),
            _recogniser(results, policy),
            _more_views(results),
            _confidence(results, policy),
        )
        if sentence
    ]


def _shares_of_error(results: dict[str, Any], policy: str) -> str | None:
    if "all_views" not in main_rows(results):
        return None
    view, got, everything = headline_view(results), accuracy(results, policy), accuracy(results, "all_views")
    if got >= everything:
        return (
            f"With {view} views {called(policy)} is already at the level of the whole grid fused "
            f"({percent(got)} against {percent(everything)}): the recogniser and the fusion limit the result, not the "
            "choice of views."
        )
    choice, recogniser = everything - got, 1 - everything
    fusion, whole = (main_rows(results)[name]["fusion"] for name in (policy, "all_views"))
    how = "this fusion" if fusion == whole else f"fusion {whole}"
    most = f"the recogniser (with {how})" if recogniser > choice else "the choice of views"
    return (
        f"{called(policy)} is wrong on {percent(1 - got)} at view {view}. The whole grid fused is still wrong on "
        f"{percent(recogniser)}; the other {number(100 * choice)} points lie between {view} views and all of them. So "
        f"{most} limits the result most."
    )


def _choice(results: dict[str, Any], policy: str) -> str | None:
    view, name = headline_view(results), name_of(main_rows(results)[policy])
    rows = [row for row in results["gap_closed"] if row["row"] == name and row["view"] == view]
    if not rows:
        return None
    row = rows[0]
    gap = f"the gap from {row_called(results, row['floor'])} to {row_called(results, row['ceiling'])}"
    if row["share"] is None:
        return (
            f"{gap[0].upper()}{gap[1:]} is not clearly above zero at view {view}: to this recogniser and fusion "
            "further views are hardly worth anything, whichever they are."
        )
    return (
        f"Exploration: {called(policy)} closes {percent(row['share'], 0)} of {gap} at view "
        f"{view} ({INTERVAL} {interval(row['ci95'], digits=0)}{NARROW_SPACE}%)."
    )


def _oracle(results: dict[str, Any], policy: str) -> str | None:
    if "oracle" not in main_rows(results):
        return None
    best, ahead = accuracy(results, "oracle"), accuracy(results, "oracle") - accuracy(results, policy)
    sentence = (
        f"Choosing each next view with knowledge of the label (oracle) reaches {percent(best)} at view "
        f"{headline_view(results)}, {points(ahead)} points from {called(policy)}; no policy has that knowledge, so "
        "not all of it can be had."
    )
    if "all_views" in main_rows(results) and best > accuracy(results, "all_views"):
        sentence += (
            " It passes even the whole grid fused, as one can who knows the answer: it avoids views that mislead."
        )
    return sentence


def _fusion(results: dict[str, Any], policy: str) -> str | None:
    row, view = main_rows(results)[policy], headline_view(results)
    swaps = {
        fusion: swap
        for fusion, other in other_fusions(results, policy).items()
        if (swap := comparison(results, other, row, view))
    }
    if not swaps:
        return None
    fusion, best = max(swaps.items(), key=lambda item: item[1]["difference"])
    change = f"{points(best['difference'])} points ({INTERVAL} {interval(best['ci95'])})"
    if best["ci95"][0] > 0:
        return (
            f"Fusion: with the same policy, {fusion} instead of {row['fusion']} changes accuracy at view {view} by "
            f"{change}: the fusion holds the result back."
        )
    return (
        f"Fusion: no other fusion is clearly better than {row['fusion']} with the same policy; the best, {fusion}, "
        f"changes accuracy at view {view} by {change}."
    )


def _recogniser(results: dict[str, Any], policy: str) -> str | None:
    """What the policy comes to with the evidence of an ideal recogniser, if that was evaluated and says anything."""
    if truth_is_idle(results):
        return IDLE_TRUTH
    row, view = main_rows(results)[policy], headline_view(results)
    ideal = results["rows"].get(name_of({**row, "recogniser": TRUTH}))
    swap = comparison(results, ideal, row, view) if ideal else None
    if ideal is None or swap is None:
        return None
    return (
        f"Recogniser: with what an ideal one could say of every view, {policy} and {row['fusion']} reach "
        f"{percent(ideal['accuracy'][view - 1])} at view {view}, {points(swap['difference'])} points ({INTERVAL} "
        f"{interval(swap['ci95'])}); what is wrong even then is left to the choice of views and to "
        "the fusion."
    )


def _more_views(results: dict[str, Any]) -> str | None:
    row = main_rows(results).get("random")
    if row is None or row["accuracy"][-1] > row["accuracy"][0]:
        return None
    return (
        f"Random views do not help: accuracy goes from {percent(row['accuracy'][0])} to {percent(row['accuracy'][-1])} "
        f"over {len(row['accuracy'])} views, which points at the recogniser or the fusion rather than at the "
        "policy."
    )


def _confidence(results: dict[str, Any], policy: str) -> str | None:
    row = main_rows(results)[policy]
    bins = row["reliability"]
    if row["ece"][-1] < 0.1:
        return None
    excess = math.fsum(
        w * (c - a) for w, c, a in zip(bins["weight"], bins["confidence"], bins["accuracy"], strict=True)
    )
    kind, why = ("over", ", as when views that agree are counted as if independent") if excess > 0 else ("under", "")
    return (
        f"Calibration: after the last view the beliefs of {called(policy)} are {kind}-confident (expected calibration "
        f"error {number(row['ece'][-1], 3)}){why}."
    )
