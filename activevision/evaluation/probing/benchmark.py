"""What the benchmark of probes pretrains encoders on, and with how much. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from activevision.encoders.backbone_names import split_name
from activevision.errors import UserError
from activevision.evaluation.lineup.ablations import check_objectives
from activevision.evaluation.lineup.budget import Budget, check_batch
from activevision.evaluation.lineup.objective_windows import WINDOWS, ObjectiveWindows
from activevision.settings import require_positive

_LONGEST = 18  # frames from the first to the last of the longest windows with the usual step, and a few more

OF_FRAMES = (
    "none",
    "egomotion_prediction",
    "equivariance",
    "slow_features",
    "steady_features",
    "simclr",
    "vicreg",
    "byol",
    "equimod",
    "sie",
    "seq_jepa",
    "seq_jepa,conditioned=false",
    "action_conditional_prediction",
)
"""Objectives that need no more than frames and egomotions, and one without the egomotions, for what they are worth.
"none" leaves random weights as they are."""


@dataclass(frozen=True)
class TrainingFilms:
    """Films to pretrain on.

    films: of the training split, ``per_scene`` in a row in one scene. frames, rate: of a film, and frames a second.
    step: frames between two views of a window, for objectives that learn from motions like those that probes ask about.
    """

    films: int
    per_scene: int
    frames: int
    rate: float
    step: int

    def __post_init__(self) -> None:
        require_positive(self, "films", "per_scene", "rate", "step")
        if self.frames < _LONGEST:
            raise UserError(f"frames={self.frames}: windows need {_LONGEST}.")


_IN_PLACES = TrainingFilms(films=300, per_scene=2, frames=36, rate=5.0, step=4)
_ROUND_THINGS = TrainingFilms(films=368, per_scene=2, frames=30, rate=4.0, step=5)

FILMS: Mapping[str, TrainingFilms] = {
    "walk": _IN_PLACES,
    "handheld": _IN_PLACES,
    "orbit": _ROUND_THINGS,
}
"""By motion. In rooms the rate is that of the probes, whose pairs are up to 8 frames (1.6 s) apart, and a step half of
that: 0.8 s, in which a walker turns by 17° and goes 0.35 m in the median. Round things a step is 1.25 s, as long as it
takes to turn by about 35°, where pairs of the probes are up to 90° apart."""


@dataclass(frozen=True)
class ProbesConfig:
    """Everything that decides the figures of the encoders, protocol and scenes apart."""

    objectives: tuple[str, ...] = OF_FRAMES
    """What encoders are pretrained by, one each: a name, and after commas settings of its own."""
    images: int = 60_000
    """Images that every encoder sees in pretraining, whatever its windows."""
    batch: int = 240
    """Images in a batch: a multiple of 60, so that windows of 2, 3, 4 and 5 frames fill it."""
    learning_rate: float = 2e-3
    """Peak learning rate of pretraining."""
    backbone: str = "small-cnn"
    """Of all encoders."""
    embedding: int = 128
    """Dimensions of the features."""
    checkpoint_every: int = 25
    """Steps of pretraining that are lost at most where it is stopped."""
    probe_seeds: int = 3
    """Of the probes: initial weights, order, and which scenes choose what is chosen."""

    def __post_init__(self) -> None:
        if not self.objectives:
            raise UserError("no objectives: name at least one.")
        check_objectives(self.objectives)
        split_name(self.backbone)
        require_positive(self, "images", "batch", "learning_rate", "embedding", "checkpoint_every", "probe_seeds")
        check_batch(self.batch)

    @property
    def budget(self) -> Budget:
        """Of every encoder."""
        return Budget(self.backbone, self.embedding, self.images, self.batch, self.learning_rate, self.checkpoint_every)


def windows_at(step: int) -> dict[str, ObjectiveWindows]:
    """The windows of every objective in films of such a step."""
    return {name: chosen.at(step) for name, chosen in WINDOWS.items()}
