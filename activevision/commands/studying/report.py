"""What came out: ``study.json`` and the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.commands.lineup.plan import Unit
from activevision.commands.studying.plan import Plan, Trial
from activevision.evaluation.study.config import AGENTS

if TYPE_CHECKING:
    from activevision.evaluation.probing.measure import Measured


def write_study(plan: Plan, seconds: Mapping[str, float], command: str) -> dict[str, Any]:
    """Reads encoders' probes and agents' logs; writes study.json, index.html and the probes' own page."""
    from activevision.commands.lineup.stages import candidates
    from activevision.evaluation.probing.compare import compare
    from activevision.evaluation.probing.page.page import write_probe_page
    from activevision.evaluation.study.page.page import write_study_page
    from activevision.evaluation.study.results import RECORDED, SCHEMA, build_study
    from activevision.evaluation.versions import installed_versions
    from activevision.files import as_json, write_json
    from activevision.rollouts.dataset import WindowDataset

    config, world, lineup = plan.config, plan.world, plan.lineup
    train, test = (WindowDataset.load(lineup.probe_data(split)) for split in ("train", "test"))
    encoders = candidates(lineup)
    probes, task, measured = compare(encoders, train, test, config.probe, config.probe_seeds, lineup.probes)
    write_json(lineup.probes / "probe.json", probes)
    write_probe_page(probes, task, measured, test, lineup.probes / "index.html", command)
    objects = sorted(entry.id for entry in world.catalogue.scenes("test"))
    scores = {name: _scores(plan, name, measured, objects) for name in config.objectives}
    found = build_study({"view": config.view, "agents": AGENTS, "encoders": scores}, config.resamples)
    figures = found.pop("figures")
    study = {
        "schema": SCHEMA,
        "question": "Does better equivariance give better active recognition?",
        "config": as_json(asdict(config)),
        "protocol": as_json(world.protocol.to_json()),
        "catalogue": world.facts("test"),
        "training_objects": len(world.catalogue.scenes("train")),
        "agents": list(AGENTS),
        "chance": {name: value for name, value in probes["chance"].items() if name in RECORDED},
        **found,
        "encoders": {
            name: {"facts": _facts(plan, name), "figures": figures[name], "raw": scores[name]}
            for name in config.objectives
        },
        "objects": objects,
        "versions": installed_versions(),
    }
    write_json(plan.out / "study.json", study, indent=None)  # a million numbers: indented they take four times the room
    write_study_page(study, dict(seconds), plan.out / "index.html", command)
    return study


def _scores(plan: Plan, objective: str, measured: Mapping[str, Measured], objects: list[str]) -> dict[str, Any]:
    """Raw scores of an objective's encoders, one for every pretraining seed."""
    from activevision.evaluation.log import TrajectoryLog
    from activevision.evaluation.study.raw import accuracy, probed, together

    runs = []
    for seed in range(plan.config.encoder_seeds):
        unit = Unit(objective, seed)
        of_agents = {}
        for agent in AGENTS:
            trials = [Trial(unit, agent, number) for number in range(plan.config.agent_seeds)]
            of_agents[agent] = {
                policy: accuracy([TrajectoryLog.load(plan.log(trial, policy)) for trial in trials], objects)
                for policy in trials[0].policies
            }
        runs.append({"probe": probed(measured[unit.name], objects), "accuracy": of_agents})
    return together(runs)


def _facts(plan: Plan, objective: str) -> dict[str, Any]:
    """What is to be known of an objective: where it comes from, and what it was fed with."""
    from activevision.commands.lineup.jobs import windows_of
    from activevision.encoders.objectives import objective_class
    from activevision.files import as_json

    unit = Unit(objective, 0)
    kind = objective_class(unit.kind)
    facts = {"paper": kind.paper, **asdict(plan.lineup.windows[unit.kind])}
    if kind.learns:
        windows = windows_of(plan.lineup, unit)
        settings = plan.lineup.budget.pretraining(objective, 0, len(windows), windows.length)
        facts |= {"windows": len(windows), "settings": as_json(asdict(settings))}
    return facts


def show(study: Mapping[str, Any], path: Path) -> None:
    """Print what was found."""
    print(study["findings"]["claim"] + ".")
    for sentences in study["findings"]["sentences"].values():
        for sentence in sentences:
            print(f"- {sentence}")
    for limit in study["findings"]["limits"]:
        print(f"! {limit}")
    print(f"the page is {path}")
