"""Claims of the page's headline: it says no more than the intervals do."""

from __future__ import annotations

from typing import Any

from activevision.evaluation.probing.page.head import headline


def results(**scores: tuple[float, float, bool]) -> dict[str, Any]:
    """Encoders with MRR, linear probe, and whether the MRR is the best or level with it."""
    rows = {}
    for name, (mrr, classes, best) in scores.items():
        figures = {
            "mrr": {"value": mrr, "ci95": [mrr - 0.1, mrr + 0.1], "best": best},
            "linear_probe": {"value": classes, "ci95": [0, 1], "best": False},
        }
        rows[name] = {"figures": figures, "facts": {} if name == "blank" else {"settings": {}}}
    return {"encoders": rows}


def test_each_leads_in_what_it_leads() -> None:
    claim, amount = headline(results(a=(0.5, 0.2, True), b=(0.4, 0.6, False), blank=(0.2, 0.1, False)))
    assert claim == "a tells best where a motion leads, b what is seen"
    assert "0.500" in amount
    assert "by blank at 0.200" in amount
    claim, _ = headline(results(a=(0.5, 0.7, True), b=(0.4, 0.6, False), blank=(0.2, 0.1, False)))
    assert claim == "a tells best both where a motion leads and what is seen"


def test_random_weights_that_are_level_are_not_beaten() -> None:
    claim, _ = headline(results(a=(0.5, 0.2, True), b=(0.4, 0.6, False), blank=(0.48, 0.1, True)))
    assert claim == "No encoder clearly tells better than blank where a motion leads"


def test_one_alone_is_set_against_random_weights() -> None:
    claim, _ = headline(results(a=(0.5, 0.2, True), blank=(0.2, 0.1, False)))
    assert claim == "a tells where a motion leads, random weights less so"
