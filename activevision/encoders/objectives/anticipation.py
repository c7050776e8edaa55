"""Anticipation: features of the future, of which there may be several, from those of the present."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.feature_regression import feature_regression
from activevision.encoders.objectives.moving_average import MovingAverage, momentum_at
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.perceptron import perceptron
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive, require_share


@dataclass(frozen=True)
class AnticipationSettings:
    """mixtures: K, futures that are foreseen. hidden: width of the predictor. momentum: of the target at the start; 1
    freezes it, as the paper's is."""

    mixtures: int = 3
    hidden: int = 512
    momentum: float = 0.99

    def __post_init__(self) -> None:
        require_positive(self, "mixtures", "hidden")
        require_share(self, "momentum")


class Anticipation(Objective):
    r"""Vondrick, Pirsiavash & Torralba, *Anticipating visual representations from unlabeled video* (CVPR 2016).

    From the features of a frame K networks g_k regress the target's features φ of the next frame of the window, and
    only the best of them is corrected, so that each may stand for another future:

        L = mean_t min_k ‖g_k(z(x_t)) − φ(x_{t+1})‖² / D.

    z, φ: (B, D). g: one hidden layer that the K networks share. How far ahead the future is, the windows' step decides.
    The motion is not shown: that futures differ is what the mixtures are for. The paper assigns futures to networks in
    an outer loop (hard EM); here each batch is assigned anew.

    The paper's φ is a fixed network that was trained with labels. There is none here: φ is a moving average of the
    encoder itself, without gradient, each dimension brought to mean 0 and variance 1 over the batch. That scaling is
    what prevents a collapse to a constant, which would leave L at 1; predictors and slow targets keep the encoder from
    meeting its target half-way. Nothing forbids that many dimensions say the same, and some come to: the alarm RankMe
    falls during training, and less so where the momentum is nearer to 1.
    ``momentum=1`` regresses the features of the encoder's fresh weights, which cannot collapse, and which know little.

    "explained" is 1 − L, of which K constants would reach a little as well; "retrieval_accuracy" is the share of
    frames whose own future is nearest to one of their K predictions among all in the batch.
    """

    paper = "Vondrick, Pirsiavash & Torralba, Anticipating visual representations from unlabeled video, CVPR 2016"
    Settings = AnticipationSettings

    def __init__(self, encoder: Encoder, settings: AnticipationSettings | None = None):
        super().__init__()
        settings = settings or AnticipationSettings()
        self.encoder = encoder
        self.momentum = settings.momentum
        self.target = MovingAverage(encoder)
        self.predictor = nn.Sequential(
            perceptron(encoder.embedding, settings.hidden, settings.mixtures * encoder.embedding),
            nn.Unflatten(-1, (settings.mixtures, encoder.embedding)),
        )

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> Anticipation:
        return cls(encoder, config.own(AnticipationSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Windows of T frames give T − 1 pairs each."""
        features = encode_windows(self.encoder, batch.frames)
        futures = self.target(batch.frames[:, 1:].flatten(0, 1))
        predicted = self.predictor(features[:, :-1].flatten(0, 1))
        return Outcome(*feature_regression(predicted, futures), features)

    def after_step(self, done: float) -> None:
        self.target.follow(self.encoder, momentum_at(self.momentum, done))
