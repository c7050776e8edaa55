"""What the figures say, in plain sentences that are made from them and claim no more than the intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from activevision.pages.words import INTERVAL, NARROW_SPACE, interval, listed, number

UP, DOWN, OPEN = "up", "down", "open"
_UNRELIABLE = 0.5
_MAIN, _OUTCOME, _GAIN, _GIVEN = "r2_relative_rotation", "accuracy", "gain_random", "linear_probe"


def findings(results: Mapping[str, Any], encoders: int, view: int) -> dict[str, Any]:
    """claim: a headline. sentences: of every agent, the main relation, what is left of it when the linear probe is held
    fixed, that with what the agent gains by choosing, and that of the linear probe itself. limits: what speaks against
    reading much into them."""
    agents = [row["agent"] for row in results["relations"] if (row["measure"], row["outcome"]) == (_MAIN, _GAIN)]
    main = {agent: _row(results, agent, _OUTCOME, _MAIN) for agent in agents}
    return {
        "claim": _claim(main),
        "sentences": {agent: _sentences(results, agent, encoders, view) for agent in agents},
        "limits": _limits(results, agents),
    }


def _sentences(results: Mapping[str, Any], agent: str, encoders: int, view: int) -> list[str]:
    main = _row(results, agent, _OUTCOME, _MAIN)
    gain, probe = _row(results, agent, _GAIN, _MAIN), _row(results, agent, _OUTCOME, _GIVEN)
    known = "the R² of relative rotation and"
    return [
        _related(main, f"over {encoders} encoders, {known} {agent}’s accuracy after {view} views"),
        _held_fixed(main),
        _related(gain, f"{known} what {agent} gains over motions at random"),
        _related(probe, f"for comparison, linear-probe accuracy and {agent}’s accuracy"),
    ]


def verdict(ends: Sequence[float | None]) -> str:
    """UP or DOWN where an interval stays off zero, else OPEN."""
    low, high = ends
    if low is None or high is None:
        return OPEN
    return UP if low > 0 else DOWN if high < 0 else OPEN


def _claim(main: Mapping[str, Mapping[str, Any]]) -> str:
    verdicts = {agent: verdict(row["ci95"]) for agent, row in main.items()}
    if all(found == OPEN for found in verdicts.values()):
        return "No clear link between an encoder’s equivariance and active recognition"
    if len(set(verdicts.values())) > 1:
        parts = [
            f"with {_LINKS[which]} by {listed([agent for agent, found in verdicts.items() if found == which])}"
            for which in (UP, DOWN, OPEN)
            if which in verdicts.values()
        ]
        return f"Better equivariance goes {listed(parts)}"
    claim = f"Better equivariance goes with {_LINKS[next(iter(verdicts.values()))]}"
    beyond = [verdict(row["partial"]["ci95"]) for row in main.values()]
    if all(found == verdicts[agent] for agent, found in zip(main, beyond, strict=True)):
        return f"{claim}, also among encoders that tell classes equally well"
    return f"{claim}, but not clearly among encoders that tell classes equally well"


_LINKS = {
    UP: "better active recognition",
    DOWN: "worse active recognition",
    OPEN: "no clear difference",
}


def _related(row: Mapping[str, Any], what: str) -> str:
    subject = f"{what[0].upper()}{what[1:]}"
    if row["rho"] is None:
        return f"{subject} have no rank correlation, because one of them is the same for all."
    chance = f"p {probability(row['p'])}".replace(" ", NARROW_SPACE)
    return f"{subject} have a rank correlation of {estimated(row)}; permutation {chance}."


def _held_fixed(row: Mapping[str, Any]) -> str:
    partial = row["partial"]
    if partial["rho"] is None:
        return "With linear-probe accuracy held fixed nothing is left to correlate."
    return f"With linear-probe accuracy held fixed it is {estimated(partial)}."


def estimated(row: Mapping[str, Any]) -> str:
    """ "0.41 (95 % interval −0.20 to 0.80, which includes zero)"."""
    if None in row["ci95"]:
        return f"{number(row['rho'], 2)} (no interval: too few draws have a value)"
    zero = "" if verdict(row["ci95"]) != OPEN else ", which includes zero"
    return f"{number(row['rho'], 2)} ({INTERVAL} {interval(row['ci95'], 1, 2)}{zero})"


def probability(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {number(p, 3 if p < 0.1 else 2)}"


def _limits(results: Mapping[str, Any], agents: Sequence[str]) -> list[str]:
    found = []
    for agent in agents:
        for outcome, what in ((_OUTCOME, f"{agent}’s accuracy"), (_GAIN, f"what {agent} gains over motions at random")):
            reliability = results["measures"][f"{outcome} {agent}"]["reliability"]
            if reliability < _UNRELIABLE:
                found.append(
                    f"Encoders differ in {what} by little more than the draw of test objects and seeds makes them "
                    f"(reliability {number(reliability, 2)}), so a link could hardly have been seen."
                )
    return found


def _row(results: Mapping[str, Any], agent: str, outcome: str, measure: str) -> Mapping[str, Any]:
    return next(
        row
        for row in results["relations"]
        if (row["agent"], row["outcome"], row["measure"]) == (agent, outcome, measure)
    )
