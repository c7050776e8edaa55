"""``activevision train``: recogniser, fusions and policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from activevision.agents.config import AgentConfig
from activevision.commands.choices import SceneChoice, make_env
from activevision.commands.run_folder import open_run

if TYPE_CHECKING:
    from activevision.agents.agent import Agent
    from activevision.encoders.backbones import Encoder
    from activevision.protocol import Protocol
    from activevision.rollouts.dataset import WindowDataset
    from activevision.scenes import Catalogue

AGENT, SCHEMA = "agent.json", 1


@dataclass(frozen=True)
class Train:
    """Train an agent: a recogniser, evidence fusions and PPO policies. Finished parts are kept when it is stopped."""

    choice: Annotated[SceneChoice, tyro.conf.arg(name="")] = field(default_factory=SceneChoice)
    config: Annotated[AgentConfig, tyro.conf.arg(name="")] = field(default_factory=AgentConfig)
    encoder: Path = Path("runs/encoder/encoder")
    """A pretrained encoder."""
    data: Path = Path("runs/rollouts")
    """Rollouts of the training split, from the same scenes."""
    protocol: str = "look-around"
    """Name of a protocol: look-around or look-ahead."""
    out: Path = Path("runs/agent")
    """Folder for the agent."""

    def run(self) -> None:
        from activevision.encoders.checkpoint import load_encoder, read_card
        from activevision.errors import UserError
        from activevision.protocol import get_protocol
        from activevision.rollouts.dataset import WindowDataset

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
        catalogue, protocol = self.choice.catalogue(), get_protocol(self.protocol)
        open_run(self.out, "train", self)
        dataset = WindowDataset.load(self.data)
        train_in(self.out, self.choice, encoder, dataset, catalogue, protocol, self.config, card.get("figures", {}))
        print(f"the agent is in {self.out}")


def train_in(
    out: Path,
    choice: SceneChoice,
    encoder: Encoder,
    dataset: WindowDataset,
    catalogue: Catalogue,
    protocol: Protocol,
    config: AgentConfig,
    figures: dict[str, Any],
) -> Agent:
    """Train into a folder that ``activevision evaluate`` reads; ``figures`` of the encoder go along."""
    from dataclasses import asdict

    from activevision.agents.train import train_agent
    from activevision.errors import UserError
    from activevision.files import write_json

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
    train_env = make_env(catalogue, "train", protocol, config.ppo.environments)
    val_env = make_env(catalogue, "val", protocol, config.ppo.environments)
    agent = train_agent(encoder, dataset, train_env, val_env, config, out)
    facts = {
        "schema": SCHEMA, "scenes": asdict(choice), "protocol": protocol.to_json(), "classes": list(catalogue.classes),
        "fusion": config.fusion, "seeds": list(range(config.seed, config.seed + config.seeds)), "encoder": figures,
    }  # fmt: skip
    write_json(out / AGENT, facts)  # last: without it the folder is no agent yet
    return agent
