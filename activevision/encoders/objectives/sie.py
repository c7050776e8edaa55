"""SIE: one part of the features is to be invariant, the other to follow the motion."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.projector import mlp
from activevision.encoders.objectives.standard_twists import TWIST, StandardTwists
from activevision.encoders.objectives.two_views import pairs, retrieved
from activevision.encoders.objectives.variance_covariance import covariance_penalty, variance_hinge
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_not_negative, require_positive


@dataclass(frozen=True)
class SIESettings:
    """invariance, equivariance, variance, covariance: weights. hidden, projection: widths of both expanders."""

    invariance: float = 10.0
    equivariance: float = 4.5
    variance: float = 10.0
    covariance: float = 1.0
    hidden: int = 256
    projection: int = 128

    def __post_init__(self) -> None:
        require_not_negative(self, "invariance", "equivariance", "variance", "covariance")
        require_positive(self, "hidden", "projection")


class HyperPredictor(nn.Module):
    """Predicts an embedding after a motion by a linear map whose weights a linear map makes of the motion.

    W(a) = W₀ + Σ_i a_i W_i, with W₀ the identity at the start. SIE's motions are quaternions, which are not 0 for no
    motion; twists are, hence W₀.
    """

    def __init__(self, size: int):
        super().__init__()
        self.weights = nn.Linear(TWIST, size * size)
        nn.init.normal_(self.weights.weight, std=0.1 * size**-0.5)
        with torch.no_grad():
            self.weights.bias.copy_(torch.eye(size).flatten())

    def forward(self, embeddings: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Predictions (N, K) of embeddings (N, K) and actions (N, 6)."""
        size = embeddings.shape[-1]
        return torch.einsum("nij,nj->ni", self.weights(actions).unflatten(-1, (size, size)), embeddings)


class SIE(Objective):
    r"""Garrido, Najman & LeCun, *Self-supervised learning of split invariant equivariant representations* (ICML 2023).

    The first half of the features z and the second have expanders of their own, with embeddings x^i and x^e of the
    first view of B windows, y^i and y^e of the second, x = [x^i, x^e], and ŷ^e = W(a) x^e, a linear map that a
    hypernetwork makes of the motion a. With v and c of ``VICReg``,

        L = λ_i mean (x^i − y^i)² + λ_e mean (ŷ^e − y^e)²
            + λ_v [v(x) + v(y) + v(ŷ^e)] / 2 + λ_c [c(x) + c(y)].

    v and c are taken over both parts together, so that neither repeats the other; v(ŷ^e) keeps the predictor from
    collapse. Weights are those of the authors' command. Views are neighbouring frames of a window with the standardised
    egomotion between them, see ``EquiMod``; every pair also counts backwards, with −a, and pairs are averaged.
    Expanders are narrower than the paper's and have two hidden layers with batch normalisation.

    settings: λ_i, λ_e, λ_v, λ_c and the widths. Metric ``error``: mean (ŷ^e − y^e)² over mean (x^e − y^e)²; 1 is
    reached by a predictor that does nothing.
    """

    paper = (
        "Garrido, Najman & LeCun, Self-supervised learning of split invariant equivariant representations, ICML 2023"
    )
    Settings = SIESettings

    def __init__(self, encoder: Encoder, actions: StandardTwists, settings: SIESettings | None = None):
        super().__init__()
        self.settings = settings or SIESettings()
        self.encoder, self.actions = encoder, actions
        self.split = encoder.embedding // 2
        hidden, size = self.settings.hidden, self.settings.projection
        self.invariant = mlp(self.split, hidden, hidden, size)
        self.equivariant = mlp(encoder.embedding - self.split, hidden, hidden, size)
        self.predictor = HyperPredictor(size)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> SIE:
        if encoder.embedding < 2:
            raise UserError("objective 'sie' splits the features: give an embedding of at least 2 dimensions.")
        return cls(encoder, StandardTwists.fit(dataset.motions), config.own(SIESettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        features = encode_windows(self.encoder, batch.frames)
        flat, shape = features.flatten(0, 1), features.shape[:2]
        x_i, y_i = pairs(self.invariant(flat[:, : self.split]).unflatten(0, shape))
        x_e, y_e = pairs(self.equivariant(flat[:, self.split :]).unflatten(0, shape))
        action = self.actions(batch.twists).transpose(0, 1)
        # (2, T − 1, B, K): forwards and backwards
        source, target = torch.stack([x_e, y_e]), torch.stack([y_e, x_e])
        both = torch.stack([action, -action])
        predicted = self.predictor(source.flatten(0, 2), both.flatten(0, 2)).unflatten(0, source.shape[:3])
        x, y = torch.cat([x_i, x_e], -1), torch.cat([y_i, y_e], -1)
        invariance = (x_i - y_i).square().mean()
        equivariance = (predicted - target).square().mean()
        variance = (variance_hinge(x) + variance_hinge(y) + variance_hinge(predicted)) / 2
        covariance = covariance_penalty(x) + covariance_penalty(y)
        weights = self.settings
        loss = (
            weights.invariance * invariance
            + weights.equivariance * equivariance
            + weights.variance * variance
            + weights.covariance * covariance
        )
        metrics = {
            "invariance": invariance.detach(),
            "equivariance": equivariance.detach(),
            "variance": variance.detach(),
            "covariance": covariance.detach(),
            "error": equivariance.detach() / (x_e - y_e).detach().square().mean().clamp(min=1e-12),
            "retrieved": retrieved(predicted, target, batch.scenes),
        }
        return Outcome(loss, metrics, features)
