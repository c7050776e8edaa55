"""``Objective``: what a pretraining run minimises, and the classification loss that any of them may have beside it."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.errors import UserError, unknown
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import NO_CLASS, Batch


@runtime_checkable
class Objective(Protocol):
    """A torch module that owns an encoder and can say how wrong it is on a batch."""

    encoder: Encoder

    def loss(self, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The scalar to minimise for windows whose ``frames`` are uint8 or float in [0, 1], and detached metrics."""
        ...


class LabelLoss(nn.Module):
    """Softmax cross-entropy of a linear classifier on every frame of the windows, times ``weight``.

    features: (B, T, D). labels: (B,); windows without one do not count. With weight 0 there is no classifier and the
    loss is 0.
    """

    def __init__(self, embedding: int, classes: int, weight: float):
        super().__init__()
        self.weight = weight
        self.classifier = nn.Linear(embedding, classes) if weight > 0 else None

    def forward(self, features: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        if self.classifier is None:
            return features.new_zeros(()), {}
        logits = self.classifier(features.flatten(0, 1))
        labels = labels.repeat_interleave(features.shape[1])
        known = (labels != NO_CLASS).sum().clamp(min=1)
        loss = nn.functional.cross_entropy(logits, labels, ignore_index=NO_CLASS, reduction="sum") / known
        accuracy = (logits.argmax(-1) == labels).sum() / known
        return self.weight * loss, {"classification": loss.detach(), "accuracy": accuracy}


def encode_windows(encoder: Encoder, frames: torch.Tensor) -> torch.Tensor:
    """Features (B, T, D) of frames (B, T, 3, H, W), in one pass, so that batch normalisation sees all views alike."""
    return encoder(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])


def build_objective(config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> nn.Module:
    """The objective of that name, an ``Objective``, fitted to what it needs to know of the data."""
    from activevision.encoders.equivariance import EgomotionEquivariance
    from activevision.encoders.slow_features import SlowFeatures

    objectives: dict[str, Any] = {"equivariance": EgomotionEquivariance, "slow-features": SlowFeatures}
    if config.objective not in objectives:
        raise unknown("objective", config.objective, objectives)
    if config.label_weight > 0 and (dataset.labels == NO_CLASS).all():
        raise UserError(
            f"label_weight {config.label_weight} with rollouts that have no labels: leave it at 0, or collect rollouts "
            "of a catalogue with classes."
        )
    return objectives[config.objective].from_config(config, encoder, dataset)
