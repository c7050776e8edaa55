"""Arrow of time: does the window run forwards or backwards?"""

from __future__ import annotations

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.perceptron import perceptron
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch


class ArrowOfTime(Objective):
    r"""Wei, Lim, Zisserman & Freeman, *Learning and using the arrow of time* (CVPR 2018).

    With a score s of the concatenated features of a window's T frames, and σ the logistic function,

        L = −½ log σ(s(z(1), …, z(T))) − ½ log σ(−s(z(T), …, z(1))),  averaged over windows.

    The frames are encoded once and scored in both orders. The paper feeds a network of its own with stacks of optical
    flow and fuses the groups late; here every frame goes through the encoder that is to be trained, and a small network
    fuses the features, as late as can be. The twists are not used.

    What a static world allows: a camera that is as likely to make each motion as its reverse shows windows that are as
    likely in both orders, and then nothing can be better than L = log 2 and an ``arrow_accuracy`` of ½. An arrow comes
    from what happens one way only: things that fall or speed up, light that fades, or habits of whoever moves the
    camera (who walks forwards, and brakes in other ways than starting), which is then what is learned.
    """

    paper = "Wei, Lim, Zisserman & Freeman, Learning and using the arrow of time, CVPR 2018"
    length = 3

    def __init__(self, encoder: Encoder, views: int):
        super().__init__()
        self.encoder = encoder
        self.score = perceptron(views * encoder.embedding, encoder.embedding, 1)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> ArrowOfTime:
        return cls(encoder, dataset.length)

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        features = encode_windows(self.encoder, batch.frames)
        return Outcome(*self.direction(features), features)

    def direction(self, features: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (B, T, D) of windows that run forwards."""
        forwards, backwards = (self.score(z.flatten(1)) for z in (features, features.flip(1)))
        loss = (nn.functional.softplus(-forwards).mean() + nn.functional.softplus(backwards).mean()) / 2
        accuracy = ((forwards > 0).float().mean() + (backwards <= 0).float().mean()) / 2
        return loss, {"arrow_accuracy": accuracy}
