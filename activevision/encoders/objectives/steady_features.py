"""Steady features: what changes should go on changing in the same way, whatever the motion."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.temporal_contrast import contrast
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_not_negative, require_positive


@dataclass(frozen=True)
class SteadyFeaturesSettings:
    """margin: distance beyond which negatives are left alone; √2 is that of unrelated features.

    slowness, steadiness: weights of the first and of the second order of coherence.
    """

    margin: float = 2.0
    slowness: float = 1.0
    steadiness: float = 1.0

    def __post_init__(self) -> None:
        require_positive(self, "margin", "steadiness")
        require_not_negative(self, "slowness")


class SteadyFeatures(Objective):
    r"""Higher order temporal coherence: Jayaraman & Grauman, *Slow and steady feature analysis: higher order temporal
    coherence in video* (CVPR 2016).

    For features z_a(t) of window a, with root mean square distances ‖·‖ over the D dimensions, and
    C(e, f) = mean_a ‖e_a − f_a‖² + mean_{a ≁ b} max(0, δ − ‖e_a − f_b‖)²,

        L = λ₁ mean_t C(z(t), z(t+1)) + λ₂ mean_t C(2 z(t+1) − z(t), z(t+2)).

    The first term asks for slow features. In the second, ‖2 z(t+1) − z(t) − z(t+2)‖ is the second difference
    ‖(z(t+1) − z(t)) − (z(t+2) − z(t+1))‖ of the paper: small for three frames in a row, at least δ where the third is
    of another window. Frames of a window must be evenly spaced in time for that to be acceleration. The paper adds
    both to a classification loss on labelled images, as ``label_weight`` does here; its negatives are drawn one for
    each positive, here they are all windows of the batch that show
    another scene (a ≁ b).

    settings: δ, λ₁, λ₂. The metric ``steady_retrieval`` is the share of windows whose own third frame is nearest to
    what the first two let expect.
    """

    paper = "Jayaraman & Grauman, Slow and steady feature analysis: higher order temporal coherence in video, CVPR 2016"
    Settings = SteadyFeaturesSettings
    length = 3
    contrasts = True

    def __init__(self, encoder: Encoder, settings: SteadyFeaturesSettings | None = None):
        super().__init__()
        self.encoder = encoder
        self.settings = settings or SteadyFeaturesSettings()

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> SteadyFeatures:
        return cls(encoder, config.own(SteadyFeaturesSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        features = encode_windows(self.encoder, batch.frames)
        return Outcome(*self.contrastive(features, batch.scenes), features)

    def contrastive(self, features: torch.Tensor, scene: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (B, T, D) of windows of scenes (B,)."""
        z = features.transpose(0, 1)  # (T, B, D)
        slow = contrast(z[:-1], z[1:], self.settings.margin, scene)
        steady = contrast(2 * z[1:-1] - z[:-2], z[2:], self.settings.margin, scene)
        loss = self.settings.slowness * (slow.positive + slow.negative)
        loss = loss + self.settings.steadiness * (steady.positive + steady.negative)
        metrics = {
            "slow_positive": slow.positive.detach(),
            "slow_negative": slow.negative.detach(),
            "steady_positive": steady.positive.detach(),
            "steady_negative": steady.negative.detach(),
            "steady_retrieval": steady.retrieved,
        }
        return loss, metrics
