"""EquiMod: invariance beside the prediction of what a motion does to an embedding."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.projector import mlp
from activevision.encoders.objectives.standard_twists import TWIST, StandardTwists
from activevision.encoders.objectives.two_views import nt_xent, pairs, retrieved
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_not_negative, require_positive


@dataclass(frozen=True)
class EquiModSettings:
    """temperature: of both softmaxes. weight: λ of the equivariance loss. hidden, projection: widths of all heads."""

    temperature: float = 0.1
    weight: float = 1.0
    hidden: int = 512
    projection: int = 128

    def __post_init__(self) -> None:
        require_positive(self, "temperature", "hidden", "projection")
        require_not_negative(self, "weight")


class EquiMod(Objective):
    r"""Devillers & Lefort, *EquiMod: an equivariance module to improve visual instance discrimination* (ICLR 2023), on
    SimCLR.

    Features z have two embeddings: g(z), on which the NT-Xent loss of ``SimCLR`` asks for invariance, and y = h(z), for
    which a predictor u says what a motion a makes of it. With the NT-Xent loss ℓ(p, q) of things whose two views are p
    and q,

        L = ℓ(g(z_t), g(z_{t+1})) + λ ℓ(y_{t+1}, u(y_t, a)),

    averaged over the pairs of a window: the prediction must be nearer to the embedding that came than to embeddings and
    predictions of other windows. In the paper a is the augmentation between an image and its augmented copies; here it
    is the egomotion, standardised, between neighbouring frames. Every pair also counts backwards, with −a, since
    log(T⁻¹) = −log(T). g, h and u have one hidden layer with batch normalisation.

    settings: temperature, λ and widths. Metric ``gain``: by how much the prediction is nearer to y_{t+1} than y_t is,
    in cosine.
    """

    paper = "Devillers & Lefort, EquiMod: an equivariance module to improve visual instance discrimination, ICLR 2023"
    Settings = EquiModSettings
    contrasts = True

    def __init__(self, encoder: Encoder, actions: StandardTwists, settings: EquiModSettings | None = None):
        super().__init__()
        settings = settings or EquiModSettings()
        self.encoder, self.actions = encoder, actions
        self.temperature, self.weight = settings.temperature, settings.weight
        hidden, size = settings.hidden, settings.projection
        self.invariant = mlp(encoder.embedding, hidden, size)
        self.equivariant = mlp(encoder.embedding, hidden, size)
        self.predictor = mlp(size + TWIST, hidden, size)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> EquiMod:
        return cls(encoder, StandardTwists.fit(dataset.motions), config.own(EquiModSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        features = encode_windows(self.encoder, batch.frames)
        flat, shape, scene = features.flatten(0, 1), features.shape[:2], batch.scenes
        invariance = nt_xent(*pairs(self.invariant(flat).unflatten(0, shape)), self.temperature, scene)
        before, after = pairs(self.equivariant(flat).unflatten(0, shape))
        action = self.actions(batch.twists).transpose(0, 1)
        # (2, T − 1, B, K): forwards and backwards
        source, target = torch.stack([before, after]), torch.stack([after, before])
        known = torch.cat([source, torch.stack([action, -action])], -1)
        predicted = self.predictor(known.flatten(0, 2)).unflatten(0, known.shape[:3])
        equivariance = nt_xent(target, predicted, self.temperature, scene)
        with torch.no_grad():
            near = nn.functional.cosine_similarity(target, predicted, dim=-1)
            gain = (near - nn.functional.cosine_similarity(target, source, dim=-1)).mean()
        metrics = {
            "invariance": invariance.detach(),
            "equivariance": equivariance.detach(),
            "gain": gain,
            "retrieved": retrieved(predicted, target, scene),
        }
        return Outcome(invariance + self.weight * equivariance, metrics, features)
