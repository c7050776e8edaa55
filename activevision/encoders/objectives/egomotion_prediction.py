"""Egomotion prediction: what two views show must tell how the camera moved between them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.motion_bins import MotionBins
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.perceptron import perceptron
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive


@dataclass(frozen=True)
class EgomotionPredictionSettings:
    """bins: classes along each axis of the motion, at most. hidden: width of the classifier's hidden layer."""

    bins: int = 20
    hidden: int = 256

    def __post_init__(self) -> None:
        require_positive(self, "hidden")
        if self.bins < 2:
            raise UserError(f"bins={self.bins}: with fewer than 2 along an axis there is nothing to tell apart.")


class EgomotionPrediction(Objective):
    r"""Classification of the camera's motion, Agrawal, Carreira & Malik, *Learning to see by moving* (ICCV 2015).

    One encoder sees both of two consecutive frames (a siamese network); a top network h looks at both features and
    says, for each axis a of the twist ``[v, ω]``, in which of its bins the motion lies:

        L = mean_{pairs} mean_a CE( h_a([z(x_t), z(x_{t+1})]), b_a(twist_t) ).

    z: (B, D). h: one hidden layer, ReLU, and a softmax for every axis. b_a: up to ``bins`` classes.

    Differences from the paper: it bins the three axes along which its cars move (20 equally wide bins each); here
    every axis along which the data moves has bins, which hold equally many motions, so that chance is 1 / bins however
    the motions are spread, and an axis with few distinct motions has a class for each. Axes are those of the twist in
    the first camera's frame. The paper's top network is convolutional; features here have no map left.
    """

    paper = "Agrawal, Carreira & Malik, Learning to see by moving, ICCV 2015"
    Settings = EgomotionPredictionSettings

    def __init__(self, encoder: Encoder, bins: MotionBins, settings: EgomotionPredictionSettings | None = None):
        super().__init__()
        hidden = (settings or EgomotionPredictionSettings()).hidden
        self.encoder = encoder
        self.bins = bins
        self.top = perceptron(2 * encoder.embedding, hidden, sum(bins.counts))

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> EgomotionPrediction:
        settings = config.own(EgomotionPredictionSettings)
        bins = MotionBins(torch.from_numpy(dataset.motions), settings.bins)
        if not bins.counts:
            raise UserError(
                "objective 'egomotion_prediction' with rollouts in which every motion is the same: collect some in "
                "which the camera moves in several ways."
            )
        return cls(encoder, bins, settings)

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Windows of T frames give T − 1 pairs each."""
        features = encode_windows(self.encoder, batch.frames)
        pairs = torch.cat([features[:, :-1], features[:, 1:]], dim=-1).flatten(0, 1)
        return Outcome(*self.classification(pairs, batch.twists.flatten(0, 1)), features)

    def classification(self, pairs: torch.Tensor, twists: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features of two frames, side by side (N, 2 D), with the twists (N, 6) between them."""
        truth = self.bins(twists)
        scores = self.top(pairs).split(self.bins.counts, dim=-1)
        losses = [nn.functional.cross_entropy(score, truth[:, a]) for a, score in enumerate(scores)]
        right = [(score.argmax(-1) == truth[:, a]).float().mean() for a, score in enumerate(scores)]
        return torch.stack(losses).mean(), {"egomotion_accuracy": torch.stack(right).mean()}
