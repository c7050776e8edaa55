"""BYOL: one view predicts what a slowly moving average of the network says of the other."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.moving_average import MovingAverage, momentum_at
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.projector import mlp
from activevision.encoders.objectives.two_views import pairs, retrieved
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive, require_share


@dataclass(frozen=True)
class BYOLSettings:
    """momentum: of the target at the start. hidden, projection: widths of the projector and of the predictor."""

    momentum: float = 0.99
    hidden: int = 512
    projection: int = 128

    def __post_init__(self) -> None:
        require_positive(self, "hidden", "projection")
        require_share(self, "momentum")


class BYOL(Objective):
    r"""Grill et al., *Bootstrap your own latent: a new approach to self-supervised learning* (NeurIPS 2020).

    With the online network z = g(f(x)), its predictor q, and the target z′ = g′(f′(x)), whose weights are a moving
    average of those of f and g, the loss of a pair of views x, y is

        L = 2 − cos(q(z_x), z′_y) − cos(q(z_y), z′_x),

    without gradient to the targets. After each step w′ ← m w′ + (1 − m) w with m = 1 − (1 − m₀)(cos(π d) + 1) / 2, when
    the part d of the training is done. m₀ is lower than the paper's 0.996, which is meant for 100,000 steps and more.
    The two views are neighbouring frames of a window, see ``SimCLR``; all pairs are averaged.

    settings: m₀ and the widths of g and q, which have one hidden layer with batch normalisation each. Layer
    normalisation in its place, which needs no batch, let features collapse in short runs.
    """

    paper = "Grill et al., Bootstrap your own latent: a new approach to self-supervised learning, NeurIPS 2020"
    Settings = BYOLSettings

    def __init__(self, encoder: Encoder, settings: BYOLSettings | None = None):
        super().__init__()
        settings = settings or BYOLSettings()
        self.encoder = encoder
        self.momentum = settings.momentum
        self.projector = mlp(encoder.embedding, settings.hidden, settings.projection)
        self.predictor = mlp(settings.projection, settings.hidden, settings.projection)
        self.target_encoder, self.target_projector = MovingAverage(encoder), MovingAverage(self.projector)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> BYOL:
        return cls(encoder, config.own(BYOLSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        frames = batch.frames.flatten(0, 1)
        features = encode_windows(self.encoder, batch.frames)
        predicted = self.predictor(self.projector(features.flatten(0, 1))).unflatten(0, features.shape[:2])
        targets = self.target_projector(self.target_encoder(frames)).unflatten(0, features.shape[:2])
        (first, second), (first_target, second_target) = pairs(predicted), pairs(targets)
        # Every pair is predicted both ways.
        predicted, targets = torch.stack([first, second]), torch.stack([second_target, first_target])
        similarity = nn.functional.cosine_similarity(predicted.float(), targets.float(), dim=-1).mean()
        metrics = {"similarity": similarity.detach(), "retrieved": retrieved(predicted, targets, batch.scenes)}
        return Outcome(2 - 2 * similarity, metrics, features)

    def after_step(self, done: float) -> None:
        momentum = momentum_at(self.momentum, done)
        self.target_encoder.follow(self.encoder, momentum)
        self.target_projector.follow(self.projector, momentum)
