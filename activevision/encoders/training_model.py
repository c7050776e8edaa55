"""``TrainingModel``: an objective and what labels add to it, as one module that a step runs."""

from __future__ import annotations

from torch import nn

from activevision.encoders.backbones import build_backbone
from activevision.encoders.config import PretrainConfig
from activevision.encoders.labels import LabelLoss
from activevision.encoders.objectives import objective_class
from activevision.encoders.objectives.objective import Objective, Outcome
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import NO_CLASS, Batch


class TrainingModel(nn.Module):
    """objective: what is minimised. labels: a classifier beside it, where some windows have labels."""

    def __init__(self, objective: Objective, labels: LabelLoss | None):
        super().__init__()
        self.objective = objective
        self.labels = labels

    @classmethod
    def build(cls, config: PretrainConfig, dataset: WindowDataset) -> TrainingModel:
        """With fresh weights from torch's global generator.

        UserError where the data lacks what the objective needs, or labels that are asked for.
        """
        kind = objective_class(config.objective)
        missing = [name for name in kind.needed(config) if name not in dataset.fields]
        if missing:
            raise UserError(
                f"objective {config.objective!r} needs {', '.join(missing)} beside the frames: load rollouts that have "
                f"it with fields={kind.needed(config)}."
            )
        if dataset.length < kind.length:
            raise UserError(
                f"objective {config.objective!r} needs windows of {kind.length} frames, these have {dataset.length}: "
                "collect longer episodes."
            )
        if kind.contrasts and len(set(dataset.scenes.tolist())) < 2:
            raise UserError(
                f"objective {config.objective!r} compares scenes with each other, and these rollouts are all of "
                f"{str(dataset.scenes[0])!r}: add rollouts of other scenes, or choose an objective without negatives."
            )
        unlabelled = bool((dataset.labels == NO_CLASS).all())
        if config.label_weight > 0 and unlabelled:
            raise UserError(
                f"label_weight {config.label_weight} with rollouts that have no labels: leave it at 0, or collect "
                "rollouts of a catalogue with classes."
            )
        encoder = build_backbone(config.backbone, config.embedding)
        objective = kind.from_config(config, encoder, dataset)
        labels = None if unlabelled else LabelLoss(encoder.embedding, len(dataset.classes), config.label_weight)
        return cls(objective, labels)

    @property
    def learns(self) -> bool:
        """Whether training would change its encoder."""
        return self.objective.learns or (self.labels is not None and self.labels.weight > 0)

    def forward(self, batch: Batch) -> Outcome:
        """What the objective and the labels say. The features are detached: processes that train together wait for the
        gradient of every weight that what is returned depends on, and not all of those are in the loss."""
        loss, metrics, features = self.objective.loss(batch)
        if self.labels is not None:
            label_loss, label_metrics = self.labels(features, batch.labels)
            loss, metrics = loss + label_loss, {**metrics, **label_metrics}
        return Outcome(loss, metrics, features.detach())
