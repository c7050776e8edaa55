"""Cross-pixel flow: pixels that move alike should have embeddings that are alike."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.dense_maps import cell_size, dense_maps
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive


@dataclass(frozen=True)
class CrossPixelFlowSettings:
    """pixels: drawn from every frame. embedding: dimensions of a pixel's embedding. density: by which the encoder's
    maps are made finer, each way. width: of the flow's kernel, in standard deviations of the frame's flow.
    temperature: by which similarities of both kinds are divided before they become probabilities.
    """

    pixels: int = 64
    embedding: int = 16
    density: int = 2
    width: float = 0.5
    temperature: float = 0.1

    def __post_init__(self) -> None:
        require_positive(self, "pixels", "embedding", "density", "width", "temperature")
        if self.pixels < 3:
            raise UserError(f"CrossPixelFlowSettings with pixels={self.pixels}: a pixel is compared with 2 or more.")


class CrossPixelFlow(Objective):
    r"""Mahendran, Thewlis & Vedaldi, *Cross pixel optical-flow similarity for self-supervised learning* (ACCV 2018),
    with their cross-entropy between kernels.

    For pixels p, q of a frame with flow f and embeddings φ (of one frame alone, so that the encoder must see in a still
    image what would move together),

        K_f(p, q) = exp(−‖f_p − f_q‖² / 2σ²),    K_φ(p, q) = cos(φ_p, φ_q),
        L = −mean_p Σ_{q ≠ p} softmax_q(K_f(p, q) / τ) log softmax_q(K_φ(p, q) / τ).

    φ is a 1 × 1 convolution of the encoder's maps, (B, C, h, w) made finer by ``dense_maps`` and read at the pixels by
    bilinear interpolation, where the paper stacks several layers of one network. σ is relative to the standard
    deviation of the flow in each frame, since a camera's speed changes how much things differ and not which do; the
    paper's constants are not kept. Its flow is estimated, here the simulator knows it; pixels without a valid flow are
    left out. With a camera that turns in place in a static world the flow depends on the place in the image alone, and
    only a moving camera or moving things make it tell of the scene.

    What trains are the encoder's maps. The layers from there to its features get no gradient from this objective.

    settings: σ as ``width``, τ as ``temperature``. The metric ``similarity_correlation`` is that of K_f and K_φ over
    all pairs of pixels: 0 by chance, and not defined (0) where all flow is alike.
    """

    paper = "Mahendran, Thewlis & Vedaldi, Cross pixel optical-flow similarity for self-supervised learning, ACCV 2018"
    Settings = CrossPixelFlowSettings
    fields = ("flow_forward", "flow_forward_valid")

    def __init__(self, encoder: Encoder, cell: tuple[int, int], settings: CrossPixelFlowSettings | None = None):
        super().__init__()
        self.encoder = encoder
        self.cell = cell
        self.settings = settings or CrossPixelFlowSettings()
        self.embed = nn.Conv2d(encoder.channels, self.settings.embedding, 1)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> CrossPixelFlow:
        settings = config.own(CrossPixelFlowSettings)
        height, width = dataset.store.views["rgb"].shape[1:3]
        cell = cell_size(encoder, height, width)
        if settings.density > min(cell):
            raise UserError(f"density={settings.density}: a cell of the maps is only {min(cell)} pixels wide.")
        if settings.density**2 * (height // cell[0]) * (width // cell[1]) < 2:
            raise UserError(f"density={settings.density}: maps of frames of {height} × {width} then have one cell.")
        return cls(encoder, cell, settings)

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. The last frame of a window has no flow, and gives features alone."""
        frames = batch.frames[:, :-1].flatten(0, 1)
        flow, valid = (batch.fields[name].flatten(0, 1) for name in self.fields)
        maps, _ = dense_maps(self.encoder, frames, self.settings.density, self.cell)
        height, width = frames.shape[-2:]
        # a pixel without flow may be drawn where others are too few, and is then left out
        drawn = (valid.flatten(1).float() + 1e-9).multinomial(min(self.settings.pixels, height * width))
        chosen = flow.flatten(1, 2).gather(1, drawn[..., None].expand(-1, -1, 2))
        column, row = drawn % width, drawn.div(width, rounding_mode="floor")
        place = torch.stack([(column + 0.5) / width, (row + 0.5) / height], -1) * 2 - 1  # −1 to 1 over the image
        embeddings = nn.functional.grid_sample(
            self.embed(maps).float(), place[:, None], padding_mode="border", align_corners=False
        )
        loss, metrics = self.matching(
            embeddings[:, :, 0].transpose(1, 2), chosen.float(), valid.flatten(1).gather(1, drawn)
        )
        return Outcome(loss, metrics, encode_windows(self.encoder, batch.frames))

    def matching(
        self, embeddings: torch.Tensor, flow: torch.Tensor, valid: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of embeddings (N, P, E) of pixels with flow (N, P, 2), where that is valid (N, P)."""
        known = valid[..., None].float()
        count = known.sum(1, keepdim=True).clamp(min=1)
        deviation = flow - (flow * known).sum(1, keepdim=True) / count
        spread = ((deviation * known).square().sum((1, 2), keepdim=True) / count).sqrt()
        sigma = self.settings.width * spread.clamp(min=0.05)  # pixels; less than that is all the same
        moves_alike = torch.exp(-(flow[:, :, None] - flow[:, None]).square().sum(-1) / (2 * sigma**2))
        directions = nn.functional.normalize(embeddings, dim=-1)
        with torch.autocast(directions.device.type, enabled=False):  # half precision is too coarse for what τ divides
            looks_alike = directions @ directions.transpose(1, 2)
        pair = valid[:, :, None] & valid[:, None] & ~torch.eye(flow.shape[1], dtype=torch.bool, device=flow.device)
        # Not −∞, which would make 0 × ∞ of a pair that is left out.
        wanted = (moves_alike / self.settings.temperature).masked_fill(~pair, -1e9).softmax(-1)
        given = (looks_alike / self.settings.temperature).masked_fill(~pair, -1e9).log_softmax(-1)
        compared = pair.any(-1)
        losses = -(wanted * given * pair).sum(-1)
        loss = losses.sum() / compared.sum().clamp(min=1)
        return loss, {"similarity_correlation": _correlation(moves_alike[pair], looks_alike[pair])}


@torch.no_grad()
def _correlation(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    if not len(a):
        return a.sum()
    a, b = a - a.mean(), b - b.mean()
    return (a * b).mean() / (a.square().mean() * b.square().mean()).sqrt().clamp(min=1e-6)
