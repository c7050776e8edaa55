"""That the raw scores of an evaluation say all that its accuracies come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tiny_logs import answers

from activevision.evaluation.raw_scores import write_raw_scores


def test_right_answers_are_counted_by_agent_seed_and_scene(tmp_path: Path) -> None:
    scene, seed = ["b", "a", "b", "a", "a", "b", "b", "a"], [5, 5, 5, 5, 2, 2, 2, 2]
    mine = answers([[1, 1], [0, 1], [0, 1], [0, 0], [1, 1], [0, 0], [0, 1], [1, 0]], scene, seed=seed)
    other = answers(np.ones((8, 2)), scene, seed=seed, policy="random")
    write_raw_scores([mine, other], {"a": "twins", "b": ""}, tmp_path / "raw.npz")
    with np.load(tmp_path / "raw.npz") as raw:
        assert raw["agent"].tolist() == ["random/own/own", "mine/own/own"]
        assert (raw["seed"].tolist(), raw["scene"].tolist(), raw["label"].tolist()) == ([2, 5], ["a", "b"], ["a", "a"])
        assert raw["group"].tolist() == ["twins", "b"]
        assert raw["starts"].tolist() == [[2, 2], [2, 2]]
        assert raw["correct"][1].tolist() == [[[2, 1], [0, 1]], [[0, 1], [1, 2]]]
        assert (raw["correct"][0] == 2).all()
        accuracy = (raw["correct"] / raw["starts"][..., None]).mean(axis=(1, 2))
    np.testing.assert_allclose(accuracy[1], mine.correct.mean(axis=0))
