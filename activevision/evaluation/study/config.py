"""Settings of the study of equivariance, and presets of them. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from activevision.agents.config import TRAINED
from activevision.encoders.backbone_names import split_name
from activevision.encoders.objectives import OBJECTIVES
from activevision.errors import UserError
from activevision.evaluation.lineup.ablations import check_objectives
from activevision.evaluation.lineup.budget import Budget, check_batch
from activevision.evaluation.probing.protocol import ProbeProtocol
from activevision.settings import require_not_negative, require_positive

PROTOCOL = "look-around"
"""Of the agents: 7 × 12 viewpoints, steps of 30°, four views."""

MOTION: Literal["tumble"] = "tumble"
"""What the rollouts are films of: all views of the agents' grid and those between, from the same distance."""

SENSORS = ("rgb", "depth", "instance", "flow")
"""Recorded in the rollouts: all that some objective needs; flow comes with depth."""

AGENTS = ("ppo", "look_ahead")
"""Agents that learn where to look next: on the belief state, and trained as a whole with a fusion of its own."""

CONTROL = "random"
"""The policy that learns nothing, for what fusing more views gives by itself."""

BASELINES = ("single", CONTROL, "farthest")
"""Policies that learn nothing, each played with the fusion of every agent."""

FUSION = "product"
"""Of agents that have none of their own."""


@dataclass(frozen=True)
class StudyConfig:
    """Everything that decides the result, the scenes' pictures apart."""

    objectives: tuple[str, ...] = ()
    """What encoders are pretrained by, one each and for every one of encoder_seeds: a name, and after commas
    settings of its own."""
    ambiguity: float = 1.0
    """Share of objects whose class only some views tell."""
    per_class: int = 24
    """Objects of every class: 60 : 15 : 25 to train, validate and test."""
    films: int = 2
    """Films of every training object."""
    frames: int = 30
    """Of a film."""
    rate: float = 6.0
    """Frames a second: the camera then turns by about 7° from one to the next."""
    backbone: str = "small-cnn"
    """Of all encoders, see `activevision pretrain --backbone`."""
    embedding: int = 128
    """Dimensions of the features."""
    images: int = 96_000
    """Images that every encoder sees in pretraining, whatever its windows."""
    batch: int = 240
    """Images in a batch: a multiple of 60, so that windows of 2, 3, 4 and 5 frames fill it."""
    learning_rate: float = 2e-3
    """Peak learning rate of pretraining."""
    encoder_seeds: int = 1
    """Encoders of every objective."""
    probe_films: int = 200
    """Films of training objects that probes are fitted to; of test objects there is one each."""
    probe_frames: int = 16
    """Of a film for probes."""
    probe_rate: float = 1.5
    """Frames a second of films for probes: the camera then turns by about 30° from one to the next, a grid step."""
    probe_seeds: int = 2
    """Of the probes: initial weights, order, and which scenes choose what is chosen."""
    folds: int = 3
    """Parts of the training objects that held-out evidence is made of."""
    ppo_steps: int = 100_000
    """Environment steps that PPO trains for."""
    look_ahead_steps: int = 400
    """Optimiser steps that the look-ahead agent trains for."""
    agent_seeds: int = 2
    """Agents of each kind that are trained on every encoder."""
    starts: int = 12
    """First views of every test object, for every seed."""
    view: int = 3
    """After how many views recognition is compared."""
    resamples: int = 10_000
    """Draws of the bootstrap."""

    def __post_init__(self) -> None:
        check_objectives(self.objectives)
        if self.objectives and len(self.objectives) < 3:
            raise UserError(f"{len(self.objectives)} objectives: a rank correlation needs at least 3.")
        split_name(self.backbone)
        require_positive(
            self, "per_class", "films", "rate", "embedding", "images", "batch", "learning_rate", "encoder_seeds",
            "probe_films", "probe_rate", "probe_seeds", "ppo_steps", "look_ahead_steps", "agent_seeds", "starts",
            "resamples",
        )  # fmt: skip
        require_not_negative(self, "ambiguity")
        check_batch(self.batch)
        if self.frames < 18 or self.probe_frames < 3:
            raise UserError(
                f"frames={self.frames}, probe_frames={self.probe_frames}: windows need 18 frames, probes need 3."
            )
        if self.folds < 2:
            raise UserError(f"folds={self.folds}: agents need held-out evidence, so at least 2 folds.")
        if not 2 <= self.view <= 4:
            raise UserError(f"view={self.view}: an episode has 4 views, and the first is not chosen; give 2 to 4.")

    @property
    def budget(self) -> Budget:
        """Of every encoder."""
        return Budget(self.backbone, self.embedding, self.images, self.batch, self.learning_rate)

    @property
    def probe(self) -> ProbeProtocol:
        """What probes are asked."""
        return ProbeProtocol(
            "study", "Objects from all sides", "procedural", MOTION, self.probe_frames, self.probe_rate,
            self.probe_films, 0, 90.0, None, True,
        )  # fmt: skip


def fusion_of(agent: str) -> str:
    """Name of the fusion that an agent is trained and played with."""
    return FUSION if agent in TRAINED else agent


_SMALL = StudyConfig(
    (
        "none",
        "slow_features",
        "steady_features",
        "simclr",
        "vicreg",
        "byol",
        "egomotion_prediction",
        "equivariance",
        "equimod",
        "sie",
        "seq_jepa",
        "look_ahead",
        "action_conditional_prediction",
        "temporal_equivariance",
        "tracking",
        "flow_equivariance",
    )
)

PRESETS = {
    "small": _SMALL,
    "all": replace(_SMALL, objectives=tuple(OBJECTIVES)),
    "gpu": replace(
        _SMALL,
        objectives=tuple(OBJECTIVES),
        per_class=60,
        films=4,
        backbone="resnet18",
        embedding=256,
        images=2_000_000,
        batch=480,
        learning_rate=1e-3,
        encoder_seeds=3,
        probe_films=600,
        probe_seeds=3,
        folds=5,
        ppo_steps=400_000,
        look_ahead_steps=1_600,
        agent_seeds=3,
    ),
}
"""small: half an hour on two cores. all: every objective of the package. gpu: the same with a larger network, five
times as many objects, twenty times the images, and more seeds."""
