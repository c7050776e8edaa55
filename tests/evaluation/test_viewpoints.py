"""Where an agent looked: counted by hand, only views that were taken, every object alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny_logs import tiny

from activevision.evaluation import metrics
from activevision.evaluation.intervals import Bootstrap
from activevision.evaluation.results import build_results

GRID = {"elevations_deg": [0.0, 30.0], "azimuths": 2}
_BELIEF = [[0.5, 0.5]] * 3


def log_of(viewpoint: list, scene: str, label: list[int], **more):  # type: ignore[no-untyped-def]
    return tiny([_BELIEF] * len(label), list(scene), label, protocol=GRID, viewpoint=np.array(viewpoint), **more)


def test_shares_are_counted_by_class_from_the_second_view_on() -> None:
    log = log_of(
        [[[0, 0], [0, 1], [1, 1]], [[1, 1], [0, 1], [0, 1]], [[0, 0], [1, 0], [1, 0]]], scene="xyz", label=[0, 0, 1]
    )
    shares = metrics.chosen_viewpoints(log)
    np.testing.assert_allclose(shares, np.array([[[0, 3], [0, 1]], [[0, 0], [2, 0]]]) / 6)
    own = metrics.by_class(shares)
    np.testing.assert_allclose(own[0], np.array([[0, 3], [0, 1]]) / 4)
    np.testing.assert_allclose(own[1], [[0, 0], [1, 0]])


def test_what_a_stopped_episode_repeats_is_not_looked_at() -> None:
    walk = [[[0, 0], [0, 1], [1, 1]], [[1, 1], [0, 0], [0, 0]], [[0, 0]] * 3]
    log = log_of(walk, scene="xyz", label=[0, 0, 1], taken=[3, 2, 1])
    shares = metrics.chosen_viewpoints(log)
    np.testing.assert_allclose(shares[0], np.array([[1, 1], [0, 1]]) / 3)
    assert metrics.by_class(shares)[1] is None
    assert not metrics.chosen_viewpoints(replace(log, taken=np.ones(3, int))).any()


def test_an_object_counts_the_same_with_however_many_episodes() -> None:
    log = log_of([[[0, 0], [0, 1], [0, 1]], [[0, 0], [0, 1], [0, 1]], [[0, 0], [1, 0], [1, 0]]], "xxy", [0, 0, 0])
    np.testing.assert_allclose(metrics.chosen_viewpoints(log)[0], [[0, 0.5], [0.5, 0]])


def test_results_have_them_of_the_rows_that_stand_for_policies_alone() -> None:
    walk = [[[0, 0], [0, 1], [1, 1]], [[1, 1], [0, 0], [0, 0]], [[0, 0], [1, 1], [1, 0]]] * 2
    log = log_of(walk, scene="uvwxyz", label=[0, 1, 0] * 2)
    rows = build_results([log, replace(log, fusion="other")], {}, {}, {}, Bootstrap(resamples=50))["rows"]
    assert "class_viewpoints" not in rows["mine/other/own"]
    found = rows["mine/own/own"]["class_viewpoints"]
    assert found[0] == [[0, 0.25], [0.25, 0.5]]
    assert found[1] == [[1, 0], [0, 0]]
    single = replace(log, taken=np.ones(6, int), viewpoint=np.repeat(log.column("viewpoint")[:, :1], 3, axis=1))
    row = build_results([single], {}, {}, {}, Bootstrap(resamples=50))["rows"]["mine/own/own"]
    assert row["viewpoints"] is None
    assert row["missing"]["viewpoints"] == "its first view is its last"
    assert pytest.approx(1) == np.sum(rows["mine/other/own"]["viewpoints"])
