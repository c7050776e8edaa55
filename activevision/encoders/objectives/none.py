"""No pretraining: the weights that there are, or labels alone."""

from __future__ import annotations

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch


class NoPretraining(Objective):
    """The baseline beside which every other objective has to show something: nothing is minimised, L = 0.

    A run takes no step and saves the encoder with the random weights of its seed, or with those that its backbone was
    given. With ``label_weight`` above 0 the
    labels are all there is to learn from, which is supervised training on single views.
    """

    paper = "none: random weights, or supervised training where labels have a weight"
    learns = False

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> NoPretraining:
        return cls(encoder)

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        features = encode_windows(self.encoder, batch.frames)
        return Outcome(features.new_zeros(()), {}, features)
