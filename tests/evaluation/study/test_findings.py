"""Claims of the sentences: they say what the intervals say, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from activevision.evaluation.study.findings import findings, probability, verdict

UP, DOWN, OPEN = [0.2, 0.9], [-0.9, -0.2], [-0.3, 0.7]


def results(**of_agents: tuple[list[Any], list[Any]]) -> dict[str, Any]:
    """Of every agent the interval of the main relation, and of the partial one."""
    rows = []
    for agent, (ends, partial) in of_agents.items():
        for outcome in ("accuracy", "gain_random"):
            for measure in ("r2_relative_rotation", "linear_probe"):
                rows.append(
                    {
                        "agent": agent, "outcome": outcome, "measure": measure, "rho": sum(ends) / 2, "ci95": ends,
                        "p": 0.03, "partial": {"rho": sum(partial) / 2, "ci95": partial},
                    }
                )  # fmt: skip
    measures = {
        f"{outcome} {agent}": {"reliability": 0.9} for agent in of_agents for outcome in ("accuracy", "gain_random")
    }
    return {"relations": rows, "measures": measures}


@pytest.mark.parametrize(
    ("of_agents", "claim"),
    [
        ({"ppo": (OPEN, OPEN)}, "No clear link between an encoder’s equivariance and active recognition"),
        ({"ppo": (UP, UP)}, "Better equivariance goes with better active recognition, also among encoders that tell "
         "classes equally well"),
        ({"ppo": (UP, OPEN)}, "Better equivariance goes with better active recognition, but not clearly among encoders "
         "that tell classes equally well"),
        ({"ppo": (DOWN, DOWN)}, "Better equivariance goes with worse active recognition, also among encoders that tell "
         "classes equally well"),
        ({"ppo": (UP, UP), "look_ahead": (OPEN, UP)}, "Better equivariance goes with better active recognition by ppo "
         "and with no clear difference by look_ahead"),
        ({"ppo": (UP, UP), "look_ahead": (UP, DOWN)}, "Better equivariance goes with better active recognition, but "
         "not clearly among encoders that tell classes equally well"),
        ({"ppo": (DOWN, OPEN), "look_ahead": (UP, OPEN)}, "Better equivariance goes with better active recognition by "
         "look_ahead and with worse active recognition by ppo"),
    ],
)  # fmt: skip
def test_the_claim_follows_from_the_intervals(of_agents: dict[str, Any], claim: str) -> None:
    assert findings(results(**of_agents), 14, 3)["claim"] == claim


def test_an_interval_that_includes_zero_is_said_to() -> None:
    found = findings(results(ppo=(OPEN, UP)), 14, 3)["sentences"]["ppo"]
    assert found[0] == (
        "Over 14 encoders, the R² of relative rotation and ppo’s accuracy after 3 views have a rank correlation of 0.20"
        " (95\N{NO-BREAK SPACE}% interval −0.30 to 0.70, which includes zero); permutation "
        "p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.030."
    )
    assert found[1] == "With linear-probe accuracy held fixed it is 0.55 (95\N{NO-BREAK SPACE}% interval 0.20 to 0.90)."
    assert "gains over motions at random" in found[2]
    assert found[3].startswith("For comparison, linear-probe accuracy")


def test_what_has_no_correlation_has_a_sentence_too() -> None:
    given = results(ppo=(OPEN, OPEN))
    for row in given["relations"]:
        row |= {"rho": None, "ci95": [None, None], "partial": {"rho": None, "ci95": [None, None]}}
    found = findings(given, 3, 3)
    assert found["claim"].startswith("No clear link")
    assert "have no rank correlation" in found["sentences"]["ppo"][0]
    given["relations"][0] |= {"rho": 0.5}
    assert "no interval" in findings(given, 3, 3)["sentences"]["ppo"][0]


def test_what_could_not_have_been_seen_is_said() -> None:
    given = results(ppo=(OPEN, OPEN))
    assert findings(given, 14, 3)["limits"] == []
    given["measures"]["gain_random ppo"]["reliability"] = 0.2
    (limit,) = findings(given, 14, 3)["limits"]
    assert "gains over motions at random" in limit
    assert "reliability 0.20" in limit


def test_verdicts_and_probabilities() -> None:
    assert [verdict(ends) for ends in ([0.1, 0.2], [-0.2, -0.1], [-0.1, 0.1], [0.0, 0.4], [None, None])] == [
        "up", "down", "open", "open", "open",
    ]  # fmt: skip
    assert [probability(p) for p in (0.0004, 0.012, 0.3)] == ["< 0.001", "= 0.012", "= 0.30"]
