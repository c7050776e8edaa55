"""The figures show the numbers: confusions, maps by class, risk, worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from synthetic_logs import make_logs
from tiny_logs import tiny

from activevision.evaluation import metrics
from activevision.evaluation.intervals import Bootstrap
from activevision.evaluation.report.figures.class_maps import WIDTH, class_map
from activevision.evaluation.report.figures.confusion_plot import confusion_plot
from activevision.evaluation.report.figures.levels import LEVELS, level
from activevision.evaluation.report.figures.risk_plot import risk_plot
from activevision.evaluation.report.figures.stopping_plot import stopping_plot
from activevision.evaluation.report.sections.confusion import by_true_class, confusion, together
from activevision.evaluation.report.sections.viewpoints import viewpoints
from activevision.evaluation.results import build_results

QUICK = Bootstrap(resamples=50)
SURE = {"a": [0.8, 0.1, 0.1], "b": [0.1, 0.8, 0.1], "c": [0.1, 0.1, 0.8]}


def answers(views: str) -> list[list[float]]:
    """Beliefs of an episode that answers with these classes in turn."""
    return [SURE[answer] for answer in views]


@pytest.fixture(scope="module")
def confused() -> dict[str, Any]:
    """Of four episodes of a, two are taken for b after the first view and one after the second; b is right always."""
    episodes = ["ba", "bb", "aa", "aa", "bb", "bb"]
    labels = [0, 0, 0, 0, 1, 1]
    log = tiny([answers(views) for views in episodes], list("uvwxyz"), labels)
    return build_results([log], {}, {}, {}, QUICK)


def titles(drawing: Any) -> list[str]:
    return [str(rect.find("title").text) for rect in drawing.iter("rect") if rect.find("title") is not None]


def test_confusions_are_counted_within_the_true_class_and_a_class_without_episodes_is_left_blank(
    confused: dict[str, Any],
) -> None:
    first, last = (by_true_class(joint) for joint in confused["rows"]["mine/own/own"]["confusion"])
    np.testing.assert_allclose(first[:2], [[0.5, 0.5, 0], [0, 1, 0]], atol=1e-4)
    np.testing.assert_allclose(last[:2], [[0.75, 0.25, 0], [0, 1, 0]], atol=1e-4)
    assert np.isnan(first[2]).all()
    drawn = titles(confusion_plot("t", last, "abc", [0, 1, 2]))
    assert drawn == ["a: 75.0\xa0%", "a taken for b: 25.0\xa0%", "b: 100.0\xa0%"]
    section = confusion(confused)
    assert section is not None
    text = "".join(section.itertext())
    assert "a taken for b50.025.0" in text
    assert "c taken for" not in text


def test_a_confusion_stands_where_its_classes_do_in_the_order() -> None:
    shares = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, 0, 1.0]])
    cells = [
        rect for rect in confusion_plot("t", shares, "abc", [2, 1, 0]).iter("rect") if rect.find("title") is not None
    ]
    wrong = next(rect for rect in cells if rect.get("class") == "miss")
    right = [rect for rect in cells if rect.get("class") == "hit"]
    step = float(right[1].get("y")) - float(right[0].get("y"))
    assert float(wrong.get("y")) == pytest.approx(step / 2, abs=0.1)  # b is the second of three lines
    assert wrong.get("x") == right[0].get("x")  # under c, the first
    assert float(right[1].get("y")) == pytest.approx(2 * 216 / 3, abs=0.1)


def test_classes_that_are_confused_stand_together() -> None:
    shares = np.eye(6)
    for true, answer in ((0, 3), (3, 0), (1, 5), (5, 1)):
        shares[true, answer], shares[true, true] = 0.4, 0.6
    order = together(shares)
    assert sorted(order) == list(range(6))
    assert abs(order.index(0) - order.index(3)) == 1
    assert abs(order.index(1) - order.index(5)) == 1


def test_strengths_of_colour_are_even_and_only_nothing_is_blank() -> None:
    assert (level(0), level(1e-6), level(1.0), level(3.0)) == (0, 1, LEVELS, LEVELS)
    assert [level(k / LEVELS) for k in range(LEVELS + 1)] == list(range(LEVELS + 1))


def test_a_class_map_has_a_square_for_every_viewpoint_that_was_looked_at_elevations_upwards() -> None:
    drawing = class_map({}, "mine", "cup", [[0.25, 0.0], [0.0, 0.75]], most=0.75)
    paths = {path.get("fill-opacity"): str(path.get("d")) for path in drawing.iter("path")}
    strongest, weaker = paths["1.000"], paths[f"{level(1 / 3) / LEVELS:.3f}"]
    assert strongest.startswith(f"M{WIDTH / 2:.1f} 0.0h")  # the higher elevation is on top, the second azimuth right
    assert weaker.startswith("M0.0 50.0h")
    assert strongest.count("M") == weaker.count("M") == 1


def test_classes_come_first_where_policies_differ_most() -> None:
    grid = {"elevations_deg": [0.0], "azimuths": 4, "neighbourhood": [1, 3]}
    belief = [[[0.5, 0.5]] * 2] * 6
    scenes, labels = list("uvwxyz"), [0, 0, 0, 1, 1, 1]

    def looking(policy: str, at: list[int]):  # type: ignore[no-untyped-def]
        return tiny(belief, scenes, labels, policy=policy, protocol=grid, viewpoint=[[[0, 0], [0, k]] for k in at])

    results = build_results(
        [looking("random", [1, 1, 1, 1, 1, 2]), looking("mine", [1, 1, 1, 3, 3, 2])], {}, {}, {}, QUICK
    )
    section = viewpoints(results)
    assert section is not None
    text = "".join(section.itertext())
    assert text.index("b67\xa0%") < text.index("a0\xa0%")


def pixels(drawing: Any, class_: str) -> list[tuple[float, float]]:
    line = next(line for line in drawing.iter("polyline") if line.get("class") == class_)
    return [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]  # type: ignore[misc]


def test_the_risk_curve_ends_at_the_share_of_wrong_answers() -> None:
    log = make_logs(("random",), objects=20)[0]
    drawn = pixels(risk_plot(build_results([log], {}, {}, {}, QUICK), ["random"]), "curve")
    risk = [metrics.risk_coverage_at(log, log.views).risk(c) for c in (0.05, 1.0)]
    assert risk[1] == pytest.approx(1 - metrics.accuracy(log)[-1])
    assert drawn[0][0] < drawn[-1][0]
    assert (drawn[0][1] - drawn[-1][1] > 0) == (risk[1] > risk[0])
    assert len(drawn) == 20


def test_a_policy_that_stops_has_a_square_and_none_else() -> None:
    log = make_logs(("random", "ppo_stop"), objects=20)
    stopped = log[1].take(np.arange(len(log[1])))
    taken = np.full(len(stopped), 2)
    kept: dict[str, Any] = {
        name: np.repeat(getattr(stopped, name)[:, :2], [1, 3], axis=1) for name in ("belief", "evidence", "pose")
    }
    object.__setattr__(stopped, "taken", taken)
    for name, array in kept.items():
        object.__setattr__(stopped, name, array)
    results = build_results([log[0], stopped], {}, {}, {}, QUICK)
    drawing = stopping_plot(results, ["random", "ppo_stop"], "ppo_stop")
    marks = [rect for rect in drawing.iter("rect") if "square-mark" in str(rect.get("class"))]
    assert len(marks) == 1
    left, right = (x for x, _ in (pixels(drawing, "budget")[0], pixels(drawing, "budget")[-1]))
    assert float(marks[0].get("x")) + 5 == pytest.approx(left + (right - left) / 3, abs=0.1)  # view 2 of 1 to 4
