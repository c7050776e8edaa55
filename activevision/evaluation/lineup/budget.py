"""``Budget``: what an encoder is pretrained with, whatever its objective. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from activevision.encoders.config import PretrainConfig
from activevision.errors import UserError
from activevision.evaluation.lineup.ablations import split_settings

_WHOLE = (2, 3, 4, 5)  # frames of windows, that a batch of images is to divide by


@dataclass(frozen=True)
class Budget:
    """images: that an encoder sees in pretraining. batch: images in a batch, see ``check_batch``."""

    backbone: str
    embedding: int
    images: int
    batch: int
    learning_rate: float
    checkpoint_every: int = PretrainConfig.checkpoint_every

    def pretraining(self, objective: str, seed: int, windows: int, length: int) -> PretrainConfig:
        """Of an encoder, on so many windows of so many frames: all see the same number of images in equal batches."""
        name, settings = split_settings(objective)
        return PretrainConfig(
            objective=name,
            settings=settings,
            backbone=self.backbone,
            embedding=self.embedding,
            epochs=self.images / (windows * length),
            batch_size=self.batch // length,
            learning_rate=self.learning_rate,
            checkpoint_every=self.checkpoint_every,
            seed=seed,
        )


def check_batch(images: int) -> None:
    """UserError for a batch of so many images that windows do not fill."""
    if any(images % frames for frames in _WHOLE):
        raise UserError(f"batch={images}: give a multiple of 60, which windows of 2, 3, 4 and 5 frames fill.")
