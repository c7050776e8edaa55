"""Inverse graphics: a code with a part for the pose, which the known motion moves, and a part for what is seen."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.frame_decoder import FrameDecoder, explained
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.pixels import as_shares
from activevision.encoders.objectives.twist_scale import twist_scale
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_not_negative


@dataclass(frozen=True)
class InverseGraphicsSettings:
    """pose: share of the code that is for the pose. clamp: weight of what keeps the rest equal within a window."""

    pose: float = 0.25
    clamp: float = 0.01

    def __post_init__(self) -> None:
        require_not_negative(self, "clamp")
        if not 0 < self.pose < 1:
            raise UserError(f"InverseGraphicsSettings with pose={self.pose}: it must be between 0 and 1.")


class InverseGraphics(Objective):
    r"""After Kulkarni, Whitney, Kohli & Tenenbaum, *Deep convolutional inverse graphics network* (NIPS 2015).

    The features of frame x(t) are a code [p(t), s(t)] of P and D − P components. In a window only the camera's pose
    changes, so s is clamped to its mean s̄ over the window, as theirs is in a batch in which one thing changes. With
    the twist a(t) to the next frame and learned generators G_1 … G_6 (P × P),

        p̂(t+1) = exp(Σ_i a_i(t) G_i) p(t),
        L = mean ‖decode(p(t), s̄) − x(t)‖² + mean ‖decode(p̂(t+1), s̄) − x(t+1)‖² + λ mean ‖s(t) − s̄‖²,

    means over pixels, components, and frames. The first term is the paper's. The second is ours: the paper knows which
    variable changes and not by how much, here the motion is known, and a matrix exponential gives the camera at rest
    the identity and the opposite motion the inverse. The third has the gradient that the paper hands to the clamped
    components instead of theirs, (s − s̄) / 100 by default. Codes there are sampled and kept near a normal distribution
    by a variational bound; the encoder's normalisation of features over the batch stands in for that. Things that move
    by themselves, and the colours that the augmentation gives each frame, remain unexplained.

    scale: (6,) by which twists are divided. height, width: of the frames. settings: P / D as ``pose``, λ as ``clamp``.
    Metrics: the shares of the frames' variance over the batch that are explained from the code moved (``explained``)
    and from the frame's own (``explained_by_own``), and the third term without λ (``unclamped``).
    """

    paper = "Kulkarni, Whitney, Kohli & Tenenbaum, Deep convolutional inverse graphics network, NIPS 2015"
    Settings = InverseGraphicsSettings

    scale: torch.Tensor

    def __init__(
        self,
        encoder: Encoder,
        scale: torch.Tensor,
        height: int,
        width: int,
        settings: InverseGraphicsSettings | None = None,
    ):
        super().__init__()
        settings = settings or InverseGraphicsSettings()
        self.encoder = encoder
        self.pose = round(settings.pose * encoder.embedding)
        if not 0 < self.pose < encoder.embedding:
            raise UserError(
                f"pose={settings.pose} of {encoder.embedding} dimensions leaves none for the pose or for the rest."
            )
        self.clamp = settings.clamp
        self.generators = nn.Parameter(torch.zeros(6, self.pose, self.pose))
        self.decoder = FrameDecoder(encoder.embedding, height, width)
        self.register_buffer("scale", scale)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> InverseGraphics:
        height, width = dataset.store.views["rgb"].shape[1:3]
        return cls(encoder, twist_scale(dataset), height, width, config.own(InverseGraphicsSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        frames = as_shares(batch.frames)
        windows, views = frames.shape[:2]
        features = encode_windows(self.encoder, batch.frames)
        poses, rest = features.split([self.pose, features.shape[-1] - self.pose], -1)
        mean = rest.mean(1, keepdim=True)
        moved = self.move(poses[:, :-1], batch.twists)
        codes = torch.cat([torch.cat([poses, moved], 1), mean.expand(-1, 2 * views - 1, -1)], -1)
        decoded = self.decoder(codes.flatten(0, 1)).unflatten(0, (windows, -1))
        own, predicted = decoded[:, :views], decoded[:, views:]
        unclamped = (rest - mean).square().mean()
        loss = (own - frames).square().mean() + (predicted - frames[:, 1:]).square().mean() + self.clamp * unclamped
        metrics = {
            "explained": explained(predicted.flatten(0, 1), frames[:, 1:].flatten(0, 1)),
            "explained_by_own": explained(own.flatten(0, 1), frames.flatten(0, 1)),
            "unclamped": unclamped.detach(),
        }
        return Outcome(loss, metrics, features)

    def move(self, poses: torch.Tensor, twists: torch.Tensor) -> torch.Tensor:
        """Pose parts (..., P) of codes after twists (..., 6)."""
        # Sums of products rather than a matrix product, which would be of half precision under autocast.
        speed = ((twists / self.scale)[..., None, None] * self.generators).sum(-3)  # (..., P, P)
        return (torch.matrix_exp(speed) @ poses[..., None]).squeeze(-1)
