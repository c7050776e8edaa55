"""What is done with one encoder, or for one agent on it; by this process or by a worker, one core each.

Every job leaves files that are whole or absent, and what an earlier one left is not made again. All is a function of
the plan, whoever does it: torch keeps to one thread, since what several threads sum up differs in the last bit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

from activevision.agents.config import JOINT, TRAINED, AgentConfig, LookAheadConfig, PPOConfig
from activevision.agents.frozen import SPLITS, FrozenEvidence
from activevision.agents.fusion import Fusion, ProductOfExperts
from activevision.agents.lessons import GridLessons
from activevision.agents.named import named_class
from activevision.agents.policies import baseline
from activevision.agents.policies.policy import Policy
from activevision.agents.views import SceneViews
from activevision.commands.lineup.jobs import Advance
from activevision.commands.lineup.plan import Unit
from activevision.commands.studying.plan import Plan, Trial
from activevision.encoders.checkpoint import load_encoder
from activevision.evaluation.play import Starts, play
from activevision.evaluation.study.config import BASELINES
from activevision.files import digest, read_object, write_json
from activevision.protocol import Protocol

if TYPE_CHECKING:
    from gymnasium.vector import VectorEnv

_MADE_FROM = "made_from.json"

_plan: Plan


def enter(plan: Plan) -> None:
    """Make a worker process ready."""
    global _plan
    _plan = plan


def look(unit: Unit, advance: Advance) -> None:
    """The evidence of all views, by linear classifiers on the frozen encoder."""
    encoder, folder, world = load_encoder(_plan.lineup.encoder(unit)), _plan.evidence(unit), _plan.world
    assert isinstance(world.protocol, Protocol)
    entries = world.catalogue.scenes("train")
    evidence = FrozenEvidence.of(encoder, _views(_plan), entries, world.protocol, _plan.config.folds, 0)
    evidence.save(folder)
    write_json(folder / _MADE_FROM, {"encoder": _weights(_plan, unit)})  # last: where it is there, all is
    advance(1)


def has_looked(plan: Plan, unit: Unit) -> bool:
    """Whether there is evidence by this very encoder."""
    folder = plan.evidence(unit)
    there = all((folder / name).exists() for name in (_MADE_FROM, *FrozenEvidence.FILES))
    return there and not another_has_looked(plan, unit)


def another_has_looked(plan: Plan, unit: Unit) -> bool:
    """Whether there is evidence by an encoder that is no longer there."""
    note = plan.evidence(unit) / _MADE_FROM
    return note.exists() and read_object(note).get("encoder") != _weights(plan, unit)


def run_trial(trial: Trial, advance: Advance) -> None:
    """Train an agent, and play it and what it is compared with on test objects, from the same starts."""
    world, config = _plan.world, _plan.config
    protocol, facts = world.protocol, world.facts("test")
    assert isinstance(protocol, Protocol)
    evidence = FrozenEvidence.load(_plan.evidence(trial.unit))
    with contextlib.ExitStack() as opened:
        env, val_env = (
            opened.enter_context(closing(world.make(split, AgentConfig.environments))) for split in ("train", "val")
        )
        fusion, policy = _trained(trial, GridLessons(protocol, evidence.train, evidence.val, env, val_env))
    scenes = len(evidence.test.label)
    with closing(world.make("test", scenes * config.starts)) as env:
        starts = Starts.on_grid(scenes, protocol.grid_shape, config.starts, trial.seed)
        for name in (*BASELINES, trial.agent):
            chooser = policy if name == trial.agent else baseline(protocol, name, trial.seed)
            log = play(env, evidence.test, fusion, _always(chooser), starts, facts)
            log.save(_plan.log(trial, name))
    advance(1)


def has_run(plan: Plan, trial: Trial) -> bool:
    return all(plan.log(trial, name).exists() for name in trial.policies)


def _trained(trial: Trial, lessons: GridLessons) -> tuple[Fusion, Policy]:
    config = AgentConfig(
        ppo=PPOConfig(steps=_plan.config.ppo_steps), look_ahead=LookAheadConfig(steps=_plan.config.look_ahead_steps)
    )
    if trial.agent in JOINT:
        joint = named_class("agent", trial.agent, JOINT)
        path = _plan.policy_file(trial, joint.suffix)
        if not path.exists():
            joint.fit(lessons, config, trial.seed).save(path)
        agent = joint.load(path, lessons.protocol)
        return agent.fusion, agent.policy
    fusion = ProductOfExperts.fit(lessons, config, 0)
    kind = named_class("policy", trial.agent, TRAINED)
    path = _plan.policy_file(trial, kind.suffix)
    if not path.exists():
        kind.fit(lessons, fusion, config, trial.seed).save(path)
    return fusion, kind.load(path, lessons.protocol, fusion)


def _always(policy: Policy) -> Callable[[VectorEnv], Policy]:
    return lambda env: policy


@cache
def _views(plan: Plan) -> dict[str, SceneViews]:
    protocol = plan.world.protocol
    assert isinstance(protocol, Protocol)
    found = {}
    for split in SPLITS:
        with closing(plan.world.make(split, protocol.grid_size)) as env:
            found[split] = SceneViews.gather(env, 0)
    return found


def _weights(plan: Plan, unit: Unit) -> str:
    return digest((plan.lineup.encoder(unit) / "encoder.safetensors").read_bytes())
