"""Flow equivariance: feature maps move as the image does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.dense_maps import cell_size, dense_maps
from activevision.encoders.objectives.moving_average import MovingAverage, momentum_at
from activevision.encoders.objectives.objective import Objective, Outcome
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive, require_share


@dataclass(frozen=True)
class FlowEquivarianceSettings:
    """density: by which the encoder's maps are made finer, each way. momentum: of the target at the start.
    hidden, projection: widths of the projector and of the predictor."""

    density: int = 2
    momentum: float = 0.99
    hidden: int = 256
    projection: int = 128

    def __post_init__(self) -> None:
        require_positive(self, "density", "hidden", "projection")
        require_share(self, "momentum")


class FlowEquivariance(Objective):
    r"""FlowE: Xiong, Ren, Zeng & Urtasun, *Self-supervised representation learning from flow equivariance* (ICCV 2021).

    With the encoder's maps f, a projector g and a predictor q of 1 × 1 convolutions, a target f′, g′ whose weights are
    a moving average of theirs, and the warp w by the flow from frame t to t + 1, w(m)(u) = m(u + flow(u)),

        L = mean_{u co-visible} 2 − 2 cos( q(g(f(x_t)))(u), w(g′(f′(x_{t+1})))(u) ).

    f: (B, 3, H, W) to (B, C, s h, s w), s times finer than the encoder's own maps (see ``dense_maps``), where the paper
    has dilated convolutions. The flow of a cell is the mean over its pixels that are seen in both frames, and its
    weight their share; the paper's flow comes from a network, here it is what the simulator knows.

    As in BYOL, which it extends, no negatives are needed: the predictor alone sees gradients, and follows a target that
    moves slowly. Nothing in the loss forbids a collapse to maps that are the same everywhere; normalisation over the
    batch, here and in the encoder, makes it unstable in practice, and "cell_accuracy" (whether a cell finds its own
    place in the other frame among all co-visible ones) would fall to chance.

    What trains are the encoder's maps. The layers from there to its features get no gradient from this objective; they
    stay as they began, which for a linear one is a random projection.
    """

    paper = "Xiong et al., Self-supervised representation learning from flow equivariance, ICCV 2021"
    Settings = FlowEquivarianceSettings
    fields = ("flow_forward", "flow_forward_covisible")

    def __init__(self, encoder: Encoder, cell: tuple[int, int], settings: FlowEquivarianceSettings | None = None):
        super().__init__()
        settings = settings or FlowEquivarianceSettings()
        self.encoder = encoder
        self.cell = cell
        self.density = settings.density
        self.momentum = settings.momentum
        self.projector = _pointwise(encoder.channels, settings.hidden, settings.projection)
        self.predictor = _pointwise(settings.projection, settings.hidden, settings.projection)
        self.target, self.target_projector = MovingAverage(encoder), MovingAverage(self.projector)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> FlowEquivariance:
        settings = config.own(FlowEquivarianceSettings)
        cell = cell_size(encoder, *dataset.store.views["rgb"].shape[1:3])
        if settings.density > min(cell):
            raise UserError(f"density={settings.density}: a cell of the maps is only {min(cell)} pixels wide.")
        return cls(encoder, cell, settings)

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Windows of T frames give T − 1 pairs each, and features of their first frames."""
        first, second = batch.frames[:, :-1].flatten(0, 1), batch.frames[:, 1:].flatten(0, 1)
        maps, own = dense_maps(self.encoder, first, self.density, self.cell)
        predicted = self.predictor(self.projector(maps))
        with torch.no_grad():
            target = cast(Encoder, self.target.network)
            targets = self.target_projector(dense_maps(target, second, self.density, self.cell)[0])
        flow = batch.fields["flow_forward"].flatten(0, 1)
        covisible = batch.fields["flow_forward_covisible"].flatten(0, 1)
        loss, metrics = agreement(predicted.float(), *warped(targets.float(), flow, covisible))
        return Outcome(loss, metrics, self.encoder.from_maps(own).unflatten(0, (len(batch.frames), -1)))

    def after_step(self, done: float) -> None:
        momentum = momentum_at(self.momentum, done)
        self.target.follow(self.encoder, momentum)
        self.target_projector.follow(self.projector, momentum)


def warped(maps: torch.Tensor, flow: torch.Tensor, covisible: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What lies in maps (N, K, h, w) of the second frames where the cells of the first frames have gone.

    flow: (N, H, W, 2) pixels (column, row). covisible: (N, H, W). Returns (N, K, h, w), between cells by bilinear
    interpolation, and the share (N, h, w) of every cell that is seen in both frames.
    """
    pixels, cells = flow.shape[1:3], (maps.shape[2], maps.shape[3])
    seen = covisible[:, None].to(maps.dtype)
    weight = nn.functional.adaptive_avg_pool2d(seen, cells)
    moved = nn.functional.adaptive_avg_pool2d(flow.permute(0, 3, 1, 2).to(maps.dtype) * seen, cells)
    moved = moved / weight.clamp(min=1e-6)
    down, across = ((torch.arange(n, device=maps.device) + 0.5) / n * 2 - 1 for n in cells)  # −1 to 1 over the image
    columns = across + moved[:, 0] * 2 / pixels[1]
    rows = down[:, None] + moved[:, 1] * 2 / pixels[0]
    grid = torch.stack([columns, rows], dim=-1)
    found = nn.functional.grid_sample(maps, grid, padding_mode="border", align_corners=False)
    return found, weight[:, 0]


def agreement(
    predicted: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss of predictions and targets (N, K, h, w), by cells of weights (N, h, w)."""
    predicted, targets = nn.functional.normalize(predicted, dim=1), nn.functional.normalize(targets, dim=1)
    loss = (weight * (2 - 2 * (predicted * targets).sum(1))).sum() / weight.sum().clamp(min=1e-6)
    with torch.no_grad():
        seen = weight.flatten(1) > 0.5
        similarity = predicted.flatten(2).transpose(1, 2) @ targets.flatten(2)  # (N, cells, cells)
        nearest = similarity.masked_fill(~seen[:, None], -torch.inf).argmax(-1)
        right = (nearest == torch.arange(nearest.shape[1], device=nearest.device)) & seen
        chance = (seen.any(1).sum() / seen.sum().clamp(min=1)).to(loss.dtype)
    return loss, {"cell_accuracy": right.sum() / seen.sum().clamp(min=1), "cell_chance": chance}


def _pointwise(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, hidden, 1, bias=False),
        nn.BatchNorm2d(hidden),
        nn.ReLU(inplace=True),
        nn.Conv2d(hidden, outputs, 1),
    )
