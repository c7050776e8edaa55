"""Marks stand exactly where a difference is clear after Holm's correction."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from report_page import page
from synthetic_logs import make_logs

from activevision.evaluation.intervals import Bootstrap
from activevision.evaluation.reading import main_rows, versus
from activevision.evaluation.results import build_results
from activevision.evaluation.significance import ALL, BELOW, RANDOM, mark, mark_of_one


@pytest.fixture(scope="module")
def results() -> dict:
    logs = make_logs(("single", "random", "sweep", "farthest", "dqn", "ppo", "all_views"), objects=60, episodes=2)
    return build_results(logs, {}, {}, {}, Bootstrap(resamples=400))


@pytest.mark.parametrize(
    ("difference", "p_holm", "sign"),
    [(0.1, 0.0499, "▲"), (0.1, 0.05, ""), (-0.1, 0.0499, "▼"), (-0.1, 0.3, ""), (0.0, 1.0, "")],
)
def test_a_mark_needs_a_corrected_p_below_five_percent(difference: float, p_holm: float, sign: str) -> None:
    assert mark_of_one({"difference": difference, "p_holm": p_holm, "p": 0.001, "ci95": [0.01, 0.2]}) == sign


def test_on_the_page_every_comparison_has_its_mark_or_none(results: dict, tmp_path: Path) -> None:
    _, parsed = page(results, [], tmp_path / "r.html")
    cells = [(attributes["title"], text) for tag, attributes, text in parsed.cells if "title" in attributes]
    expected = [row for view in (3, 2, 4) for name in main_rows(results) for row in versus(results, name, view)]
    assert len(cells) == len(expected) == len([row for row in results["comparisons"] if row["kind"] == "policy"])
    clear = 0
    for title, text in cells:
        p = float(str(title).split()[2])
        assert ("▲" in text or "▼" in text) == (p < 0.05), (title, text)
        clear += p < 0.05
    assert 0 < clear < len(cells)
    assert clear == sum(row["p_holm"] < 0.05 for row in expected)


def test_the_mark_of_a_policy_is_that_of_all_its_comparisons(results: dict) -> None:
    results = copy.deepcopy(results)

    def say(baseline: str, difference: float, p: float) -> None:
        for row in results["comparisons"]:
            if (row["a"], row["b"], row["view"]) == ("ppo/product/own", f"{baseline}/product/own", 3):
                row.update(difference=difference, p_holm=p)

    for baseline in ("single", "random", "sweep", "farthest"):
        say(baseline, 0.1, 0.01)
    assert mark(results, "ppo", 3) == ALL
    say("farthest", 0.1, 0.06)
    assert mark(results, "ppo", 3) == RANDOM
    say("random", 0.1, 0.06)
    assert mark(results, "ppo", 3) == ""
    say("random", -0.1, 0.04)
    assert mark(results, "ppo", 3) == BELOW
    assert mark(results, "all_views", 3) == mark(results, "ppo", 1) == ""


def test_without_comparisons_there_is_no_legend_of_marks(tmp_path: Path) -> None:
    alone = build_results(make_logs(("mine",), objects=10), {}, {}, {}, Bootstrap(resamples=50))
    _, parsed = page(alone, [], tmp_path / "r.html")
    assert not {"▲", "△", "▽", "▼"} & set(parsed.text)
