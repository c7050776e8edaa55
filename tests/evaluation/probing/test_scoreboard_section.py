"""Claims of the benchmark's section on probes: what is in the scores is what it says, in an order that makes sense."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from activevision.commands.scoreboard import write_scoreboard
from activevision.evaluation.probing.measures import MEASURES
from activevision.evaluation.scoreboard.probes import probes
from activevision.files import write_json


def figure(value: float, best: bool = False) -> dict[str, Any]:
    return {"value": value, "ci95": [value - 0.01, value + 0.01], "per_seed": [value], "best": best}


def row(rotation: float, mrr: float, best: bool = False) -> dict[str, Any]:
    return {"figures": {"r2_relative_rotation": figure(rotation, best), "mrr": figure(mrr)}}


def results() -> dict[str, Any]:
    return {
        "protocol": {"title": "Egocentric motion in rooms", "motion": "walk", "gap": 8, "range_deg": 90.0, "rate": 5.0},
        "config": {"backbone": "small-cnn", "images": 60_000},
        "films": {"films": 300, "images": 10_800, "rate": 5.0, "scenes": 150},
        "data": {"test": {"scenes": 60}},
        "recipe": {"seeds": 2},
        "measures": {name: asdict(of) for name, of in MEASURES.items()},
        "standing_still": {"path_position": [1.0] * 15},
        "chance": {"r2_relative_rotation": 0.0, "mrr": 0.125},
        "encoders": {"none": row(0.1, 0.2), "simclr": row(0.3, 0.5), "equivariance": row(0.6, 0.4, best=True)},
        "seconds": {"rollouts": 90.0, "pretraining": 240.0},
    }


def test_the_best_comes_first_and_is_bold_and_chance_last() -> None:
    table = [line for line in probes("probes-rooms.json", results()) if line.startswith("|")]
    assert table == [
        "| pretrained by | R² relative rotation ↑ | MRR ↑ |",
        "|---|---|---|",
        "| equivariance | **0.600 (0.590 to 0.610)** | 0.400 (0.390 to 0.410) |",
        "| simclr | 0.300 (0.290 to 0.310) | 0.500 (0.490 to 0.510) |",
        "| none (random weights) | 0.100 (0.090 to 0.110) | 0.200 (0.190 to 0.210) |",
        "| *chance, or standing still* | 0.000 | 0.125 |",
    ]


def test_errors_that_no_motion_is_known_for_are_kept_apart_and_older_scores_are_read() -> None:
    old = results()
    for encoder in old["encoders"].values():
        encoder["figures"]["error_composite"] = figure(0.9)
    old["chance"]["error_composite"] = 1.0
    new = results()
    for encoder in new["encoders"].values():
        encoder["figures"] |= {"error_composite": figure(0.8), "error_blind": figure(0.9)}
    old_lines, new_lines = probes("old.json", old), probes("new.json", new)
    assert "| *chance, or standing still* | 0.000 | 0.125 | 0.707 / 1.000 |" in old_lines
    assert "| *chance, or standing still* | 0.000 | 0.125 | 0.707 / 1.000 | 0.707 / 1.000 |" in new_lines
    assert any("composite, motion ignored ↓" in line for line in new_lines)
    assert any(line.startswith("An equivariance error has 1.000") for line in old_lines)


def test_it_says_under_which_conditions() -> None:
    text = "\n".join(probes("probes-rooms.json", results()))
    for said in (
        "60,000 images of 300 films", "150 training scenes", "`walk`", "about 60 scenes", "at most 8 frames apart",
        "paths of 15 steps", "2 seeds", "(scores/probes-rooms.json)", "rollouts 1.5, pretraining 4.0",
    ):  # fmt: skip
        assert said in text
    anywhere = {**results(), "protocol": {**results()["protocol"], "gap": None}}
    assert "frames apart" not in "\n".join(probes("probes-furniture.json", anywhere))


def test_the_scoreboard_has_a_section_for_every_protocol_that_was_run(tmp_path: Path) -> None:
    write_json(tmp_path / "scores" / "probes-rooms.json", results())
    text = write_scoreboard(tmp_path).read_text()
    assert text.count("## Probes: ") == 1
    assert "## Probes: egocentric motion in rooms" in text
