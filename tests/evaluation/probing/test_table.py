"""Claims of the table: intervals, marks, and what features that say nothing reach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from known_features import anew, walked

from activevision.evaluation.probing import stored
from activevision.evaluation.probing.measure import Measured, Task
from activevision.evaluation.probing.posed_features import PosedFeatures
from activevision.evaluation.probing.protocol import ProbeProtocol
from activevision.evaluation.probing.table import chance, standing_still, tabulate
from activevision.evaluation.probing.tally import Tally

SCENES = np.array([f"s{i:02}" for i in range(40)])
PROTOCOL = ProbeProtocol("hand", "By hand", "", "orbit", 8, 1.0, 0, 0, 180.0, None, True)


def scored(level: float, seed: int = 0) -> Measured:
    """Two seeds of probes with noisy tallies about a level."""
    noise = np.random.default_rng(seed).normal(0, 0.05, (2, 40))
    tallies = {
        "mrr": [Tally(SCENES, level + n, np.ones(40)) for n in noise],
        "r2_relative_rotation": [Tally(SCENES, 2 * (1 - level + n), np.full(40, 2.0)) for n in noise],
        "path_position": [Tally(SCENES, np.stack([level + n, 2 * level + n], 1), np.ones((40, 2))) for n in noise],
    }
    return Measured(tallies, np.arange(3), np.ones(3), {"rank_me": 3.0, "spread": 0.5})


def test_values_are_means_over_seeds_and_intervals_hold_them() -> None:
    entry = tabulate({"a": scored(0.4)})["a"]
    assert entry["mrr"]["value"] == pytest.approx(0.4, abs=0.02)
    assert entry["r2_relative_rotation"]["value"] == pytest.approx(0.4, abs=0.02)
    assert entry["path_position"]["value"] == pytest.approx(0.8, abs=0.02)
    assert entry["path_position"]["steps"]["value"] == pytest.approx([0.4, 0.8], abs=0.02)
    for figure in entry.values():
        assert figure["ci95"][0] < figure["value"] < figure["ci95"][1]
        assert figure["value"] == pytest.approx(np.mean(figure["per_seed"]))
        assert figure["best"] is False  # of one alone there is no best


def test_the_width_of_an_interval_is_that_of_the_spread_over_scenes() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 40)
    found = replace(scored(0.4), tallies={"mrr": [Tally(SCENES, noise, np.ones(40))] * 3})
    low, high = tabulate({"a": found})["a"]["mrr"]["ci95"]
    assert high - low == pytest.approx(2 * 1.96 * noise.std() / np.sqrt(40), rel=0.1)


def test_the_best_are_marked_with_those_that_are_not_clearly_worse() -> None:
    table = tabulate({"low": scored(0.2), "high": scored(0.4), "level": scored(0.4, seed=1)})
    best = {key: [name for name, row in table.items() if row[key]["best"]] for key in table["low"]}
    assert best == {"mrr": ["high", "level"], "r2_relative_rotation": ["high", "level"], "path_position": ["low"]}


def test_features_that_say_nothing_have_the_figures_of_a_guess() -> None:
    views = anew(0, 50)
    task = Task.of(anew(1, 50), views, PROTOCOL)
    found = chance(views, task)
    assert found["mrr"] == pytest.approx(np.mean(1 / np.arange(1, 9)))
    assert found["hits_at_2"] == pytest.approx(2 / 8)
    assert found["pre"] == pytest.approx(0.75, abs=0.05)  # poses of all scenes are drawn evenly
    assert found["linear_probe"] == pytest.approx(0.26)  # 13 of 50 scenes
    assert found["error_composite"] == pytest.approx(np.sqrt(0.5))  # of the mean, test_measure has the same measured
    assert standing_still(views, task)["error_composite"] == [1.0]
    within = chance(views, replace(task, shared_frame=False))
    assert within["pre"] < found["pre"]  # views of one scene are seen from nearer by


def test_views_of_a_scene_need_not_be_in_a_row() -> None:
    """Two episodes of every scene, apart: a guess among the scene's views never leaves it."""
    poses, episodes, _, labels = walked(0, 40)
    names = np.array([f"s{e % 20:02}" for e in episodes])
    poses[:, :3, :3] = np.eye(3)
    poses[names == "s00", :3, :3] = np.diag([-1.0, 1.0, -1.0])  # half a turn off all others
    views = PosedFeatures(np.zeros((len(poses), 2), np.float32), poses, episodes, names, labels)
    task = replace(Task.of(anew(1, 40), views, PROTOCOL), shared_frame=False)
    found = chance(views, task)
    assert found["pre"] == pytest.approx(0, abs=1e-9)
    assert found["hits_at_1"] == pytest.approx(1 / 16)


def test_standing_still_is_off_by_the_whole_first_step() -> None:
    views = anew(0, 50)
    found = standing_still(views, Task.of(anew(1, 50), views, PROTOCOL))
    assert found["path_position"][0] == pytest.approx(1)
    assert found["path_position"][-1] < 0.9
    assert found["path_features"] == [1.0] * 7


def test_what_was_measured_comes_back_from_the_disk_under_its_key_alone(tmp_path: Path) -> None:
    path, made = tmp_path / "a.npz", scored(0.4)
    assert stored.read(path, "key") is None
    stored.write(path, made, "key")
    found = stored.read(path, "key")
    assert found is not None
    assert tabulate({"a": found}) == tabulate({"a": made})
    assert found.collapse == made.collapse
    assert stored.read(path, "another") is None
    whole = path.read_bytes()
    for damaged in (whole[:200], *(whole[:n] + bytes([whole[n] ^ 0x41]) + whole[n + 1 :] for n in range(30, 700, 7))):
        path.write_bytes(damaged)
        again = stored.read(path, "key")
        assert again is None or again.collapse == made.collapse
    np.savez(path, something="else")
    assert stored.read(path, "key") is None
