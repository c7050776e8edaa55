"""Egomotion equivariance: a motion of the camera acts on features as a linear map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.motion_patterns import MotionPatterns
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive


@dataclass(frozen=True)
class EquivarianceSettings:
    """margin: distance beyond which negatives are left alone; √2 is that of unrelated features."""

    margin: float = 2.0

    def __post_init__(self) -> None:
        require_positive(self, "margin")


class EgomotionEquivariance(Objective):
    r"""Contrastive egomotion-equivariance loss of Jayaraman & Grauman, *Learning image representations tied to
    ego-motion* (ICCV 2015).

    Egomotions are clustered into G motion patterns; each has a learned map M_g (D × D). For consecutive frames x_i, x_j
    that are related by pattern p, and d_g = ‖M_g z(x_i) − z(x_j)‖₂ / √D,

        L = mean_{pairs} [ d_p² + mean_{g ≠ p} max(0, δ − d_g)² ].

    The map of the pair's own pattern must predict the second frame's features; the other patterns' maps must miss them
    by the margin δ, which rules out features that are constant or that ignore the motion. Both terms are squared as in
    Hadsell, Chopra & LeCun (CVPR 2006). The negatives of a pair are averaged rather than summed and distances are root
    mean squares, so that the balance depends neither on G nor on D. Maps start at the identity.

    encoder: images to (B, D). patterns: how twists are told apart. settings: δ.
    """

    paper = "Jayaraman & Grauman, Learning image representations tied to ego-motion, ICCV 2015"
    Settings = EquivarianceSettings

    centres: torch.Tensor
    scale: torch.Tensor

    def __init__(self, encoder: Encoder, patterns: MotionPatterns, settings: EquivarianceSettings | None = None):
        super().__init__()
        self.encoder = encoder
        self.margin = (settings or EquivarianceSettings()).margin
        self.maps = nn.Parameter(torch.eye(encoder.embedding).repeat(len(patterns), 1, 1))
        self.register_buffer("centres", torch.tensor(patterns.centres, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(patterns.scale, dtype=torch.float32))

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> EgomotionEquivariance:
        motions = dataset.motions
        twists = np.concatenate([motions, -motions])
        patterns = MotionPatterns.fit(twists, config.patterns, np.random.default_rng(config.seed))
        return cls(encoder, patterns, config.own(EquivarianceSettings))

    @property
    def patterns(self) -> MotionPatterns:
        return MotionPatterns(self.centres.double().cpu().numpy(), self.scale.double().cpu().numpy())

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Windows of T frames give T − 1 pairs each, and as many backwards."""
        features = encode_windows(self.encoder, batch.frames)
        before, after = features[:, :-1].flatten(0, 1), features[:, 1:].flatten(0, 1)
        twists = batch.twists.flatten(0, 1)
        # Every pair is also seen backwards: log(T⁻¹) = −log(T).
        before, after = torch.cat([before, after]), torch.cat([after, before])
        pattern = torch.cdist(torch.cat([twists, -twists]) / self.scale, self.centres).argmin(-1)
        loss, metrics = self.contrastive(before, after, pattern)
        return Outcome(loss, metrics, features)

    def contrastive(
        self, before: torch.Tensor, after: torch.Tensor, pattern: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (N, D) before and after motions of patterns (N,)."""
        predicted = (before @ self.maps.flatten(0, 1).T).unflatten(1, self.maps.shape[:2])  # (N, G, D)
        squared = (predicted - after[:, None]).square().mean(-1)
        own = nn.functional.one_hot(pattern, len(self.maps)).bool()
        positive = squared[own].mean()
        distance = (squared[~own] + 1e-12).sqrt()  # the root has no slope at 0
        negative = (self.margin - distance).clamp(min=0).square().sum() / max(distance.numel(), 1)
        retrieved = (squared.argmin(1) == pattern).float().mean()
        metrics = {"positive": positive.detach(), "negative": negative.detach(), "pattern_accuracy": retrieved}
        return positive + negative, metrics
