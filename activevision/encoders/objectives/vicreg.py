"""VICReg: two views of one thing agree, while every dimension keeps its variance and none repeats another."""

from __future__ import annotations

from dataclasses import dataclass

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.projector import mlp
from activevision.encoders.objectives.two_views import pairs, retrieved
from activevision.encoders.objectives.variance_covariance import covariance_penalty, variance_hinge
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_not_negative, require_positive


@dataclass(frozen=True)
class VICRegSettings:
    """invariance, variance, covariance: weights λ, μ, ν. hidden, projection: widths of the expander."""

    invariance: float = 25.0
    variance: float = 25.0
    covariance: float = 1.0
    hidden: int = 512
    projection: int = 256

    def __post_init__(self) -> None:
        require_not_negative(self, "invariance", "variance", "covariance")
        require_positive(self, "hidden", "projection")


class VICReg(Objective):
    r"""Bardes, Ponce & LeCun, *VICReg: variance-invariance-covariance regularization for self-supervised learning*
    (ICLR 2022).

    With embeddings x and y (B × K) of the two views of B windows,

        L = λ mean (x − y)² + μ [v(x) + v(y)] / 2 + ν [c(x) + c(y)],
        v(x) = mean_k max(0, 1 − σ_k(x)),    c(x) = Σ_{k ≠ l} cov_kl(x)² / K,

    where σ_k is the standard deviation over the batch and cov the covariance matrix. The mean over dimensions in the
    first term and the half before the second are those of the authors' code, for which the weights were chosen; the
    paper's formulas lack them. The two views are neighbouring frames of a window, see ``SimCLR``; the T − 1 pairs of a
    window of T frames are averaged. The expander is narrower than the paper's 8192, and its batches are smaller: the
    covariances of few windows are noisy, so take batches as large as memory allows.

    settings: λ, μ, ν and the widths of the expander, which has two hidden layers with batch normalisation.
    """

    paper = (
        "Bardes, Ponce & LeCun, VICReg: variance-invariance-covariance regularization for self-supervised "
        "learning, ICLR 2022"
    )
    Settings = VICRegSettings

    def __init__(self, encoder: Encoder, settings: VICRegSettings | None = None):
        super().__init__()
        self.settings = settings or VICRegSettings()
        self.encoder = encoder
        self.expander = mlp(encoder.embedding, self.settings.hidden, self.settings.hidden, self.settings.projection)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> VICReg:
        return cls(encoder, config.own(VICRegSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        features = encode_windows(self.encoder, batch.frames)
        x, y = pairs(self.expander(features.flatten(0, 1)).unflatten(0, features.shape[:2]))
        invariance = (x - y).square().mean()
        variance = (variance_hinge(x) + variance_hinge(y)) / 2
        covariance = covariance_penalty(x) + covariance_penalty(y)
        weights = self.settings
        loss = weights.invariance * invariance + weights.variance * variance + weights.covariance * covariance
        metrics = {
            "invariance": invariance.detach(),
            "variance": variance.detach(),
            "covariance": covariance.detach(),
            "retrieved": retrieved(x, y, batch.scenes),
        }
        return Outcome(loss, metrics, features)
