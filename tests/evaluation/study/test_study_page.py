"""Claims of the study's results and page: from raw scores alone, whole, in one file, whatever the names."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from synthetic_scores import AGENTS, raw_scores

from activevision.evaluation.study.config import PRESETS
from activevision.evaluation.study.page.page import write_study_page
from activevision.evaluation.study.results import OUTCOMES, PROBED, build_study
from activevision.files import as_json
from activevision.protocol import LOOK_AROUND

NAMES = ("none", "slow_features", "a <b> & c", "equivariance", "sie", "simclr", "vicreg", "byol")


def study(names: tuple[str, ...]) -> dict[str, Any]:
    raw = raw_scores(names)
    found = build_study(raw, 300)
    figures = found.pop("figures")
    return {
        "question": "Does it?",
        "config": as_json(asdict(PRESETS["small"])),
        "protocol": as_json(LOOK_AROUND.to_json()),
        "catalogue": {"name": "procedural", "scenes": 30, "classes": ["a", "b"], "licence": "MIT"},
        "training_objects": 70,
        "agents": list(AGENTS),
        "chance": {},
        **found,
        "encoders": {
            name: {
                "facts": {"length": 4, "gap": 5, "why": "because", **({"settings": {}} if name != "none" else {})},
                "figures": figures[name],
                "raw": raw["encoders"][name],
            }
            for name in names
        },
        "versions": {"python": "3"},
    }


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return study(NAMES)


def test_every_relation_is_there_and_points_the_right_way(made: dict[str, Any]) -> None:
    rows = {(row["agent"], row["outcome"], row["measure"]): row for row in made["relations"]}
    expected = {(agent, outcome, measure) for agent in AGENTS for outcome in OUTCOMES for measure in PROBED}
    assert rows.keys() - {key for key in rows if key[0] == "random"} == expected
    for measure in ("r2_relative_rotation", "mrr", "error_composite"):
        assert rows["ppo", "accuracy", measure]["rho"] > 0.8, "less error is better"
    assert json.loads(json.dumps(made, allow_nan=False)) == as_json(made), "all of it is JSON"


def test_figures_are_what_the_raw_scores_add_up_to(made: dict[str, Any]) -> None:
    encoder = made["encoders"]["sie"]
    (of_runs,) = encoder["raw"]["accuracy"]["ppo"]["ppo"]
    after = [sum(views[2] for views in seed) / len(seed) for seed in of_runs]
    assert encoder["figures"]["accuracy ppo"]["value"] == pytest.approx(sum(after) / len(after))
    sums = encoder["raw"]["probe"]["r2_relative_rotation"]
    ratios = [1 - sum(a) / sum(b) for a, b in zip(sums["above"][0], sums["below"][0], strict=True)]
    assert encoder["figures"]["r2_relative_rotation"]["value"] == pytest.approx(sum(ratios) / len(ratios))
    for entry in encoder["figures"].values():
        assert entry["ci95"][0] <= entry["value"] <= entry["ci95"][1]
        assert entry["ci95_apart"][0] <= entry["value"] <= entry["ci95_apart"][1]


def test_raw_scores_without_the_error_that_ignores_motions_are_read(made: dict[str, Any]) -> None:
    assert "error_blind" in made["measures"]
    raw = raw_scores(NAMES)
    for encoder in raw["encoders"].values():
        del encoder["probe"]["error_blind"]
    assert "error_blind" not in build_study(raw, 300)["measures"]


def test_the_same_scores_give_the_same_study() -> None:
    assert build_study(raw_scores(NAMES), 200) == build_study(raw_scores(NAMES), 200)


def test_the_page_is_one_file_with_all_names_in_it(made: dict[str, Any], tmp_path: Path) -> None:
    write_study_page(
        made, {"pretraining": 61.0, "agents": 5.0}, tmp_path / "index.html", "activevision study equivariance"
    )
    page = (tmp_path / "index.html").read_text()
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert "<script" not in page
    assert "a &lt;b&gt; &amp; c" in page
    for name in (
        "slow_features",
        "look_ahead",
        "farthest",
        made["findings"]["claim"],
        "activevision study equivariance",
    ):
        assert name in page
    assert "nan" not in page.lower().replace("finance", "")


def test_many_encoders_fit_and_what_has_no_value_is_a_dash(tmp_path: Path) -> None:
    many = study(PRESETS["all"].objectives)
    for row in many["relations"]:
        row |= {"rho": None, "ci95": [None, None], "partial": {"rho": None, "ci95": [None, None]}}
    write_study_page(many, {}, tmp_path / "index.html")
    assert "no rank correlation" in (tmp_path / "index.html").read_text()
