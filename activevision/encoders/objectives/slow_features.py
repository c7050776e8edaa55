"""Slow features: what is close in time should be close in features, whatever the motion."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.temporal_contrast import contrast
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive


@dataclass(frozen=True)
class SlowFeaturesSettings:
    """margin: distance beyond which negatives are left alone; √2 is that of unrelated features."""

    margin: float = 2.0

    def __post_init__(self) -> None:
        require_positive(self, "margin")


class SlowFeatures(Objective):
    r"""Temporal coherence as a contrastive loss: Hadsell, Chopra & LeCun (*Dimensionality reduction by learning an
    invariant mapping*, CVPR 2006) on time as in Mobahi, Collobert & Weston (*Deep learning from temporal coherence in
    video*, ICML 2009). It is the time-only baseline of Jayaraman & Grauman (ICCV 2015): it does not see the egomotion.

    For features z_a(t) of window a, with root mean square distances ‖·‖ over the D dimensions,

        L = mean_{a, t} ‖z_a(t) − z_a(t+1)‖² + mean_{a ≁ b, t} max(0, δ − ‖z_a(t) − z_b(t+1)‖)².

    Negatives are all pairs of frames from windows a, b of different scenes. settings: δ.

    Slow feature analysis (Wiskott & Sejnowski, 2002) keeps features from collapsing by asking that they have unit
    variance and are not correlated, and Goroshin et al. (*Unsupervised learning of spatiotemporally coherent metrics*,
    ICCV 2015) by asking that frames can be made from them again. Here negatives do, as in the baseline that egomotion
    equivariance was published against, so that the two differ in the motion alone.
    """

    paper = "Mobahi, Collobert & Weston, Deep learning from temporal coherence in video, ICML 2009"
    Settings = SlowFeaturesSettings
    contrasts = True

    def __init__(self, encoder: Encoder, settings: SlowFeaturesSettings | None = None):
        super().__init__()
        self.encoder = encoder
        self.margin = (settings or SlowFeaturesSettings()).margin

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> SlowFeatures:
        return cls(encoder, config.own(SlowFeaturesSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        features = encode_windows(self.encoder, batch.frames)
        return Outcome(*self.contrastive(features, batch.scenes), features)

    def contrastive(self, features: torch.Tensor, scene: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (B, T, D) of windows of scenes (B,)."""
        before, after = features[:, :-1].transpose(0, 1), features[:, 1:].transpose(0, 1)  # (T − 1, B, D)
        positive, negative, _ = contrast(before, after, self.margin, scene)
        return positive + negative, {"positive": positive.detach(), "negative": negative.detach()}
