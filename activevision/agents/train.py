"""Train an agent: recogniser, fusions, policies. Finished parts are on disk, so a stopped run goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from gymnasium.vector import VectorEnv

from activevision.agents.agent import RECOGNISER, Agent
from activevision.agents.calibration import fit_temperature
from activevision.agents.config import FUSIONS, JOINT, TRAINED, AgentConfig
from activevision.agents.cross_fit import cross_fitted_table, cross_fitted_walks
from activevision.agents.evidence import EvidenceTable
from activevision.agents.lessons import FreeLessons, GridLessons, Lessons
from activevision.agents.named import named_class
from activevision.agents.recogniser import save_recogniser, train_recogniser
from activevision.agents.views import LabelledViews
from activevision.agents.walks import Walks
from activevision.encoders.backbones import Encoder
from activevision.errors import UserError
from activevision.explore_protocol import ExploreProtocol
from activevision.files import digest, read_object, write_json
from activevision.protocol import Protocol
from activevision.rollouts.dataset import WindowDataset
from activevision.scenes import Entry

_HELD_OUT, _VALIDATION = "held_out_evidence.npz", "validation_evidence.npz"


@dataclass(frozen=True)
class Part:
    """A fusion, or the policy or whole agent of a seed."""

    kind: str
    name: str
    seed: int


def train_agent(
    encoder: Encoder, views: LabelledViews, train_env: VectorEnv, val_env: VectorEnv, config: AgentConfig, out: Path
) -> Agent:
    """Train all parts of an agent, one after the other, into the folder ``out`` and load it; as ``prepare_agent``."""
    agent = prepare_agent(encoder, views, train_env, val_env, config, out)
    lessons = grid_lessons(agent, train_env, val_env)
    for stage in open_parts(agent, config):
        for part in stage:
            train_part(agent, lessons, part, config)
    return agent


def prepare_agent(
    encoder: Encoder, views: LabelledViews, train_env: VectorEnv, val_env: VectorEnv, config: AgentConfig, out: Path
) -> Agent:
    """Train an agent's recogniser into the folder ``out``, with the evidence that all other parts learn from.

    encoder: pretrained; it stays as it is. views: of the training split, for the recogniser. train_env, val_env:
    environments over the training and validation split, in autoreset mode DISABLED. UserError where the views show
    other scenes than ``train_env``, or ``out`` holds an agent made from something else. The order: recogniser on all
    training scenes, its temperature on validation scenes; held-out evidence about the training scenes.
    """
    protocol = train_env.unwrapped.protocol  # type: ignore[attr-defined]
    splits = [env.unwrapped.entries for env in (train_env, val_env)]  # type: ignore[attr-defined]
    _check_ingredients(encoder, views, splits, protocol, config, out)
    if not (out / RECOGNISER).exists():
        recogniser = train_recogniser(encoder, views, config.recogniser, config.seed)
        seen = EvidenceTable.build(recogniser, val_env, "Calibrating")
        labels = np.broadcast_to(seen.label[:, None, None], seen.log_likelihood.shape[:3])
        recogniser.temperature.fill_(fit_temperature(seen.log_likelihood, labels))
        seen.tempered(float(recogniser.temperature)).save(out / _VALIDATION)
        save_recogniser(out / RECOGNISER, recogniser)  # last: where it is there, the part before it is whole
    agent = Agent.load(out, protocol)
    if not (out / _HELD_OUT).exists():
        table = cross_fitted_table(encoder, views, train_env, config.recogniser, config.seed)
        table.tempered(float(agent.recogniser.temperature)).save(out / _HELD_OUT)
    return agent


def grid_lessons(agent: Agent, train_env: VectorEnv, val_env: VectorEnv) -> GridLessons:
    """What the other parts of a prepared agent learn from."""
    assert isinstance(agent.protocol, Protocol)
    train, val = (EvidenceTable.load(agent.folder / name) for name in (_HELD_OUT, _VALIDATION))
    return GridLessons(agent.protocol, train, val, train_env, val_env)


def open_parts(agent: Agent, config: AgentConfig) -> tuple[list[Part], list[Part]]:
    """Fusions, and then policies, that are still to be trained; each may be trained beside the others of its stage."""
    fusions = [Part("fusion", name, config.seed) for name in config.fusions if not agent.fusion_file(name).exists()]
    policies = [
        Part("policy", name, seed)
        for seed in range(config.seed, config.seed + config.seeds)
        for name in config.policies
        if not agent.policy_file(name, seed).exists()
    ]
    return fusions, policies


def train_part(agent: Agent, lessons: Lessons, part: Part, config: AgentConfig) -> None:
    """Train one part and write it into the agent's folder. Policies learn with the agent's main fusion."""
    if part.kind == "fusion":
        kind = named_class("fusion", part.name, FUSIONS)
        fusion = kind.fit(lessons, config, part.seed)
        if lessons.watch is not None:
            lessons.watch.show(fusion)
        fusion.save(agent.fusion_file(part.name))
        return
    path = agent.policy_file(part.name, part.seed)
    assert isinstance(lessons, GridLessons)
    if part.name in JOINT:
        trained = named_class("agent", part.name, JOINT).fit(lessons, config, part.seed)
    else:
        kind = named_class("policy", part.name, TRAINED)
        trained = kind.fit(lessons, agent.fusion(config.fusion), config, part.seed)
    if lessons.watch is not None:
        lessons.watch.show(trained)
    trained.save(path)


def train_free_agent(
    encoder: Encoder,
    dataset: WindowDataset,
    heldout: WindowDataset,
    entries: Sequence[Entry],
    protocol: ExploreProtocol,
    config: AgentConfig,
    out: Path,
    views: LabelledViews | None = None,
    train: Callable[[Agent, Lessons, Part, AgentConfig], None] = train_part,
) -> Agent:
    """``train_agent`` where the camera moves freely, so that no grid holds all views: recogniser and fusions alone.

    The recorded rollouts stand for the grid: those of the validation split (``heldout``) calibrate, those of the
    training split, whose scenes are ``entries``, train the recurrent aggregator, on cross-fitted evidence. Recognisers
    are trained on ``views`` of the training split; on those of the rollouts unless given. train: trains a part, by
    ``train_part`` in the end.
    """
    views = dataset if views is None else views
    if heldout.classes != dataset.classes or set(heldout.scenes) & set(dataset.scenes):
        raise UserError("the held-out rollouts show other classes or training scenes: collect them from split val.")
    _check_ingredients(encoder, views, [entries], protocol, config, out, dataset, heldout)
    seen: Walks | None = None
    if not (out / RECOGNISER).exists():
        recogniser = train_recogniser(encoder, views, config.recogniser, config.seed)
        seen = Walks.record(recogniser, heldout, "Calibrating")
        labels = np.broadcast_to(seen.label[:, None], seen.log_likelihood.shape[:2])
        recogniser.temperature.fill_(fit_temperature(seen.log_likelihood, labels))
        seen = seen.tempered(float(recogniser.temperature))
        save_recogniser(out / RECOGNISER, recogniser)
    agent = Agent.load(out, protocol)
    fusions, _ = open_parts(agent, replace(config, seeds=0))
    if not fusions:
        return agent
    walks = cross_fitted_walks(encoder, views, dataset, entries, config.recogniser, config.seed)
    walks = walks.tempered(float(agent.recogniser.temperature))
    seen = Walks.record(agent.recogniser, heldout, "Calibrating") if seen is None else seen
    for part in fusions:
        train(agent, FreeLessons(protocol, dataset.classes, walks, seen), part, config)
    return agent


def _check_ingredients(
    encoder: Encoder,
    views: LabelledViews,
    splits: Sequence[Sequence[Entry]],
    protocol: Protocol | ExploreProtocol,
    config: AgentConfig,
    out: Path,
    *rollouts: WindowDataset,
) -> None:
    """Note what the parts are made from; UserError where the folder has parts that were made from something else.

    splits: the scenes that it learns from, the training split first. rollouts: further ones that fusions learn from.
    """
    strangers = set(views.scenes.tolist()) - {entry.id for entry in splits[0]}
    if strangers:
        raise UserError(
            f"the rollouts show {len(strangers)} scenes that the training split does not have ({min(strangers)}, …): "
            "collect rollouts from the training split of the same scenes."
        )
    made_from = {
        "encoder": digest(*(tensor.cpu().numpy().tobytes() for tensor in encoder.state_dict().values())),
        "views": views.key,
        "rollouts": [one.key for one in rollouts],
        "scenes": digest(*(entry.key for entries in splits for entry in entries)),
        "protocol": digest(protocol.to_json()),
        "settings": digest(asdict(replace(config, seeds=1, fusions=(config.fusion,), policies=()))),  # may grow
    }
    path = out / "made_from.json"
    if not path.exists():
        write_json(path, made_from)
        return
    found = read_object(path)
    if found != made_from:
        names = ", ".join(sorted(name for name in made_from if found.get(name) != made_from[name]))
        raise UserError(f"{out} holds an agent made from other {names}: choose another --out, or delete it.")
