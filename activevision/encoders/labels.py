"""What labels, where there are some, add to any objective: a classification loss, or a probe that only watches."""

from __future__ import annotations

import torch
from torch import nn

from activevision.rollouts.frames import NO_CLASS


class LabelLoss(nn.Module):
    """Softmax cross-entropy of a linear classifier on features, times ``weight``.

    With weight 0 it only watches: the classifier learns, but no gradient reaches the features, so that its accuracy
    tells during pretraining how much a linear probe would find. Features of windows without a label count for nothing.
    """

    def __init__(self, embedding: int, classes: int, weight: float):
        super().__init__()
        self.weight = weight
        self.classifier = nn.Linear(embedding, classes)

    def forward(self, features: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (B, S, D) with labels (B,), and detached metrics."""
        flat = features.flatten(0, 1)
        logits = self.classifier(flat if self.weight > 0 else flat.detach())
        labels = labels.repeat_interleave(features.shape[1])
        known = labels != NO_CLASS
        loss = nn.functional.cross_entropy(logits, labels, ignore_index=NO_CLASS, reduction="sum")
        loss = loss / known.sum().clamp(min=1)
        right = ((logits.argmax(-1) == labels) & known).sum() / known.sum().clamp(min=1)
        return (self.weight or 1.0) * loss, {"classification": loss.detach(), "accuracy": right}
