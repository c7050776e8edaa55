"""Settings of a pretraining run. Imports nothing heavy, so that the command line's help is instant."""

from __future__ import annotations

from dataclasses import dataclass

from activevision.errors import unknown
from activevision.settings import require_not_negative, require_positive

OBJECTIVES = ("equivariance", "slow-features")
BACKBONES = ("small-cnn",)
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class PretrainConfig:
    """Everything that decides the result of a pretraining run, together with the data."""

    objective: str = "equivariance"
    """What is minimised: "equivariance" (egomotion, ICCV 2015) or "slow-features" (time alone)."""
    backbone: str = "small-cnn"
    """The network."""
    embedding: int = 128
    """Dimensions of the features."""
    patterns: int = 24
    """Motion patterns that the egomotions are clustered into; at most as many as there are distinct motions."""
    margin: float = 2.0
    """Distance beyond which the contrastive losses leave negatives alone; √2 is that of unrelated features."""
    label_weight: float = 0.0
    """Weight of the classification loss beside the objective; 0 uses no labels."""
    epochs: int = 20
    """Passes over all windows of the data."""
    batch_size: int = 32
    """Windows in a batch."""
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
            ("backbone", self.backbone, BACKBONES),
            ("device", self.device, DEVICES),
        ):
            if name not in known:
                raise unknown(kind, name, known)
        require_positive(
            self, "embedding", "patterns", "epochs", "batch_size", "checkpoint_every", "margin", "learning_rate"
        )
        require_not_negative(self, "label_weight", "weight_decay", "jitter", "shift", "seed")
