"""A trained agent on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from activevision.agents.config import FUSIONS, JOINT, TRAINED
from activevision.agents.fusion import Fusion
from activevision.agents.named import is_own, named_class
from activevision.agents.policies import BASELINES, baseline
from activevision.agents.policies.policy import JointAgent, Policy
from activevision.agents.recogniser import ViewRecogniser, load_recogniser
from activevision.errors import UserError, unknown
from activevision.explore_protocol import ExploreProtocol
from activevision.protocol import Protocol

RECOGNISER = "recogniser.safetensors"


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

    def fusion_file(self, name: str) -> Path:
        return self.folder / "fusions" / f"{name}{named_class('fusion', name, FUSIONS).suffix}"

    def policy_file(self, name: str, seed: int) -> Path:
        """Of a policy that learns, or of an agent that is trained as a whole."""
        suffix = named_class("policy", name, {**TRAINED, **JOINT}).suffix
        return self.folder / "policies" / f"{name}_{seed}{suffix}"

    def fusion(self, name: str, seed: int = 0) -> Fusion:
        """A fusion by name, or a user's own; ``seed`` tells agents apart that were trained as a whole."""
        if is_own(name):
            return named_class("fusion", name, {})(len(self.recogniser.classes))
        if name in JOINT:
            return self._joint(name, seed).fusion
        if name not in FUSIONS:
            raise unknown("fusion", name, (*FUSIONS, *JOINT))
        return named_class("fusion", name, FUSIONS).load(self.fusion_file(name))

    def policy(self, name: str, seed: int, fusion: Fusion) -> Policy:
        """A policy by name, to be given the beliefs of ``fusion``; baselines draw with ``seed``, a trained one is that
        of this seed."""
        if name in JOINT:
            return self._joint(name, seed).policy
        if name not in TRAINED:
            if not is_own(name) and isinstance(self.protocol, Protocol) and name not in BASELINES:
                raise unknown("policy", name, (*BASELINES, *TRAINED, *JOINT))
            return baseline(self.protocol, name, seed)
        path = self.policy_file(name, seed)
        if not path.exists():
            raise UserError(
                f"no policy {path}: train it with `activevision train --policies {name}`, or give another --seed."
            )
        return named_class("policy", name, TRAINED).load(path, self.protocol, fusion)

    def _joint(self, name: str, seed: int) -> JointAgent:
        path = self.policy_file(name, seed)
        if not path.exists():
            raise UserError(
                f"no agent {path}: train it with `activevision train --policies {name}`, or give another --seed."
            )
        return named_class("agent", name, JOINT).load(path, self.protocol)
