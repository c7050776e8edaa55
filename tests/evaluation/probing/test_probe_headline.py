"""Claims of the page's headline: it says no more than the intervals do."""

from __future__ import annotations

from typing import Any

from activevision.evaluation.probing.page.head import headline


def results(**scores: tuple[float, float, bool, bool]) -> dict[str, Any]:
    """Encoders with MRR, linear probe, and whether each of them is the best or level with it."""
    rows = {}
    for name, (mrr, classes, best, best_of_classes) in scores.items():
        figures = {
            "mrr": {"value": mrr, "ci95": [mrr - 0.1, mrr + 0.1], "best": best},
            "linear_probe": {"value": classes, "ci95": [0, 1], "best": best_of_classes},
        }
        rows[name] = {"figures": figures, "facts": {} if name.startswith("blank") else {"settings": {}}}
    return {"encoders": rows}


BLANK = (0.2, 0.1, False, False)


def test_each_leads_in_what_it_leads() -> None:
    claim, amount = headline(results(a=(0.5, 0.2, True, False), b=(0.4, 0.6, False, True), blank=BLANK))
    assert claim == "a tells best where a motion leads, b what is seen"
    assert "0.500" in amount
    assert "by blank at 0.200" in amount
    claim, _ = headline(results(a=(0.5, 0.7, True, True), b=(0.4, 0.6, False, False), blank=BLANK))
    assert claim == "a tells best both where a motion leads and what is seen"


def test_who_is_level_with_others_does_not_lead() -> None:
    classes = results(a=(0.5, 0.7, True, True), b=(0.4, 0.6, False, True), blank=BLANK)
    assert headline(classes)[0] == "a tells best where a motion leads, none clearly what is seen"
    motions = results(a=(0.5, 0.7, True, False), b=(0.4, 0.8, True, True), blank=BLANK)
    assert headline(motions)[0] == "None clearly tells best where a motion leads, b what is seen"
    both = results(a=(0.5, 0.7, True, True), b=(0.4, 0.6, True, True), blank=BLANK)
    assert headline(both)[0] == "None clearly tells best where a motion leads, nor what is seen"
    by_blank = results(a=(0.5, 0.2, True, False), b=(0.4, 0.3, False, False), blank=(0.2, 0.6, False, True))
    assert headline(by_blank)[0] == "a tells best where a motion leads, none clearly what is seen"


def test_without_classes_nothing_is_said_of_them() -> None:
    for level, claim in (
        (False, "a tells best where a motion leads"),
        (True, "None clearly tells best where a motion"),
    ):
        found = results(a=(0.5, 0, True, False), b=(0.4, 0, level, False), blank=BLANK)
        for row in found["encoders"].values():
            del row["figures"]["linear_probe"]
        assert headline(found)[0].startswith(claim)


def test_untrained_encoders_alone_have_a_headline() -> None:
    claim, amount = headline(results(blank=BLANK))
    assert claim == "What features tell that nothing was trained for"
    assert "found by blank at a mean reciprocal rank of 0.200" in amount
    assert headline(results(a=(0.5, 0.2, False, False)))[0] == "What the features of a tell"


def test_random_weights_that_are_level_are_not_beaten() -> None:
    claim, _ = headline(results(a=(0.5, 0.2, True, False), b=(0.4, 0.6, False, True), blank=(0.48, 0.1, True, False)))
    assert claim == "No encoder clearly tells better than blank where a motion leads"


def test_one_alone_is_set_against_random_weights() -> None:
    claim, _ = headline(results(a=(0.5, 0.2, True, False), blank=BLANK))
    assert claim == "a tells where a motion leads, random weights less so"
