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
from activevision.evaluation.holm import holm
from activevision.evaluation.intervals import Bootstrap
from activevision.evaluation.nouns import noun
from activevision.evaluation.reading import main_rows, other_fusions, versus
from activevision.evaluation.report.findings import diagnosis
from activevision.evaluation.results import build_results
from activevision.evaluation.results_file import read_results, write_results
from activevision.evaluation.schema import check_results
from activevision.evaluation.tables import comparison_table, further_table, table, tables
from activevision.explore_protocol import EXPLORE_PROTOCOLS
from activevision.protocol import PROTOCOLS

QUICK = Bootstrap(resamples=300)


@pytest.fixture(scope="module")
def results() -> dict:
    logs = make_logs(fusions=("product", "mean"), objects=30, seeds=2, episodes=2)
    return build_results(logs, {"objective": "equivariance"}, {"pretrain": 1.25}, {"numpy": "2"}, QUICK)


def test_has_the_contracts_keys_with_a_value_per_view(results: dict) -> None:
    assert results["schema"] == 2
    assert set(results["catalogue"]) >= {"name", "classes", "split", "scenes", "licence"}
    ladder = ["single", "random", "sweep", "farthest", "ppo", "all_views", "oracle"]
    assert list(main_rows(results)) == ladder
    assert list(results["rows"]) == [f"{name}/{fusion}/own" for name in ladder for fusion in ("product", "mean")]
    for row in main_rows(results).values():
        assert (row["fusion"], row["seeds"], row["starts"]) == ("product", [0, 1], [2, 2])
        assert len(row["accuracy"]) == len(row["ci95"]) == len(row["ece"]) == 4
        for figure, interval in (("accuracy", "ci95"), ("adversarial", "adversarial_ci95"), ("nll", "nll_ci95"),
                                 ("brier", "brier_ci95")):  # fmt: skip
            assert all(low <= mean <= high for mean, (low, high) in zip(row[figure], row[interval], strict=True))
        assert row["area_ci95"][0] <= row["area"] <= row["area_ci95"][1]
        assert np.sum(row["confusion"][2]) == pytest.approx(1, abs=1e-3)
    assert results["intervals"]["over"] == "objects and seeds"


def test_policies_are_compared_with_every_baseline_from_view_2_on(results: dict) -> None:
    pairs = [(row["policy"], row["view"]) for row in versus(results, "ppo")]
    assert pairs == [(b, view) for b in ("single", "random", "sweep", "farthest") for view in (2, 3, 4)]
    for row in results["comparisons"]:
        a, b = (results["rows"][row[side]]["accuracy"][row["view"] - 1] for side in "ab")
        assert row["difference"] == pytest.approx(a - b, abs=2e-6)
    gaps = [(row["row"].partition("/")[0], row["view"]) for row in results["gap_closed"]]
    assert gaps == [(name, view) for name in ("single", "sweep", "farthest", "ppo") for view in (2, 3, 4)]


def test_without_a_policy_under_test_the_baselines_are_compared_up_the_ladder() -> None:
    logs = make_logs(("single", "random", "farthest", "all_views"), objects=30)
    built = build_results(logs, {}, {}, {}, QUICK)
    pairs = {(name, row["policy"]) for name in main_rows(built) for row in versus(built, name)}
    assert pairs == {("random", "single"), ("farthest", "single"), ("farthest", "random")}


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
    row = main_rows(results)["random"]
    (other,) = other_fusions(results, "random").values()
    assert other["fusion"] == "mean"
    differences = np.subtract(other["accuracy"], row["accuracy"])
    swaps = [entry for entry in results["comparisons"] if (entry["a"], entry["kind"]) == ("random/mean/own", "fusion")]
    assert [entry["view"] for entry in swaps] == [1, 2, 3, 4]
    np.testing.assert_allclose([entry["difference"] for entry in swaps], differences, atol=2e-6)


def test_accuracy_is_the_metric_and_separate_seeds_may_come_as_separate_logs(results: dict) -> None:
    log = make_logs(("ppo",), objects=30, seeds=2, episodes=2)[0]
    parts = [log.take(np.flatnonzero(log.seed == seed)) for seed in (1, 0)]
    row = build_results(parts, {}, {}, {}, QUICK)["rows"]["ppo/product/own"]
    np.testing.assert_allclose(row["accuracy"], metrics.accuracy(log), atol=1e-6)
    assert row["accuracy"] == results["rows"]["ppo/product/own"]["accuracy"]


def test_a_users_policy_is_under_test_and_viewpoint_shares_sum_to_one(results: dict) -> None:
    mine = make_logs(("mine", "random"), objects=30, seeds=2, episodes=2)
    built = build_results(mine, {}, {}, None, QUICK)
    assert {(row["a"], row["b"]) for row in built["comparisons"]} == {("mine/product/own", "random/product/own")}
    assert "numpy" in built["versions"]
    assert np.sum(built["rows"]["mine/product/own"]["viewpoints"]) == pytest.approx(1, abs=1e-4)
    assert np.shape(built["rows"]["mine/product/own"]["viewpoints"]) == (7, 12)


def test_file_round_trip_is_strict_json(results: dict, tmp_path: Path) -> None:
    write_results(results, tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == results
    (tmp_path / "older.json").write_text('{"schema": 0}')
    with pytest.raises(UserError, match=r"older\.json: not valid results"):
        read_results(tmp_path / "older.json")

    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads((tmp_path / "results.json").read_text(), parse_constant=refuse)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda r: r.pop("comparisons"), "'comparisons'"),
        (lambda r: r.update(schema=1), "schema is 1, this version reads 2"),
        (lambda r: r["catalogue"].pop("licence"), "'licence'"),
        (lambda r: r["rows"].clear(), "rows is empty"),
        (lambda r: r["rows"]["ppo/product/own"]["accuracy"].pop(), r"rows\.ppo/product/own\.accuracy"),
        (lambda r: r["rows"]["ppo/product/own"]["ece"].__setitem__(0, 7), r"rows\.ppo/product/own\.ece"),
        (lambda r: r["rows"]["ppo/product/own"]["ci95"][0].reverse(), r"rows\.ppo/product/own\.ci95"),
        (lambda r: r["rows"]["ppo/product/own"].update(kind="best"), r"kind is 'best'"),
        (lambda r: r["rows"]["ppo/product/own"].update(main=False), "one main row of policy 'ppo'"),
        (lambda r: r["rows"]["ppo/product/own"].update(fusion="mean"), "is of 'ppo', 'mean' and 'own'"),
        (lambda r: r["rows"]["random/mean/own"].pop("missing"), r"random/mean/own lacks 'missing'"),
        (lambda r: r["comparisons"][0].update(a="nobody"), "nobody"),
        (lambda r: r["comparisons"][0].update(view=5), r"comparisons\[0\]\.view"),
        (lambda r: r["comparisons"][0].update(ci95=[None, 1]), r"comparisons\[0\]\.ci95"),
        (lambda r: r["comparisons"][0].update(p_holm=2), r"comparisons\[0\]\.p_holm is 2"),
        (lambda r: r["gap_closed"][0].update(floor="nobody"), "nobody"),
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
    with pytest.raises(UserError, match=r"differ in protocol \(name\)"):
        build_results(logs, {}, {}, {}, QUICK)


def test_the_table_shows_every_policy_and_fits_a_terminal(results: dict) -> None:
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(table(results))
    text = console.export_text()
    for name, row in main_rows(results).items():
        line = next(line for line in text.splitlines() if line.split()[:1] == [name])
        assert f"{100 * row['accuracy'][-1]:.1f}" in line
    console.print(further_table(results))
    further = console.export_text()
    for name, row in main_rows(results).items():
        line = next(line for line in further.splitlines() if line.split()[:1] == [name])
        assert f"{100 * row['area']:.1f}" in line
    console.print(comparison_table(results))
    compared = console.export_text()
    for row in versus(results, "ppo", 3):
        line = next(line for line in compared.splitlines() if line.split()[:3] == ["ppo", "−", row["policy"]])
        assert f"{100 * row['difference']:+.1f}" in line
    assert "…" not in text + further + compared


def test_long_names_and_fusions_of_their_own_cut_no_figure_off() -> None:
    logs = make_logs(("random", "transinformation_sequential", "look_ahead"), objects=20)
    logs[-1] = replace(logs[-1], fusion="look_ahead")
    built = build_results(logs, {}, {}, {}, QUICK)
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    for shown in tables(built):
        console.print(shown)
    text = console.export_text()
    assert "…" not in text
    assert "but look_ahead with look_ahead" in " ".join(text.split())
    for row in main_rows(built).values():
        assert f"{100 * row['accuracy'][-1]:.1f} ±" in text


def test_of_many_comparisons_the_terminal_shows_those_of_the_policy_that_findings_speak_of() -> None:
    names = ("single", "random", "sweep", "farthest", "dqn", "ppo", "ppo_stop", "a", "b", "c")
    built = build_results(make_logs(names, objects=10), {}, {}, {}, QUICK)
    shown = comparison_table(built)
    assert shown is not None
    assert shown.row_count == 4
    assert "has the other 20." in str(shown.caption)


def test_comparisons_are_corrected_as_one_family(results: dict) -> None:
    p = [row["p"] for row in results["comparisons"]]
    np.testing.assert_allclose([row["p_holm"] for row in results["comparisons"]], holm(p), atol=1e-4)
    assert results["intervals"]["comparisons"] == len(p) == 4 * 3 + 7 * 4  # policies; every policy's other fusion
    assert min(row["p_holm"] for row in results["comparisons"]) < 0.05  # enough resamples for so many


def test_no_figure_but_seconds_depends_on_the_order_of_rows_and_logs(results: dict) -> None:
    logs = make_logs(fusions=("product", "mean"), objects=30, seeds=2, episodes=2)
    order = np.random.default_rng(0).permutation(len(logs[0]))
    halves = [part for log in logs for part in (log.take(order[:60]), log.take(order[60:]))]
    again = build_results(halves[::-1], results["encoder"], results["seconds"], {"numpy": "2"}, QUICK, fusion="product")
    for name, row in results["rows"].items():
        assert again["rows"][name] == row
    for kind in ("comparisons", "gap_closed"):
        assert sorted(map(json.dumps, again[kind])) == sorted(map(json.dumps, results[kind]))


def test_the_decomposition_is_what_the_rows_say(results: dict) -> None:
    found = results["decomposition"]
    assert found["reference"] == {"policy": "random", "fusion": "product", "recogniser": "own"}
    own = found["recognisers"]["own"]
    assert own["fusions"] == ["product", "mean"]
    for policy, line in zip(own["policies"], own["cells"], strict=True):
        for fusion, cell in zip(own["fusions"], line, strict=True):
            row = results["rows"][f"{policy}/{fusion}/own"]
            assert (cell["accuracy"], cell["ci95"]) == (row["accuracy"], row["ci95"])
            for swap, other in (("policy_swap", f"random/{fusion}/own"), ("fusion_swap", f"{policy}/product/own")):
                if other == f"{policy}/{fusion}/own":
                    assert cell[swap] is None
                else:
                    differences = np.subtract(row["accuracy"], results["rows"][other]["accuracy"])
                    np.testing.assert_allclose(cell[swap]["difference"], differences, atol=2e-6)
            assert cell["recogniser_swap"] is None


def test_true_evidence_has_rows_of_its_own_and_is_compared_with_the_agents() -> None:
    logs = make_logs(("random", "ppo"), objects=20)
    certain = np.log(np.where(np.eye(10)[logs[0].label][:, None] > 0, 0.91, 0.01)).repeat(4, axis=1)
    logs += [replace(log, recogniser="truth", belief=certain) for log in logs]
    built = build_results(logs, {}, {}, {}, QUICK)
    assert [name for name, row in built["rows"].items() if row["main"]] == ["random/product/own", "ppo/product/own"]
    assert list(built["decomposition"]["recognisers"]) == ["own", "truth"]
    swap = built["decomposition"]["recognisers"]["truth"]["cells"][1][0]["recogniser_swap"]
    own = built["rows"]["ppo/product/own"]["accuracy"]
    np.testing.assert_allclose(swap["difference"], 1 - np.array(own), atol=2e-6)
    kinds = {(row["a"], row["b"]): row["kind"] for row in built["comparisons"]}
    assert kinds["ppo/product/truth", "ppo/product/own"] == "recogniser"


def test_what_was_trained_as_one_stands_for_its_policy_with_its_own_fusion() -> None:
    logs = make_logs(("single", "random", "ppo"), ("product", "mean"), objects=20)
    logs = [replace(log, policy="look_ahead") if log.policy == "ppo" else log for log in logs]
    logs = [
        replace(log, fusion="look_ahead") if (log.policy, log.fusion) == ("look_ahead", "mean") else log for log in logs
    ]
    built = build_results(logs, {}, {}, {}, QUICK)
    assert main_rows(built)["look_ahead"]["fusion"] == "look_ahead"
    assert {row["kind"] for row in versus(built, "look_ahead")} == {"agent"}
    assert set(other_fusions(built, "look_ahead")) == {"product"}


def test_any_agents_can_be_compared_and_any_two_be_floor_and_ceiling() -> None:
    logs = make_logs(("random", "farthest", "oracle"), ("product", "mean"), objects=40)
    built = build_results(
        logs, {}, {}, {}, QUICK, pairs=[("random/mean", "farthest")], floor="random/mean", ceiling="oracle"
    )
    assert ("random/mean/own", "farthest/product/own") in {(row["a"], row["b"]) for row in built["comparisons"]}
    gaps = {(row["row"], row["floor"], row["ceiling"]) for row in built["gap_closed"]}
    floor, ceiling = "random/mean/own", "oracle/product/own"
    assert gaps == {("random/product/own", floor, ceiling), ("farthest/product/own", floor, ceiling)}
    with pytest.raises(UserError, match="did you mean 'farthest'"):
        build_results(logs, {}, {}, {}, QUICK, floor="farhest")
    with pytest.raises(UserError, match="unknown fusion 'prodct'"):
        build_results(logs, {}, {}, {}, QUICK, fusion="prodct")


def test_a_whole_grid_fused_otherwise_is_the_ceiling_all_the_same_and_not_the_main_fusion() -> None:
    played = make_logs(("random", "ppo"), fusions=("mean",)) + make_logs(("random",))
    results = build_results(make_logs(("all_views",)) + played, {}, {}, {}, QUICK)
    assert results["decomposition"]["reference"]["fusion"] == "mean"
    assert {row["ceiling"] for row in results["gap_closed"]} == {"all_views/product/own"}
    assert {row["floor"] for row in results["gap_closed"]} == {"random/mean/own"}
    assert any("with fusion product" in sentence for sentence in diagnosis(results))


def test_figures_without_their_column_are_null_and_say_why() -> None:
    logs = [
        replace(log, pose=None, taken=None, collided=None, viewpoint=None, motion=None, evidence=None)
        for log in make_logs(("random", "ppo"), objects=10)
    ]
    built = build_results(logs, {}, {}, {}, QUICK)
    row = built["rows"]["ppo/product/own"]
    columns = {"views_taken": "taken", "rotation_deg": "pose", "distance_m": "pose", "moves": "pose",
               "collisions": "collided", "viewpoints": "viewpoint"}  # fmt: skip
    assert row["missing"] == {name: f"its log has no column {column!r}" for name, column in columns.items()}
    assert all(row[name] is None for name in columns)
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(further_table(built))
    assert "no column 'taken'" in console.export_text()


def test_a_log_that_says_nothing_of_protocol_and_catalogue_is_scored_and_not_mixed_with_one_that_does() -> None:
    ours = make_logs(("random",), objects=10)[0]
    bare = replace(ours, policy="mine", protocol={}, catalogue={})
    built = build_results([bare], {}, {}, {}, QUICK)
    assert built["protocol"] == {"name": "unnamed", "views": 4}
    assert built["catalogue"]["licence"] == "unknown"
    assert built["catalogue"]["scenes"] == 10
    with pytest.raises(UserError, match=r"'random' and 'mine' differ in protocol \(azimuths, .*views"):
        build_results([ours, bare], {}, {}, {}, QUICK)


def test_too_few_objects_and_viewpoints_off_the_grid_are_errors() -> None:
    few = make_logs(("random",), objects=3)
    with pytest.raises(UserError, match="3 objects are too few"):
        build_results(few, {}, {}, {}, QUICK)
    log = make_logs(("random",), objects=10)[0]
    with pytest.raises(UserError, match="outside the 7 × 12 view grid"):
        build_results([replace(log, viewpoint=log.viewpoint + 5)], {}, {}, {}, QUICK)
