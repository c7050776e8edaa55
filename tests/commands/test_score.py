"""``activevision score``: logs from anywhere, the figures of an evaluation again, and mistakes in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from synthetic_logs import make_logs

from activevision.commands.choices import SceneChoice
from activevision.commands.score import Score
from activevision.errors import UserError
from activevision.evaluation.intervals import Bootstrap
from activevision.evaluation.results import build_results
from activevision.evaluation.results_file import read_results

OBJECTS = 8


def foreign(path: Path, scenes: int = OBJECTS, **more: Any) -> Path:
    columns = {
        "scene": [f"s{k}" for k in range(scenes)],
        "label": [k % 2 for k in range(scenes)],
        "probability": [[[0.6, 0.4], [0.3, 0.7]]] * scenes,
    }
    words = {name: value for name, value in more.items() if name in ("policy", "classes", "protocol")}
    columns |= {name: value for name, value in more.items() if name not in words}
    table = pa.table({name: value for name, value in columns.items() if value is not None})
    pq.write_table(table.replace_schema_metadata(words or None), path)
    return path


def score(*logs: Path, out: Path, **more: Any) -> dict[str, Any]:
    Score(logs=logs, out=out, resamples=200, **more).run()
    return read_results(out / "results.json")


def test_three_columns_give_results_a_page_and_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = score(foreign(tmp_path / "mine.parquet"), out=tmp_path / "out")
    row = results["rows"]["mine/own/own"]
    assert row["accuracy"] == [0.5, 0.5]
    assert set(row["missing"]) == {"views_taken", "rotation_deg", "distance_m", "moves", "collisions", "viewpoints"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "mine recognises 50.0" in page
    printed = capsys.readouterr().out
    assert "no column 'taken'" in " ".join(printed.split())
    assert "report.html" in printed


def test_the_logs_of_an_evaluation_give_its_figures_again(tmp_path: Path) -> None:
    logs = make_logs(fusions=("product", "mean"), objects=12, seeds=2)
    for number, log in enumerate(logs):
        for seed in (0, 1):
            log.take((log.seed == seed).nonzero()[0]).save(tmp_path / "logs" / f"{number}-{seed}.parquet")
    found = score(tmp_path / "logs", out=tmp_path / "out", fusion="product")
    expected = build_results(logs, {}, {}, bootstrap=Bootstrap(resamples=200))
    for name in ("rows", "gap_closed", "intervals", "catalogue"):
        assert found[name] == expected[name]
    assert sorted(map(json.dumps, found["comparisons"])) == sorted(map(json.dumps, expected["comparisons"]))


def test_a_log_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    path = foreign(tmp_path / "mine.parquet")
    results = score(path, tmp_path, out=tmp_path / "out")
    assert results["rows"]["mine/own/own"]["episodes"] == OBJECTS


def test_agents_are_compared_as_asked(tmp_path: Path) -> None:
    paths = [foreign(tmp_path / f"{name}.parquet") for name in ("a", "b", "c")]
    results = score(*paths, out=tmp_path / "out", compare=(("a", "b"),), floor="a", ceiling="b")
    assert {(row["a"], row["b"]) for row in results["comparisons"]} == {("a/own/own", "b/own/own")}
    assert {row["row"] for row in results["gap_closed"]} == {"c/own/own"}


CATALOGUE = SceneChoice(scenes="procedural", per_class=3)


def test_classes_are_those_of_the_catalogue_where_the_log_has_none(tmp_path: Path) -> None:
    names = list(CATALOGUE.catalogue().classes)
    path = foreign(
        tmp_path / "mine.parquet",
        label=[names[k % 3] for k in range(OBJECTS)],
        probability=[[[1 / len(names)] * len(names)]] * OBJECTS,
    )
    assert score(path, out=tmp_path / "out", choice=CATALOGUE)["catalogue"]["classes"] == names


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"label": None}, "column 'label' is missing"),
        ({"probability": [[[0.6, 0.4], [0.3, 0.6]]] * OBJECTS}, "seed 0, episode 0 after view 2 sums to 0.9"),
        ({"scenes": 3}, "3 scenes are too few for 95 % intervals"),
        ({"episode": [0] * OBJECTS, "scene": ["s0"] * OBJECTS}, "scene 's0', seed 0, episode 0 occurs twice"),
    ],
)  # fmt: skip
def test_a_log_that_cannot_be_scored_is_one_line(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        score(foreign(tmp_path / "mine.parquet", **given), out=tmp_path / "out")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_logs_that_do_not_go_together_are_named(tmp_path: Path) -> None:
    mine = foreign(tmp_path / "mine.parquet", protocol=json.dumps({"name": "turntable"}))
    theirs = foreign(tmp_path / "theirs.parquet", protocol=json.dumps({"name": "walk"}))
    with pytest.raises(UserError, match=r"'mine' and 'theirs' differ in protocol \(name\)"):
        score(mine, theirs, out=tmp_path / "out")
    again = foreign(tmp_path / "again.parquet", protocol=json.dumps({"name": "turntable"}), policy="mine")
    with pytest.raises(UserError, match="scene 's0', seed 0, episode 0 occurs twice"):
        score(mine, again, out=tmp_path / "out")
    fewer = foreign(tmp_path / "fewer.parquet", OBJECTS - 1, protocol=json.dumps({"name": "turntable"}))
    with pytest.raises(UserError, match="cannot be paired: only one of them has scene 's7'"):
        score(mine, fewer, out=tmp_path / "out")
    strange = foreign(tmp_path / "strange.parquet", classes=json.dumps(["chair", "zebra"]))
    with pytest.raises(UserError, match=r"strange.parquet: its class 'zebra' is not among the 18 of catalogue"):
        score(strange, out=tmp_path / "out", choice=CATALOGUE)


def test_what_is_not_there_or_damaged_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "half.parquet").write_bytes(foreign(tmp_path / "mine.parquet").read_bytes()[:300])
    for given, said in (
        ((), "nothing to score"),
        ((tmp_path / "empty",), "no trajectory log"),
        ((tmp_path / "absent.parquet",), "no trajectory log"),
        ((tmp_path / "half.parquet",), "half.parquet as a trajectory log: it is damaged"),
    ):
        with pytest.raises(UserError, match=said):
            score(*given, out=tmp_path / "out")


def test_a_truth_of_views_stands_beside_the_agents_own(tmp_path: Path) -> None:
    for log in make_logs(("random", "ppo"), objects=10):
        log.save(tmp_path / f"{log.policy}.parquet")
        replace(log, recogniser="truth").save(tmp_path / f"{log.policy}-truth.parquet")
    results = score(tmp_path, out=tmp_path / "out")
    assert {row["recogniser"] for row in results["rows"].values() if row["main"]} == {"own"}
    assert len(results["rows"]) == 4
