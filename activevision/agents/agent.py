"""A trained agent on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from activevision.agents.fusion import FUSIONS, Fusion, MeanPosterior, ProductOfExperts
from activevision.agents.fusion.recurrent import Recurrent
from activevision.agents.policies import baseline
from activevision.agents.policies.policy import Policy
from activevision.agents.policies.ppo import PPOPolicy
from activevision.agents.recogniser import ViewRecogniser, load_recogniser
from activevision.errors import unknown
from activevision.explore_protocol import ExploreProtocol
from activevision.files import read_json
from activevision.protocol import Protocol

RECOGNISER, PRODUCT, RECURRENT = "recogniser.safetensors", "product.json", "recurrent.pt"


def policy_file(seed: int) -> str:
    return f"ppo_{seed}.zip"


@dataclass(frozen=True, eq=False)
class Agent:
    """A recogniser, and fusions and policies to go with it by name: swap one while the others are held fixed."""

    folder: Path
    protocol: Protocol | ExploreProtocol
    recogniser: ViewRecogniser

    @classmethod
    def load(cls, folder: Path, protocol: Protocol | ExploreProtocol) -> Agent:
        """The agent of a folder that ``activevision train`` wrote; its parts are read when they are asked for."""
        return cls(folder, protocol, load_recogniser(folder / RECOGNISER))

    def fusion(self, name: str) -> Fusion:
        classes = len(self.recogniser.classes)
        if name == "mean":
            return MeanPosterior(classes)
        if name == "product":
            return ProductOfExperts(classes, read_json(self.folder / PRODUCT)["temperature"])
        if name == "recurrent":
            return Recurrent.load(self.folder / RECURRENT)
        raise unknown("fusion", name, FUSIONS)

    def policy(self, name: str, seed: int) -> Policy:
        """A policy by name; baselines draw with ``seed``, a trained one is that of this seed."""
        if name == "ppo":
            return PPOPolicy.load(self.folder / policy_file(seed))
        return baseline(self.protocol, name, seed)
