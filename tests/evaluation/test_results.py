"""results.json: the contract's keys and types, what is compared with what, and errors that name the fault."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from synthetic_logs import make_logs

from activevision.errors import UserError
from activevision.evaluation import metrics
from activevision.evaluation.intervals import Bootstrap
from activevision.evaluation.nouns import noun
from activevision.evaluation.results import build_results, read_results, table, write_results
from activevision.evaluation.schema import check_results
from activevision.explore_protocol import EXPLORE_PROTOCOLS
from activevision.protocol import PROTOCOLS

QUICK = Bootstrap(resamples=300)


@pytest.fixture(scope="module")
def results() -> dict:
    logs = make_logs(fusions=("product", "mean"), objects=30, seeds=2, episodes=2)
    return build_results(logs, {"objective": "equivariance"}, {"pretrain": 1.25}, {"numpy": "2"}, QUICK)


def test_has_the_contracts_keys_with_a_value_per_view(results: dict) -> None:
    assert results["schema"] == 1
    assert set(results["catalogue"]) >= {"name", "classes", "split", "scenes", "licence"}
    assert list(results["policies"]) == ["single", "random", "sweep", "farthest", "ppo", "all_views", "oracle"]
    for row in results["policies"].values():
        assert (row["fusion"], row["seeds"]) == ("product", [0, 1])
        assert len(row["accuracy"]) == len(row["ci95"]) == len(row["ece"]) == 4
        assert all(low <= mean <= high for mean, (low, high) in zip(row["accuracy"], row["ci95"], strict=True))
    assert results["intervals"]["over"] == "objects and seeds"


def test_policies_are_compared_with_every_baseline_from_view_2_on(results: dict) -> None:
    pairs = [(row["a"], row["b"], row["view"]) for row in results["paired"]]
    assert pairs == [("ppo", b, view) for b in ("single", "random", "sweep", "farthest") for view in (2, 3, 4)]
    for row in results["paired"]:
        a, b = (results["policies"][row[side]]["accuracy"][row["view"] - 1] for side in "ab")
        assert row["difference"] == pytest.approx(a - b, abs=2e-6)
    assert [row["view"] for row in results["gap_closed"]] == [2, 3, 4]


def test_without_a_policy_under_test_the_baselines_are_compared_up_the_ladder() -> None:
    logs = make_logs(("single", "random", "farthest", "all_views"), objects=30)
    built = build_results(logs, {}, {}, {}, QUICK)
    pairs = {(row["a"], row["b"]) for row in built["paired"]}
    assert pairs == {("random", "single"), ("farthest", "single"), ("farthest", "random")}
    assert {row["policy"] for row in built["gap_closed"]} == {"farthest"}


@pytest.mark.parametrize(
    ("name", "protocol", "called"),
    [
        ("rooms-procedural", "look-around-scenes", "rooms"),
        ("panoramas/mine", "look-around-scenes", "places"),
        ("scans/mine", "look-around-scenes", "scenes"),
        ("rooms", "explore-room", "rooms"),
        ("furniture", "look-around", "objects"),
    ],
)
def test_scenes_are_called_what_they_are(name: str, protocol: str, called: str) -> None:
    shape = (EXPLORE_PROTOCOLS if protocol in EXPLORE_PROTOCOLS else PROTOCOLS)[protocol].to_json()
    catalogue = {"name": name}
    assert noun(shape, catalogue) == called
    assert noun(shape, catalogue | {"noun": "caves"}) == "caves"


def test_results_and_table_speak_of_rooms_where_there_are_rooms() -> None:
    logs = [
        replace(log, protocol={**log.protocol, "viewpoints": "turn"}, catalogue={**log.catalogue, "name": "rooms"})
        for log in make_logs(("single", "random"), objects=10)
    ]
    built = build_results(logs, {}, {}, {}, QUICK)
    assert built["intervals"]["over"] == "rooms"
    assert "over rooms" in str(table(built).title)


def test_another_fusion_stands_under_its_policy_with_the_difference(results: dict) -> None:
    row = results["policies"]["random"]
    assert set(row["fusions"]) == {"mean"}
    other = row["fusions"]["mean"]
    differences = np.subtract(other["accuracy"], row["accuracy"])
    np.testing.assert_allclose([entry["difference"] for entry in other["versus"]], differences, atol=2e-6)


def test_accuracy_is_the_metric_and_separate_seeds_may_come_as_separate_logs(results: dict) -> None:
    log = make_logs(("ppo",), objects=30, seeds=2, episodes=2)[0]
    parts = [log.take(np.flatnonzero(log.seed == seed)) for seed in (1, 0)]
    row = build_results(parts, {}, {}, {}, QUICK)["policies"]["ppo"]
    np.testing.assert_allclose(row["accuracy"], metrics.accuracy(log), atol=1e-6)
    assert row["accuracy"] == results["policies"]["ppo"]["accuracy"]


def test_a_users_policy_is_under_test_and_viewpoint_shares_sum_to_one(results: dict) -> None:
    mine = make_logs(("mine", "random"), objects=30, seeds=2, episodes=2)
    built = build_results(mine, {}, {}, None, QUICK)
    assert {(row["a"], row["b"]) for row in built["paired"]} == {("mine", "random")}
    assert "numpy" in built["versions"]
    assert np.sum(built["policies"]["mine"]["viewpoints"]) == pytest.approx(1, abs=1e-4)
    assert np.shape(built["policies"]["mine"]["viewpoints"]) == (7, 12)


def test_file_round_trip_is_strict_json(results: dict, tmp_path: Path) -> None:
    write_results(results, tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == results

    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads((tmp_path / "results.json").read_text(), parse_constant=refuse)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda r: r.pop("paired"), "'paired'"),
        (lambda r: r.update(schema=2), "schema"),
        (lambda r: r["catalogue"].pop("licence"), "'licence'"),
        (lambda r: r["policies"].clear(), "policies is empty"),
        (lambda r: r["policies"]["ppo"]["accuracy"].pop(), r"policies\.ppo\.accuracy"),
        (lambda r: r["policies"]["ppo"]["ece"].__setitem__(0, 7), r"policies\.ppo\.ece"),
        (lambda r: r["policies"]["ppo"]["ci95"][0].reverse(), r"policies\.ppo\.ci95"),
        (lambda r: r["policies"]["random"]["fusions"]["mean"].pop("seeds"), r"random\.fusions\.mean"),
        (lambda r: r["paired"][0].update(a="nobody"), "nobody"),
        (lambda r: r["paired"][0].update(view=5), r"paired\[0\]\.view"),
        (lambda r: r["paired"][0].update(ci95=[None, 1]), r"paired\[0\]\.ci95"),
    ],
)
def test_the_check_names_what_is_wrong(results: dict, spoil, named: str) -> None:  # type: ignore[no-untyped-def]
    check_results(results)
    spoiled = copy.deepcopy(results)
    spoil(spoiled)
    with pytest.raises(UserError, match=named):
        check_results(spoiled)


def test_logs_of_another_protocol_are_not_mixed() -> None:
    logs = make_logs(("ppo", "random"), objects=10)
    object.__setattr__(logs[1], "protocol", logs[1].protocol | {"name": "other"})
    with pytest.raises(UserError, match="differ in protocol"):
        build_results(logs, {}, {}, {}, QUICK)


def test_the_table_shows_every_policy_and_fits_a_terminal(results: dict) -> None:
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(table(results))
    text = console.export_text()
    for name, row in results["policies"].items():
        line = next(line for line in text.splitlines() if line.split()[:1] == [name])
        assert f"{100 * row['accuracy'][-1]:.1f}" in line
    assert "…" not in text
