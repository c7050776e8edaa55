"""The report loads nothing, escapes what it is told, and claims no more than the numbers do."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from report_page import page
from synthetic_logs import CLASSES, make_frames, make_logs
from tiny_logs import answers

from activevision.evaluation.cast import featured, in_order
from activevision.evaluation.intervals import Bootstrap
from activevision.evaluation.reading import contenders, main_rows, versus
from activevision.evaluation.report import Filmstrip, diagnosis, headline
from activevision.evaluation.report.choice import telling_episodes
from activevision.evaluation.report.figures.gap_plot import gap_plot
from activevision.evaluation.report.series import series
from activevision.evaluation.results import build_results
from activevision.evaluation.scoreboard.recognition import recognition
from activevision.pages.words import number

NASTY = 'cup <b>&"mug"</b>'


@pytest.fixture(scope="module")
def results() -> dict:
    logs = make_logs(fusions=("product", "mean"), objects=40, seeds=2, episodes=2)
    encoder = {
        "normalised_equivariance_error": {"equivariance": 0.6, "random weights": 1.02},
        "objective": "equivariance",
    }
    return build_results(logs, encoder, {"pretrain": 75.0}, {"numpy": "2.4"}, Bootstrap(resamples=300))


@pytest.fixture(scope="module")
def strips() -> list[Filmstrip]:
    log = make_logs(("ppo",), objects=12)[0]
    return [
        Filmstrip("ppo", NASTY, int(log.label[k]), make_frames(log, k), log.belief[k], log.viewpoint[k]) for k in (0, 9)
    ]


def test_loads_nothing_from_anywhere_and_needs_no_script(
    results: dict, strips: list[Filmstrip], tmp_path: Path
) -> None:
    source, parsed = page(results, strips, tmp_path / "report.html")
    names = {tag for tag, _ in parsed.tags}
    assert not names & {"script", "link", "iframe", "object", "embed"}
    for tag, attributes in parsed.tags:
        for key in ("src", "href", "srcset", "data", "xlink:href"):
            assert (attributes.get(key) or "data:").startswith(("data:", "#")), (tag, key)
    assert not re.search(r"@import|url\(", source)
    assert sum(tag == "img" for tag, _ in parsed.tags) == sum(len(strip.frames) for strip in strips)


def test_escapes_the_names_of_classes_scenes_and_policies(
    results: dict, strips: list[Filmstrip], tmp_path: Path
) -> None:
    renamed = copy.deepcopy(results)
    renamed["catalogue"]["classes"] = [NASTY, *CLASSES[1:]]
    text = json.dumps(renamed["rows"]).replace("ppo", json.dumps(NASTY)[1:-1])
    renamed["rows"] = json.loads(text)
    for row in (*renamed["comparisons"], *renamed["gap_closed"]):
        for key in ("a", "b", "row"):
            row[key] = row.get(key, "").replace("ppo", NASTY)
    strips = [Filmstrip(NASTY, s.scene, s.label, s.frames, s.belief, s.viewpoints) for s in strips]
    source, parsed = page(renamed, strips, tmp_path / "report.html", command="run <x> && y", config={"a": "</pre>"})
    assert "<b>&" not in source
    assert "cup &lt;b&gt;&amp;" in source
    assert NASTY in parsed.text
    assert "run <x> && y" in parsed.text
    assert '"a": "</pre>"' in parsed.text


def test_shows_every_figure_of_the_contract(results: dict, strips: list[Filmstrip], tmp_path: Path) -> None:
    _, parsed = page(results, strips, tmp_path / "r.html", command="activevision demo")
    words = "look-around,CC0-1.0,made up for the tests,2.4,1\xa0min 15\xa0s,activevision demo,0.600,mean"
    for word in words.split(","):
        assert word in parsed.text, word
    for row in main_rows(results).values():
        for share in row["accuracy"]:
            assert number(100 * share) in parsed.text
    for row in versus(results, "ppo"):
        assert number(100 * row["difference"], sign=True) in parsed.text


def test_results_without_extras_or_with_one_view_still_give_a_page(tmp_path: Path) -> None:
    log = answers([[1], [1], [0], [1]], list("wxyz"))
    bare = build_results([log, replace(log, policy="random")], {}, {}, {}, Bootstrap(resamples=50))
    _, parsed = page(bare, [], tmp_path / "r.html")
    assert "nothing to choose" in parsed.text
    assert "its log has no column 'taken'" in parsed.text


def test_policies_that_never_differ_still_give_a_page(tmp_path: Path) -> None:
    log = make_logs(("random",), objects=10)[0]
    same = build_results([log, replace(log, policy="mine")], {}, {}, {}, Bootstrap(resamples=50))
    _, parsed = page(same, [], tmp_path / "r.html")
    assert "mine does not beat random at view 3" in parsed.text


def paired_row(results: dict, baseline: str, ends: tuple[float, float]) -> None:
    for row in results["comparisons"]:
        if row["a"] == "ppo/product/own" and row["b"] == f"{baseline}/product/own" and row["view"] == 3:
            row["difference"], row["ci95"] = sum(ends) / 2, list(ends)
            row["p_holm"] = 0.01 if ends[0] > 0 or ends[1] < 0 else 0.6


def test_the_headline_claims_a_win_only_where_the_difference_is_clear_after_correction(results: dict) -> None:
    results = copy.deepcopy(results)
    main_rows(results)["sweep"]["accuracy"][2] = 0.99
    for baseline in ("single", "random", "farthest", "sweep"):
        paired_row(results, baseline, (0.01, 0.07))
    assert headline(results)[0] == "ppo beats every baseline at view 3"
    assert "+4.0 points against random (95\xa0% interval 1.0 to 7.0)" in headline(results)[1]
    paired_row(results, "sweep", (-0.01, 0.03))
    assert headline(results)[0] == "ppo beats random at view 3, but not sweep"
    paired_row(results, "random", (-0.02, 0.06))
    assert headline(results)[0] == "ppo does not beat sweep at view 3"
    paired_row(results, "sweep", (0.01, 0.07))
    for row in versus(results, "ppo", 3):
        next(r for r in results["comparisons"] if (r["a"], r["b"], r["view"]) == (row["a"], row["b"], 3))["p_holm"] = (
            0.06
        )
    assert headline(results)[0] == "ppo does not beat sweep at view 3"


def test_a_page_on_rooms_never_speaks_of_objects_and_compares_baselines_among_themselves(tmp_path: Path) -> None:
    logs = [
        replace(log, protocol={**log.protocol, "viewpoints": "turn"}, catalogue={**log.catalogue, "name": "rooms"})
        for log in make_logs(("single", "random", "farthest", "all_views", "oracle"), objects=40)
    ]
    built = build_results(logs, {}, {}, {}, Bootstrap(resamples=100))
    _, parsed = page(built, [], tmp_path / "r.html")
    assert "object" not in parsed.text
    assert "40 rooms" in parsed.text
    assert headline(built)[0].startswith("farthest ")
    assert "Nothing was compared" not in parsed.text
    assert "farthest minus baseline" in parsed.text


def test_the_findings_speak_of_the_last_view_of_a_long_episode() -> None:
    logs = []
    for log in make_logs(("single", "random", "ppo"), objects=20):
        longer = {
            name: np.repeat(getattr(log, name), 2, axis=1) for name in ("viewpoint", "pose", "evidence", "belief")
        }
        logs.append(replace(log, motion=None, collided=None, taken=None, **longer))
    assert headline(build_results(logs, {}, {}, {}, Bootstrap(resamples=50)))[0].count("at view 8") == 1


def test_a_strip_of_many_views_shows_some_from_the_first_to_the_last(results: dict, tmp_path: Path) -> None:
    log = make_logs(("ppo",), objects=12)[0]
    frames, belief = np.repeat(make_frames(log, 0), 5, axis=0), np.repeat(log.belief[0], 5, axis=0)
    strip = Filmstrip("ppo", "x", int(log.label[0]), frames, belief, np.repeat(log.viewpoint[0], 5, axis=0))
    _, parsed = page(results, [strip], tmp_path / "r.html")
    shown = [attributes["alt"] for tag, attributes in parsed.tags if tag == "img"]
    assert len(shown) == 8
    assert (shown[0], shown[-1]) == ("view 1 of x", "view 20 of x")
    assert "Of the 20 views 8 are shown" in parsed.text


def test_the_diagnosis_follows_the_ceilings_and_the_fusions(results: dict) -> None:
    results = copy.deepcopy(results)
    policies = main_rows(results)
    policies["ppo"]["accuracy"][2], policies["all_views"]["accuracy"][2] = 0.70, 0.95
    assert "the choice of views limits" in diagnosis(results)[0]
    policies["all_views"]["accuracy"][2] = 0.75
    assert "the recogniser (with this fusion) limits" in diagnosis(results)[0]
    policies["all_views"]["accuracy"][2] = 0.65
    assert "already at the level of the whole grid" in diagnosis(results)[0]

    swap = next(row for row in results["comparisons"] if (row["a"], row["view"]) == ("ppo/mean/own", 3))
    swap.update(difference=0.05, ci95=[0.02, 0.08])
    assert any("the fusion holds the result back" in sentence for sentence in diagnosis(results))
    swap.update(ci95=[-0.02, 0.12])
    assert any("no other fusion is clearly better" in sentence for sentence in diagnosis(results))

    assert not any("ideal" in sentence for sentence in diagnosis(results))
    for row in results["gap_closed"]:
        row.update(share=None, ci95=[None, None])
    assert any("hardly worth anything" in sentence for sentence in diagnosis(results))


def test_page_and_diagnosis_name_and_draw_the_floor_and_the_ceiling_that_the_gap_was_measured_between(
    tmp_path: Path,
) -> None:
    logs = make_logs(("random", "ppo", "all_views", "oracle"), fusions=("product", "mean"), objects=20, episodes=2)
    logs += [replace(log, recogniser="truth") for log in logs if (log.policy, log.fusion) == ("random", "mean")]
    for ends, named in (
        ({}, "from random to all views "),
        ({"floor": "random/mean", "ceiling": "oracle"}, "from random with fusion mean to oracle "),
        ({"floor": "random/mean/truth"}, "from random with fusion mean and recogniser truth to all views "),
    ):
        built = build_results(logs, {}, {}, {}, Bootstrap(resamples=60), fusion="product", **ends)  # type: ignore[arg-type]
        for row in built["gap_closed"]:
            row.update(share=0.5, ci95=[0.4, 0.6])
        assert any(f"closes 50\xa0% of the gap {named}at view 3" in said for said in diagnosis(built))
        source, _ = page(built, [], tmp_path / "r.html")
        floor = built["rows"][built["gap_closed"][0]["floor"]]
        assert source.count('class="end"') == 4  # each end on the page and on the phone
        at = gap_plot(built, {}, (built["gap_closed"][0]["floor"],), 890)
        dots = [float(dot.get("cx")) for dot in at.iter("circle")]  # type: ignore[arg-type]
        shares = [row["accuracy"][2] for row in (main_rows(built)[name] for name in in_order(built))]
        slope = (dots[0] - dots[1]) / (shares[0] - shares[1])
        line = next(line for line in at.iter("line") if line.get("class") == "end")
        assert float(line.get("x1")) == pytest.approx(dots[0] + slope * (floor["accuracy"][2] - shares[0]), abs=0.05)  # type: ignore[arg-type]
        for row in built["gap_closed"]:
            row.update(share=None, ci95=[None, None])
        assert any(said.startswith(f"The gap {named}is not clearly above zero") for said in diagnosis(built))


def test_the_diagnosis_says_what_the_recogniser_costs_where_the_truth_was_evaluated(many: dict) -> None:
    many = copy.deepcopy(many)
    many["rows"]["ppo/product/truth"]["accuracy"][2] = 0.912
    swap = next(row for row in many["comparisons"] if (row["a"], row["view"]) == ("ppo/product/truth", 3))
    swap.update(difference=0.139, ci95=[0.101, 0.181])
    said = next(sentence for sentence in diagnosis(many) if sentence.startswith("Recogniser"))
    assert "reach 91.2\xa0% at view 3, +13.9 points (95\xa0% interval 10.1 to 18.1)" in said


def test_a_truth_that_every_view_tells_is_said_to_say_nothing_and_not_tabled(many: dict, tmp_path: Path) -> None:
    assert "recogniser truth" in page(many, [], tmp_path / "r.html")[1].text
    assert any("Recogniser `truth`, after view" in line for line in recognition("suite", "Suite", many))
    idle = copy.deepcopy(many)
    for cell in (cell for line in idle["decomposition"]["recognisers"]["truth"]["cells"] for cell in line if cell):
        cell["accuracy"] = [1.0] * 4
    said = "Recogniser truth says nothing here"
    assert [sentence.startswith(said) for sentence in diagnosis(idle) if "ecogniser truth" in sentence] == [True]
    lines = recognition("suite", "Suite", idle)
    assert any(line.startswith(said.replace("truth", "`truth`")) for line in lines)
    assert not any("Recogniser `truth`, after view" in line for line in lines)
    text = page(idle, [], tmp_path / "r.html")[1].text
    assert said in text
    assert "recogniser truth" not in text


LADDER = (
    *("single", "random", "sweep", "farthest", "best_fixed", "transinformation", "sequential", "dqn", "ppo"),
    *("ppo_stop", "recurrent_ppo", "look_ahead", "all_views", "oracle"),
)


@pytest.fixture(scope="module")
def many() -> dict:
    logs = make_logs(LADDER, fusions=("product", "mean"), objects=20, episodes=2)
    truth = [replace(log, recogniser="truth") for log in logs if log.fusion == "product"]
    return build_results([*logs, *truth], {}, {}, {}, Bootstrap(resamples=60))


def test_of_many_policies_figures_show_few_with_a_colour_each_and_tables_all(many: dict, tmp_path: Path) -> None:
    shown = featured(many)
    assert {"single", "random", "ppo", "all_views", "oracle"} <= set(shown)
    assert len([name for name in shown if name in contenders(many)]) == 4
    assert len({series(many, name) for name in shown}) == len(shown)
    assert series(many, "ppo") == "s-test s-test-0"
    _, parsed = page(many, [], tmp_path / "r.html")
    for name in LADDER:
        assert sum(text.startswith(name) for tag, _, text in parsed.cells if tag == "th") >= 3, name
    for matrix in many["decomposition"]["recognisers"].values():
        for cell in (cell for line in matrix["cells"] for cell in line if cell):
            assert number(100 * cell["accuracy"][2]) in parsed.text


def test_the_contents_link_to_sections_that_are_there(many: dict, tmp_path: Path) -> None:
    source, parsed = page(many, [], tmp_path / "r.html")
    ids = [str(attributes["id"]) for _, attributes in parsed.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert parsed.links() == [f"#{name}" for name in ids]
    for title in ("Between floor and ceilings", "One part swapped at a time", "What is taken for what", "Cost"):
        assert f">{title}</a>" in source


def test_successes_come_before_failures_and_say_how_common_they_are(results: dict, tmp_path: Path) -> None:
    log = next(log for log in make_logs(("ppo",), objects=40, seeds=2, episodes=2))
    rows = telling_episodes(log, each=2)
    strips = [
        Filmstrip("ppo", str(log.scene[k]), int(log.label[k]), make_frames(log, k), log.belief[k], log.viewpoint[k])
        for k in reversed(rows)
    ]
    assert [strip.right for strip in strips] == [False, False, True, True]
    _, parsed = page(results, strips, tmp_path / "r.html")
    flips = main_rows(results)["ppo"]["flips"]
    right, wrong = parsed.text.index("ppo ends right"), parsed.text.index("ppo ends wrong")
    assert f"{number(100 * flips['last'])}\xa0% of the episodes" in parsed.text[right:wrong]
    assert f"{number(100 * (1 - flips['last']))}\xa0% of the episodes" in parsed.text[wrong:]
    shown = [strip.scene in parsed.text[right:wrong] for strip in strips]
    assert shown == [False, False, True, True]


def test_an_episode_that_stops_shows_the_views_it_took(results: dict, tmp_path: Path) -> None:
    log = make_logs(("ppo",), objects=12)[0]
    strip = Filmstrip("ppo", "x", int(log.label[0]), make_frames(log, 0)[:2], log.belief[0, :2], log.viewpoint[0, :2])
    _, parsed = page(results, [strip], tmp_path / "r.html")
    assert sum(tag == "img" for tag, _ in parsed.tags) == 2
    assert "stops after 2" in parsed.text


def test_chosen_episodes_are_of_different_objects_and_classes_and_put_right_first() -> None:
    right = [[0, 1], [0, 1], [1, 1], [0, 1], [1, 0], [0, 0], [0, 0]]
    log = answers(right, list("aabcdee"))
    assert telling_episodes(log, each=3) == [0, 3, 2, 4, 5]  # put right: of a and c; right throughout: b
    assert telling_episodes(log, each=1) == [0, 4]
    assert telling_episodes(answers([[1, 1]] * 4, list("abcd")), each=2) == [0, 1]
    log = make_logs(("ppo",), objects=60)[0]
    rows = telling_episodes(log, each=4)
    for half, right_last in ((rows[:4], True), (rows[4:], False)):
        assert log.correct[half, -1].tolist() == [right_last] * 4
        assert len(set(log.label[half])) == len(set(log.scene[half])) == 4


def test_free_motion_has_no_maps_and_nothing_published_beside_it(tmp_path: Path) -> None:
    logs = []
    for log in make_logs(("single", "random", "wander"), objects=12):
        free = {key: value for key, value in log.protocol.items() if key in ("views", "hfov_deg")} | {"name": "explore"}
        logs.append(replace(log, protocol=free, viewpoint=log.viewpoint.astype(float)))
    _, parsed = page(build_results(logs, {}, {}, {}, Bootstrap(resamples=50)), [], tmp_path / "r.html")
    assert "Where they looked" not in parsed.text
    assert "Beside published figures" not in parsed.text
    assert "What is taken for what" in parsed.text


def test_published_figures_stand_beside_ours_with_a_word_on_their_worth(tmp_path: Path) -> None:
    logs = make_logs(("single", "random", "active_rnn"), fusions=("mean", "recurrent"), objects=40)
    logs += [replace(log, fusion="active_rnn") for log in logs if (log.policy, log.fusion) == ("active_rnn", "mean")]
    built = build_results(logs, {}, {}, {}, Bootstrap(resamples=50))
    _, parsed = page(built, [], tmp_path / "r.html")
    text = parsed.text[parsed.text.rindex("Beside published figures") :]
    assert "Do not compare the figures." in text
    assert "quoted at second hand" in text
    ours = [built["rows"][f"{name}/own"]["accuracy"][2]
            for name in ("single/mean", "random/mean", "random/recurrent", "active_rnn/active_rnn")]  # fmt: skip
    for share in ours:
        assert number(100 * share) in text
    ordered = all(a < b for a, b in pairwise(ours))
    assert ("in that order" in text) == ordered
    assert ("they are not all" in text) == (not ordered)


def test_one_policy_alone_gives_a_page(tmp_path: Path) -> None:
    alone = build_results(make_logs(("mine",), objects=10), {}, {}, {}, Bootstrap(resamples=50))
    _, parsed = page(alone, [], tmp_path / "r.html")
    assert "Nothing was compared" in parsed.text
    assert "Between floor and ceilings" not in parsed.text
    assert "looks elsewhere than on the whole" in parsed.text


@pytest.mark.parametrize("policies", [("single",), ("all_views",), ("oracle", "full_oracle"), ("random", "oracle")])
def test_any_few_policies_give_a_page(policies: tuple[str, ...], tmp_path: Path) -> None:
    built = build_results(make_logs(policies, objects=10), {}, {}, {}, Bootstrap(resamples=50))
    _, parsed = page(built, [], tmp_path / "r.html")
    for name in policies:
        assert name in parsed.text


def test_results_that_know_no_maps_by_class_still_give_a_page(results: dict, tmp_path: Path) -> None:
    older = copy.deepcopy(results)
    for row in older["rows"].values():
        row.pop("class_viewpoints", None)
    _, parsed = page(older, [], tmp_path / "r.html")
    assert "Where they looked" in parsed.text
    assert "Class by class" not in parsed.text
