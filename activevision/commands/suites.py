"""Suites: what the ladder of active recognition, and completion, are measured on."""

from __future__ import annotations

from dataclasses import dataclass, field

from activevision.agents.config import FUSIONS, JOINT, TRAINED, AgentConfig, LookAroundConfig, RecogniserConfig
from activevision.commands.world import WorldChoice
from activevision.encoders.config import PretrainConfig


def _ladder(recogniser: RecogniserConfig) -> AgentConfig:
    """Every fusion, and every policy that learns from what recognisers and encoder say."""
    return AgentConfig(recogniser, fusions=tuple(FUSIONS), policies=(*TRAINED, *JOINT))


_UNSEEN = 1
"""Objects that no setting was chosen with: those of seed 0 were looked at while the package was made."""


@dataclass(frozen=True)
class Suite:
    """A world, how much is learnt of it, and how it is tested.

    episodes: rollouts that the encoder learns from. folds: parts of a small catalogue, each tested by what was trained
    on the others; 1 where the catalogue's own splits are enough. starts: of every scene and seed.
    """

    title: str
    world: WorldChoice
    episodes: int = 8000
    folds: int = 1
    starts: int = 12
    pretrain: PretrainConfig = field(default_factory=lambda: PretrainConfig(epochs=4))
    agent: AgentConfig = field(default_factory=lambda: _ladder(RecogniserConfig(epochs=10)))


SUITES = {
    "objects-procedural": Suite(
        "Procedural objects that look alike but from some views",
        WorldChoice("procedural", ambiguity="hard", per_class=40, scene_seed=_UNSEEN),
    ),
    "objects-furniture": Suite("Furniture, every object tested once", WorldChoice("furniture"), folds=4),
    "rooms": Suite(
        "Rooms, seen by turning in place",
        WorldChoice("rooms-procedural", per_class=60, env="activevision/ActiveScene-v0"),
        episodes=3000,
        agent=_ladder(RecogniserConfig(epochs=12, shift=3)),
    ),
}


@dataclass(frozen=True)
class CompletionSuite:
    """A world to complete views of, and how it is learnt and tested.

    unseen: classes that nothing is trained on and that are tested apart. starts: of every test scene and seed.
    published: column of the paper's table that it is like.
    """

    title: str
    world: WorldChoice
    published: str
    unseen: tuple[str, ...] = ()
    starts: int = 4
    look_around: LookAroundConfig = field(default_factory=LookAroundConfig)


COMPLETIONS = {
    "scenes": CompletionSuite(
        "Completing rooms",
        WorldChoice("rooms-procedural", env="activevision/LookAround-v0", protocol="look-around-scenes"),
        "SUN360",
    ),
    "objects": CompletionSuite(
        "Completing objects",
        WorldChoice("procedural", per_class=40, env="activevision/LookAround-v0", protocol="look-around-32"),
        "ModelNet",
        unseen=("bed", "shelf", "lamp", "panel", "cup", "bathtub"),
    ),
}
