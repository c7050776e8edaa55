"""``activevision train``: recogniser, fusions and policies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from activevision.agents.config import AgentConfig
from activevision.commands.run_folder import open_run
from activevision.commands.world import World, WorldChoice

if TYPE_CHECKING:
    from gymnasium.vector import VectorEnv

    from activevision.agents.agent import Agent
    from activevision.agents.views import LabelledViews
    from activevision.encoders.backbones import Encoder
    from activevision.rollouts.dataset import WindowDataset

AGENT, SCHEMA = "agent.json", 3


@dataclass(frozen=True)
class Train:
    """Train an agent: a recogniser, evidence fusions and policies. Finished parts are kept when it is stopped."""

    choice: Annotated[WorldChoice, tyro.conf.arg(name="")] = field(default_factory=WorldChoice)
    config: Annotated[AgentConfig, tyro.conf.arg(name="")] = field(default_factory=AgentConfig)
    encoder: Path = Path("runs/encoder/encoder")
    """A pretrained encoder."""
    data: str = "runs/rollouts"
    """Folder or URL of rollouts of the training split, from the same scenes."""
    heldout: str | None = None
    """Rollouts of the validation split, which environments without a view grid are calibrated on."""
    workers: int | None = None
    """Processes that fusions and policies are trained in: as many as there are cores, where that pays, unless given."""
    out: Path = Path("runs/agent")
    """Folder for the agent."""

    def run(self) -> None:
        from activevision.encoders.checkpoint import load_encoder, read_card
        from activevision.errors import UserError
        from activevision.rollouts.dataset import WindowDataset
        from activevision.workers import check_workers

        check_workers(self.workers)
        encoder, card = load_encoder(self.encoder), read_card(self.encoder)
        if card.get("settings", {}).get("label_weight", 0) > 0:
            raise UserError(
                f"encoder {self.encoder} was pretrained with labels, so no evidence about its training objects is held "
                "out: give one with label_weight 0."
            )
        if card.get("data", {}).get("split", "train") != "train":
            raise UserError(
                f"encoder {self.encoder} was pretrained on other than the training split: give one that was."
            )
        world = self.choice.world()  # a wrong name is an error before anything is written
        for folder in (self.data, self.heldout):
            if folder is not None:
                check_rollouts(folder, world)
        with open_run(self.out, "train", self):
            dataset = WindowDataset.load(self.data)
            heldout = WindowDataset.load(self.heldout) if self.heldout else None
            figures = card.get("figures", {})
            train_in(self.out, self.choice, encoder, dataset, heldout, self.config, figures, workers=self.workers)
            print(f"the agent is in {self.out}")


def check_rollouts(folder: str, world: World) -> None:
    """UserError where the rollouts of a folder were collected in another environment or under another protocol."""
    from activevision.errors import UserError
    from activevision.files import as_json
    from activevision.rollouts.manifest import Manifest

    settings = Manifest.read(folder).settings
    theirs, ours = settings["protocol"], as_json(world.protocol.to_json())
    env = settings["spec"].get("id", "no environment")
    if env != world.env:
        raise UserError(f"the rollouts in {folder} are of {env}, not of {world.env}: collect others.")
    if theirs != ours:
        names = ", ".join(sorted(name for name in {*theirs, *ours} if theirs.get(name) != ours.get(name)))
        raise UserError(
            f"the rollouts in {folder} were collected under protocol {theirs.get('name')!r}, which differs from "
            f"{world.protocol.name!r} in {names}: collect others, or give the --protocol that they have."
        )


def train_in(
    out: Path,
    choice: WorldChoice,
    encoder: Encoder,
    dataset: WindowDataset,
    heldout: WindowDataset | None,
    config: AgentConfig,
    figures: dict[str, Any],
    views: LabelledViews | None = None,
    workers: int | None = None,
) -> Agent:
    """Train into a folder that ``activevision evaluate`` reads; ``figures`` of the encoder go along.

    Recognisers are trained on ``views`` of the training split, unless given on those of the rollouts.

    Policies are trained on a view grid alone, in so many processes, as many as there are cores unless given; where the
    camera moves freely, ``heldout`` calibrates instead.
    """
    from dataclasses import asdict

    from activevision.agents.train import prepare_agent, train_free_agent
    from activevision.commands.parts import train_parts, train_watched
    from activevision.commands.unseen import NOTE, learnt_from
    from activevision.errors import UserError
    from activevision.explore_protocol import ExploreProtocol
    from activevision.files import write_json

    world = choice.world()
    catalogue = world.catalogue
    if dataset.source and (dataset.source.split, dataset.source.catalogue) != ("train", catalogue.name):
        raise UserError(
            f"the rollouts are of split {dataset.source.split!r} of {dataset.source.catalogue!r}, not of the training "
            f"split of {catalogue.name!r}: collect those."
        )
    if tuple(dataset.classes) != tuple(catalogue.classes):
        raise UserError(
            f"the rollouts show {len(dataset.classes)} classes, catalogue {catalogue.name!r} has other "
            f"{len(catalogue.classes)}: collect rollouts from the same scenes."
        )
    if isinstance(world.protocol, ExploreProtocol):
        held = heldout.source if heldout is not None else None
        if held and (held.split, held.catalogue) != ("val", catalogue.name):
            raise UserError(
                f"the held-out rollouts are of split {held.split!r} of {held.catalogue!r}: collect them from split val "
                f"of {catalogue.name!r}."
            )
        if heldout is None:
            raise UserError(
                f"{world.env} has no view grid to calibrate on: give rollouts of the validation split with --heldout."
            )
        entries = catalogue.scenes("train")
        agent = train_free_agent(
            encoder, dataset, heldout, entries, world.protocol, config, out, views, train=train_watched
        )
    else:
        with _both(world, config) as (train_env, val_env):
            agent = prepare_agent(encoder, views or dataset, train_env, val_env, config, out)
            train_parts(agent, world, config, (train_env, val_env), workers)
    facts = {
        "schema": SCHEMA,
        "world": asdict(choice.resolved()),
        "protocol": world.protocol.to_json(),
        "classes": list(catalogue.classes),
        NOTE: learnt_from(catalogue),
        "fusion": config.fusion,
        "fusions": list(config.fusions),
        "policies": list(config.policies) if world.on_grid and config.seeds else [],
        "seeds": list(range(config.seed, config.seed + config.seeds)) if world.on_grid else [],
        "encoder": figures,
    }
    write_json(out / AGENT, facts)  # last: without it the folder is no agent yet
    return agent


@contextmanager
def _both(world: World, config: AgentConfig) -> Iterator[tuple[VectorEnv, VectorEnv]]:
    """Environments over the training and the validation split."""
    with ExitStack() as opened:
        train_env, val_env = (
            opened.enter_context(closing(world.make(split, config.environments))) for split in ("train", "val")
        )
        yield train_env, val_env


def read_facts(folder: Path) -> dict[str, Any]:
    """What a folder says of the agent in it; UserError where there is none, or one of another version."""
    from activevision.errors import UserError
    from activevision.files import read_object

    if not (folder / AGENT).exists():
        raise UserError(f"no finished agent in {folder}: give a folder that `activevision train` completed.")
    facts = read_object(folder / AGENT)
    if facts.get("schema") != SCHEMA:
        raise UserError(f"agent {folder} is of another version (schema {facts.get('schema')}): train it again.")
    return facts


def load_trained(folder: Path) -> tuple[Agent, World, dict[str, Any]]:
    """An agent that was trained into a folder, the world it was trained in, and what else is known of it."""
    from activevision.agents.agent import Agent

    facts = read_facts(folder)
    world = WorldChoice(**facts["world"]).world()
    return Agent.load(folder, world.protocol), world, facts
