"""Shuffle and learn: does the second of three frames belong between the others?"""

from __future__ import annotations

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.perceptron import perceptron
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch


class ShuffleAndLearn(Objective):
    r"""Sequence verification of Misra, Zitnick & Hebert, *Shuffle and learn: unsupervised learning using temporal order
    verification* (ECCV 2016).

    Of a window, five frames a < b < c < d < e are drawn. The triplet (b, c, d) is in order, (b, a, d) and (b, e, d) are
    not; half of the windows show their triplets from the other end, since (d, c, b) is in order too. With a score s of
    the concatenated features [z(1), z(2), z(3)] of a triplet, and σ the logistic function,

        L = −½ log σ(s(b, c, d)) − ¼ log σ(−s(b, a, d)) − ¼ log σ(−s(b, e, d)),  averaged over windows.

    As in the paper the wrong triplets share their outer frames with the right one, so that only the middle frame can
    tell. The paper draws triplets where the optical flow is large; here the step of the windows decides how much frames
    differ. It shows one right triplet for three wrong ones; here both kinds weigh alike, so that chance is an
    ``order_accuracy`` of ½.

    What a static world allows: c is a view between those of b and d as long as the camera keeps its direction from a
    to e, and then the order can be told without an arrow of time. Where the camera goes to and fro within a window, a
    or e may lie between b and d as well, and no one could tell.
    """

    paper = (
        "Misra, Zitnick & Hebert, Shuffle and learn: unsupervised learning using temporal order verification, ECCV 2016"
    )
    length = 5

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder
        self.score = perceptron(3 * encoder.embedding, encoder.embedding, 1)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> ShuffleAndLearn:
        return cls(encoder)

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Only the five frames drawn of each window are encoded."""
        windows, views = batch.frames.shape[:2]
        device = batch.frames.device
        drawn = torch.rand(windows, views, device=device).topk(5).indices.sort().values  # (B, 5) a < b < c < d < e
        backwards = torch.rand(windows, 1, device=device) < 0.5
        drawn = torch.where(backwards, drawn.flip(1), drawn)
        features = encode_windows(self.encoder, batch.frames[torch.arange(windows, device=device)[:, None], drawn])
        return Outcome(*self.verification(features), features)

    def verification(self, features: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (B, 5, D) of the frames a to e."""
        a, b, c, d, e = features.unbind(1)
        triplets = torch.stack([torch.cat([b, middle, d], -1) for middle in (c, a, e)], 1)  # (B, 3, 3 D)
        scores = self.score(triplets).squeeze(-1)
        right, wrong = scores[:, 0], scores[:, 1:]
        loss = (nn.functional.softplus(-right).mean() + nn.functional.softplus(wrong).mean()) / 2
        accuracy = ((right > 0).float().mean() + (wrong <= 0).float().mean()) / 2
        return loss, {"order_accuracy": accuracy}
