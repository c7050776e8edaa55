"""Action-conditional prediction: the next frame's pixels, given this one and how the camera moves."""

from __future__ import annotations

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.frame_decoder import FrameDecoder, explained
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.pixels import as_shares
from activevision.encoders.objectives.twist_scale import twist_scale
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch


class ActionConditionalPrediction(Objective):
    r"""Oh, Guo, Lee, Lewis & Singh, *Action-conditional video prediction using deep networks in Atari games* (NIPS
    2015), their feed-forward encoding.

    For features z(t) of a frame x(t), the twist a(t) to the next frame, and ⊙ the product of components,

        h = W_dec [ (W_enc z(t)) ⊙ (W_act a(t) + 1) ] + b,    x̂ = decode(h),    L = ½ mean (x̂ − x(t+1))²,

    over pixels, colours, and all neighbouring frames. The action gates every factor of the transformation instead of
    adding to it, so that the same factor can turn the image either way. Actions are one of a few buttons there and
    rigid motions here: twists in units of their root mean square in the data, and with the 1 a camera at rest leaves
    every factor as it is. The paper's networks see four frames; they then learn from predictions several steps ahead
    made of their own predictions, which is left out. The augmentation gives each frame colours of its own, which no
    motion tells: that much of the loss remains.

    scale: (6,) by which twists are divided. height, width: of the frames. The metric ``explained`` is the share of the
    next frames' variance over the batch that the prediction explains, ``explained_by_repeating`` that of predicting
    that nothing changes.
    """

    paper = (
        "Oh, Guo, Lee, Lewis & Singh, Action-conditional video prediction using deep networks in Atari games, NIPS 2015"
    )

    scale: torch.Tensor

    def __init__(self, encoder: Encoder, scale: torch.Tensor, height: int, width: int):
        super().__init__()
        self.encoder = encoder
        size = encoder.embedding
        self.factors = nn.Linear(size, 2 * size, bias=False)
        self.gates = nn.Linear(6, 2 * size, bias=False)
        self.mix = nn.Linear(2 * size, size)
        self.decoder = FrameDecoder(size, height, width)
        self.register_buffer("scale", scale)

    @classmethod
    def from_config(
        cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset
    ) -> ActionConditionalPrediction:
        height, width = dataset.store.views["rgb"].shape[1:3]
        return cls(encoder, twist_scale(dataset), height, width)

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        frames = as_shares(batch.frames)
        features = encode_windows(self.encoder, batch.frames)
        before, after = frames[:, :-1].flatten(0, 1), frames[:, 1:].flatten(0, 1)
        predicted = self.predict(features[:, :-1].flatten(0, 1), batch.twists.flatten(0, 1))
        metrics = {"explained": explained(predicted, after), "explained_by_repeating": explained(before, after)}
        return Outcome((predicted - after).square().mean() / 2, metrics, features)

    def predict(self, features: torch.Tensor, twists: torch.Tensor) -> torch.Tensor:
        """The frames (N, 3, H, W) after twists (N, 6), from features (N, D) before."""
        transformed = self.factors(features) * (self.gates(twists / self.scale) + 1)
        frames: torch.Tensor = self.decoder(self.mix(transformed))
        return frames
