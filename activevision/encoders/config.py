"""Settings of a pretraining run. Imports nothing heavy, so that the command line's help is instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from activevision.encoders.backbone_names import split_name
from activevision.encoders.objectives import OBJECTIVES
from activevision.errors import UserError, unknown
from activevision.settings import parsed, require_not_negative, require_positive

DEVICES = ("auto", "cpu", "cuda")

Own = TypeVar("Own")


@dataclass(frozen=True)
class PretrainConfig:
    """Everything that decides the result of a pretraining run, together with the data."""

    objective: str = "equivariance"
    """What is minimised, by the name of its file in activevision/encoders/objectives: equivariance (egomotion, ICCV
    2015), slow_features (time alone), and others."""
    settings: tuple[str, ...] = ()
    """Of the objective's own settings those that are not to be as usual: name=value name=value …"""
    backbone: str = "small-cnn"
    """The network: small-cnn; resnet18, small-vit or dinov2 of the package transformers, with :FOLDER for weights from
    there; or timm:NAME."""
    embedding: int = 128
    """Dimensions of the features."""
    patterns: int = 24
    """Motion patterns that the egomotions are clustered into; at most as many as there are distinct motions."""
    label_weight: float = 0.0
    """Weight of a classification loss beside the objective; 0 lets no label reach the encoder."""
    epochs: float = 20
    """Passes over all windows of the data; the last one may be a part of one."""
    batch_size: int = 32
    """Windows in a batch, over all processes."""
    accumulate: int = 1
    """Parts that a batch is cut into, one after the other, where it is too large for memory; losses that compare the
    windows of a batch then see those of a part."""
    learning_rate: float = 2e-3
    """Peak learning rate of AdamW, after a linear warm-up over the first twentieth and before a cosine decay to 0."""
    weight_decay: float = 1e-2
    """Decoupled weight decay of convolutions and linear layers."""
    jitter: float = 0.2
    """Largest relative change of each colour channel's gain, and half of the largest change of brightness."""
    shift: int = 3
    """Largest shift of a window's frames, in pixels."""
    checkpoint_every: int = 200
    """Steps between two checkpoints."""
    seed: int = 0
    """Decides weights, order and augmentation."""
    device: str = "auto"
    """"auto" is the GPU where there is one."""

    def __post_init__(self) -> None:
        for kind, name, known in (
            ("objective", self.objective, OBJECTIVES),
            ("device", self.device, DEVICES),
        ):
            if name not in known:
                raise unknown(kind, name, known)
        split_name(self.backbone)
        require_positive(
            self, "embedding", "patterns", "epochs", "batch_size", "accumulate", "checkpoint_every", "learning_rate"
        )
        if self.accumulate > self.batch_size:
            raise UserError(f"accumulate={self.accumulate}: a batch of {self.batch_size} windows has no more parts.")
        require_not_negative(self, "label_weight", "weight_decay", "jitter", "shift", "seed")

    def own(self, kind: type[Own]) -> Own:
        """The objective's own settings, an instance of the dataclass ``kind``. UserError for one that it lacks."""
        return parsed(kind, self.settings, f"setting of objective {self.objective!r}")
