"""A log made elsewhere: what it may leave out, and that whatever is wrong with it is said in one line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activevision.errors import UserError
from activevision.evaluation.log import TrajectoryLog

DOCS = Path(__file__).parent.parent.parent / "docs" / "trajectory_log.md"
LEAST: dict[str, Any] = {
    "scene": ["cup/1", "cup/1", "mug/2"],
    "label": [0, 0, 1],
    "probability": [[[0.5, 0.5], [0.75, 0.25]], [[0.1, 0.9], [0.5, 0.5]], [[0.0, 1.0], [0.2, 0.8]]],
}


def written(folder: Path, columns: dict[str, Any], **words: str) -> Path:
    path = folder / "mine.parquet"
    pq.write_table(pa.table(columns).replace_schema_metadata(words or None), path)
    return path


def test_three_columns_make_a_log(tmp_path: Path) -> None:
    log = TrajectoryLog.load(written(tmp_path, LEAST))
    assert (log.policy, log.fusion, log.recogniser, log.classes) == ("mine", "own", "own", ("0", "1"))
    np.testing.assert_allclose(np.exp(log.belief), LEAST["probability"], atol=1e-6)
    assert log.keys() == [("cup/1", 0, 0), ("cup/1", 0, 1), ("mug/2", 0, 0)]
    for name in ("taken", "viewpoint", "pose", "motion", "collided", "evidence"):
        assert getattr(log, name) is None
    assert (log.protocol, log.catalogue) == ({}, {})


def test_one_vector_an_episode_is_one_view(tmp_path: Path) -> None:
    log = TrajectoryLog.load(written(tmp_path, {**LEAST, "probability": [[0.5, 0.5], [0.75, 0.25], [0.0, 1.0]]}))
    assert log.belief.shape == (3, 1, 2)
    assert log.correct[:, 0].tolist() == [True, True, True]


def test_labels_may_be_names_where_the_order_of_classes_is_told(tmp_path: Path) -> None:
    named = {**LEAST, "label": ["cup", "cup", "mug"]}
    log = TrajectoryLog.load(written(tmp_path, named, classes=json.dumps(["cup", "mug"]), policy="theirs"))
    assert (log.policy, log.label.tolist()) == ("theirs", [0, 0, 1])
    assert TrajectoryLog.load(written(tmp_path, named), ("mug", "cup")).label.tolist() == [1, 1, 0]
    with pytest.raises(UserError, match="nothing says which class"):
        TrajectoryLog.load(written(tmp_path, named))
    with pytest.raises(UserError, match="label 'mug' is not among its 2 classes"):
        TrajectoryLog.load(written(tmp_path, named, classes=json.dumps(["cup", "pot"])))


def test_episodes_that_end_early_are_ones_that_stopped(tmp_path: Path) -> None:
    pose = np.eye(4).reshape(-1).tolist()
    log = TrajectoryLog.load(
        written(
            tmp_path,
            {
                "scene": ["a", "b"],
                "label": [0, 1],
                "belief": np.log([[[0.5, 0.5], [0.75, 0.25], [0.9, 0.1]]]).tolist() + np.log([[[0.3, 0.7]]]).tolist(),
                "pose": [[pose] * 3, [pose]],
                "motion": pa.array([[4, 5], []], pa.list_(pa.int64())),
                "collided": pa.array([[True, False], []], pa.list_(pa.bool_())),
            },
        )
    )
    assert log.column("taken").tolist() == [3, 1]
    np.testing.assert_allclose(np.exp(log.belief[1]), [[0.3, 0.7]] * 3, atol=1e-6)
    assert log.column("motion").tolist() == [[4, 5], [-1, -1]]
    assert log.column("collided").tolist() == [[True, False], [False, False]]
    assert log.column("pose").shape == (2, 3, 4, 4)


@pytest.mark.parametrize("kind", ["large list", "fixed size", "dictionary", "half precision"])
def test_any_kind_of_list_number_and_text_will_do(tmp_path: Path, kind: str) -> None:
    columns = dict(LEAST)
    if kind == "large list":
        columns["probability"] = pa.array(LEAST["probability"], pa.large_list(pa.large_list(pa.float64())))
    elif kind == "fixed size":
        columns["probability"] = pa.array(LEAST["probability"], pa.list_(pa.list_(pa.float32(), 2), 2))
    elif kind == "dictionary":
        columns["scene"] = pa.array(LEAST["scene"]).dictionary_encode()
    else:
        columns["probability"] = pa.array(np.float16([p for e in LEAST["probability"] for v in e for p in v]))
        columns["probability"] = pa.ListArray.from_arrays([0, 2, 4, 6, 8, 10, 12], columns["probability"])
        columns["probability"] = pa.ListArray.from_arrays([0, 2, 4, 6], columns["probability"])
    log = TrajectoryLog.load(written(tmp_path, columns))
    np.testing.assert_allclose(np.exp(log.belief), LEAST["probability"], atol=1e-3)


def changed(**columns: Any) -> dict[str, Any]:
    return {name: value for name, value in {**LEAST, **columns}.items() if value is not None}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (changed(label=None), "column 'label' is missing .it has scene, probability."),
        (changed(scene=None), "column 'scene' is missing"),
        (changed(probability=None), "'belief' and 'probability', and neither is there"),
        (changed(belief=LEAST["probability"]), "'belief' and 'probability', and both are there"),
        (changed(probability=None, belief=LEAST["probability"]), "belief of scene 'cup/1', seed 0, episode 0 after "
         "view 1 is not normalised.*probability"),
        (changed(probability=[[[0.5, 0.5], [0.7, 0.2]], *LEAST["probability"][1:]]),
         "probability of scene 'cup/1', seed 0, episode 0 after view 2 sums to 0.9"),
        (changed(probability=[*LEAST["probability"][:2], [[0.0, 1.0], [1.2, -0.2]]]),
         "probability of scene 'mug/2', seed 0, episode 0 after view 2 has an entry of -0.2"),
        (changed(probability=[*LEAST["probability"][:1], [[np.nan, 1.0], [1, 0]], [[1, 0], [1, 0]]]),
         "scene 'cup/1', seed 0, episode 1 after view 1 has an entry of nan"),
        (changed(probability=[[[0.5, 0.5], [1.0]], *LEAST["probability"][1:]]), "different lengths"),
        (changed(probability=[[], *LEAST["probability"][1:]]), "for every episode a list of views"),
        (changed(probability=[None, *LEAST["probability"][1:]]), "column 'probability' has empty cells"),
        (changed(probability=[0.5, 0.5, 1.0]), "holds no lists"),
        (changed(label=[0, 0, 2]), "outside its 2 classes"),
        (changed(label=[[0], [0], [1]]), "column 'label' holds lists"),
        (changed(label=[0.0, 0.0, 1.0]), "label has dtype float64"),
        (changed(label=[0, None, 1]), "column 'label' has empty cells"),
        (changed(episode=[0, 0, 0]), "scene 'cup/1', seed 0, episode 0 occurs twice"),
        (changed(taken=[2, 3, 2]), "taken must count from 1 to 2"),
        (changed(taken=[1, 2, 2]), "belief of scene 'cup/1', seed 0, episode 0 after view 2 changes although"),
        (changed(motion=[[1], [1], [1, 2]]), "column 'motion' has 2 entries in row 3 where 1 are expected"),
        (changed(pose=[[[0.0] * 12] * 2] * 3), "16 numbers of a 4 × 4 matrix"),
        (changed(evidence=[[[0.0] * 3] * 2] * 3), r"evidence has shape \(3, 2, 3\)"),
        (changed(scene=[{"id": 1}] * 3), "column 'scene' has type struct"),
        ({"scene": pa.array([], pa.string()), "label": pa.array([], pa.int64()),
          "belief": pa.array([], pa.list_(pa.list_(pa.float64())))}, "no episodes"),
        ({"object": ["a"]}, "none of a log's columns"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_that_names_the_file_and_the_fault(
    tmp_path: Path, columns: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said) as error:
        TrajectoryLog.load(written(tmp_path, columns))
    assert "mine.parquet" in str(error.value)
    assert "\n" not in str(error.value)


def test_words_that_are_no_json_are_named(tmp_path: Path) -> None:
    for words in ({"classes": "cup, mug"}, {"classes": "{}"}, {"protocol": "[]"}):
        (name,) = words
        with pytest.raises(UserError, match=f"word '{name}' of its metadata is no JSON"):
            TrajectoryLog.load(written(tmp_path, LEAST, **words))


def test_the_example_of_the_documentation_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(code.strip().splitlines()) <= 12
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    (path,) = tmp_path.iterdir()
    log = TrajectoryLog.load(path)
    assert log.policy == "mine"
    assert log.protocol["name"]
