"""From raw scores to what ``study.json`` says of them: figures of every encoder, and how they go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from activevision.evaluation.probing.measures import MEASURES
from activevision.evaluation.study.config import CONTROL
from activevision.evaluation.study.findings import findings
from activevision.evaluation.study.relations import Figure, Sampled, relation, sampled
from activevision.evaluation.study.scores import Scores

SCHEMA = 1

EQUIVARIANCE = ("r2_relative_rotation", "mrr", "error_composite")
"""Measures of equivariance; the first, by which the literature compares encoders, is the main one."""

GIVEN = "linear_probe"
"""What partial correlations hold fixed: how well features tell what is seen, wherever from."""

PROBED = (*EQUIVARIANCE, GIVEN)

BLIND = "error_blind"
"""The composite error of maps that ignore the motion: shown beside the composite error, to tell what it is of."""

RECORDED = (*EQUIVARIANCE, BLIND, GIVEN)
"""What probes give and raw scores hold."""

FIRST = "accuracy single"
"""What the first view of an episode gives: a linear probe on the agents' own views."""

OUTCOMES = {
    "accuracy": "accuracy after {view} views",
    "gain_single": "gain over the first view",
    "gain_random": "gain over motions at random",
}
"""What an agent is judged by; the first is the main one."""


def build_study(raw: Mapping[str, Any], resamples: int, seed: int = 0) -> dict[str, Any]:
    """What follows from raw scores, as JSON: ``measures``, ``figures`` of every encoder, ``ladder`` (the mean accuracy
    over encoders of every policy with every agent's fusion, view by view), ``relations`` and ``findings``.

    raw: "view", after how many of them recognition is compared, "agents", and "encoders"; of every encoder "probe",
    which has of every measure the sums "above" and "below" (P, S, K) (older ones lack ``BLIND``), and "accuracy",
    which has of every agent, with whose fusion, and of every policy the share of correct answers (P, S, K, T).
    """
    names = list(raw["encoders"])
    first = next(iter(raw["encoders"].values()))["probe"]
    figures = {name: _probed(raw, name) for name in RECORDED if name in first} | _active(raw)
    found = sampled(figures, resamples, seed)
    titles = _titles(raw)
    of_encoders = {name: _entries(figures[name], found[name]) for name in figures}
    results = {
        "measures": {
            name: {"title": titles[name], "higher": figure.higher, "reliability": found[name].reliability}
            for name, figure in figures.items()
        },
        "figures": {
            encoder: {name: entries[index] for name, entries in of_encoders.items()}
            for index, encoder in enumerate(names)
        },
        "ladder": _ladder(raw),
        "relations": [
            {
                "agent": agent,
                "outcome": outcome,
                "measure": measure,
                **relation(found[measure], found[key], None if measure == GIVEN else found[GIVEN]),
            }
            for agent in (*raw["agents"], CONTROL)
            for outcome in OUTCOMES
            if (key := f"{outcome} {agent}") in figures
            for measure in PROBED
        ],
    }
    return {**results, "findings": findings(results, len(names), raw["view"])}


def _ladder(raw: Mapping[str, Any]) -> dict[str, dict[str, list[float]]]:
    first = next(iter(raw["encoders"].values()))["accuracy"]
    return {
        agent: {policy: _stacked(raw, "accuracy", agent, policy).mean((0, 1, 2, 3)).tolist() for policy in first[agent]}
        for agent in raw["agents"]
    }


def _probed(raw: Mapping[str, Any], name: str) -> Figure:
    measure = MEASURES[name]
    above, below = (_stacked(raw, "probe", name, part) for part in ("above", "below"))
    return Figure(Scores(above, below, measure.complement), measure.higher)


def _active(raw: Mapping[str, Any]) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for agent in raw["agents"]:
        own, control, single = (_accuracy(raw, agent, policy) for policy in (agent, CONTROL, "single"))
        found[f"accuracy {agent}"] = Figure(own)
        found[f"gain_single {agent}"] = Figure(own.minus(single))
        found[f"gain_random {agent}"] = Figure(own.minus(control))
    control, single = (_accuracy(raw, raw["agents"][0], policy) for policy in (CONTROL, "single"))
    return found | {
        FIRST: Figure(single),
        f"accuracy {CONTROL}": Figure(control),
        f"gain_single {CONTROL}": Figure(control.minus(single)),
    }


def _accuracy(raw: Mapping[str, Any], agent: str, policy: str) -> Scores:
    """Of a policy with an agent's fusion, after the view in question."""
    return Scores.of_means(_stacked(raw, "accuracy", agent, policy)[..., raw["view"] - 1])


def _stacked(raw: Mapping[str, Any], *keys: str) -> np.ndarray:
    """(E, …) what every encoder has under these keys, one within the other."""
    rows = []
    for encoder in raw["encoders"].values():
        for key in keys:
            encoder = encoder[key]
        rows.append(encoder)
    return np.asarray(rows, np.float64)


def _titles(raw: Mapping[str, Any]) -> dict[str, str]:
    probed = {name: MEASURES[name].title for name in PROBED}
    probed |= {"error_composite": "composite error", BLIND: "composite error, motion ignored"}
    return {**probed, FIRST: "accuracy of the first view"} | {
        f"{outcome} {agent}": f"{agent}: {title.format(view=raw['view'])}"
        for agent in (*raw["agents"], CONTROL)
        for outcome, title in OUTCOMES.items()
    }


def _entries(figure: Figure, found: Sampled) -> list[dict[str, Any]]:
    """Value and intervals of every encoder, turned back where ranks were turned round."""
    value, ends, apart = found.values, found.intervals, found.intervals_apart
    if not figure.higher:
        value, ends, apart = -value, -ends[:, ::-1], -apart[:, ::-1]
    columns = (value.tolist(), ends.tolist(), apart.tolist())
    return [dict(zip(("value", "ci95", "ci95_apart"), row, strict=True)) for row in zip(*columns, strict=True)]
