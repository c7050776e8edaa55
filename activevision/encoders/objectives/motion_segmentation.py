"""Motion segmentation: which part of a single frame would stand out if the camera moved."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.parallax import inverse_depth, two_groups
from activevision.encoders.objectives.perceptron import perceptron
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive


@dataclass(frozen=True)
class MotionSegmentationSettings:
    """cells: of a mask, each way. hidden: width of the layer before the mask. least: pixels by which figure and ground
    must move apart. smallest: share of the frame that the figure, and the ground, must have at least."""

    cells: int = 16
    hidden: int = 256
    least: float = 0.5
    smallest: float = 0.02

    def __post_init__(self) -> None:
        require_positive(self, "cells", "hidden", "least")
        if not 0 <= self.smallest < 0.5:
            raise UserError(f"MotionSegmentationSettings with smallest={self.smallest}: give 0 to below 0.5.")


class MotionSegmentation(Objective):
    r"""Pathak, Girshick, Dollár, Darrell & Hariharan, *Learning features by watching objects move* (CVPR 2017).

    From the features of one frame a network g draws a mask; what is to be in it, y, motion has told:

        L = mean_{frames, cells c} κ_c BCE( g(z(x_t))_c, y_c ).

    z: (B, D). g: one hidden layer and a logit for each of the M × M cells, as the paper's top is fully connected. y_c:
    share of the cell's pixels that are figure; κ_c: share of them of which that is known.

    The paper's y comes from unsupervised segmentation of things that move in videos. Here scenes are static and nothing
    moves but the camera, so this is another task under the same loss: *figure is what is near, as parallax tells it*.
    The camera's motion is taken out of the flow exactly, which leaves how near every point is (see ``parallax``); near
    and far are told apart by the threshold half-way between their means. No frame's depth is looked at, but where the
    flow is true, true depth would tell the same. Single things before a backdrop become figures, as in the paper; in a
    room so does whatever is near, the floor at the camera's feet included. Where no surface is seen, it is ground.

    Cells towards which the camera travels have no parallax and count for nothing; nor do frames in which figure and
    ground move apart by less than ``least`` pixels (a camera that turns in place shows no parallax at all) or in which
    one of them is tiny: as the paper throws frames away whose segmentation cannot be trusted. "segmented" is the share
    of frames that remain. "balanced_accuracy" of cells is the mean of that on figure and that on ground: ½ for one
    answer to all, more for one that knows where things tend to be.
    """

    paper = "Pathak et al., Learning features by watching objects move, CVPR 2017"
    Settings = MotionSegmentationSettings
    fields = ("flow_forward", "flow_forward_valid", "intrinsics")

    def __init__(self, encoder: Encoder, settings: MotionSegmentationSettings | None = None):
        super().__init__()
        self.settings = settings or MotionSegmentationSettings()
        self.encoder = encoder
        self.mask = perceptron(encoder.embedding, self.settings.hidden, self.settings.cells**2)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> MotionSegmentation:
        return cls(encoder, config.own(MotionSegmentationSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Features are of all frames; the last of a window has no flow, and no mask."""
        features = encode_windows(self.encoder, batch.frames)
        motions = batch.twists.shape[1]
        share, weight = self.figures(
            batch.fields["flow_forward"].flatten(0, 1),
            batch.fields["flow_forward_valid"].flatten(0, 1),
            batch.twists.flatten(0, 1),
            batch.fields["intrinsics"].repeat_interleave(motions, 0),
        )
        return Outcome(*segmentation(self.mask(features[:, :-1].flatten(0, 1)), share, weight), features)

    @torch.no_grad()
    def figures(
        self, flow: torch.Tensor, valid: torch.Tensor, twists: torch.Tensor, intrinsics: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Shares of figure, and weights, of the cells (N, M²) of frames with such flow (see ``inverse_depth``)."""
        near, parallax = inverse_depth(flow, twists, intrinsics)
        seen = valid.bool() | (flow != 0).any(-1)  # what leaves the image has a flow as well
        near = torch.where(seen, near, 0.0)
        known = (parallax > 0.25 * parallax.amax((1, 2), keepdim=True)) | ~seen
        flat, counted = near.flatten(1), known.flatten(1)
        figure = (flat > two_groups(flat, counted)[:, None]) & counted
        ground = counted & ~figure
        apart = _mean(flat, figure) - _mean(flat, ground)
        moved = apart * _mean(parallax.flatten(1), seen.flatten(1) & counted)
        large = torch.minimum(figure.float().mean(1), ground.float().mean(1)) >= max(self.settings.smallest, 1e-6)
        trusted = (large & (moved >= self.settings.least)).float()[:, None]
        cells = (self.settings.cells, self.settings.cells)
        shape = (len(flow), 1, *flow.shape[1:3])
        share, weight = (
            nn.functional.adaptive_avg_pool2d(part.float().view(shape), cells).flatten(1) for part in (figure, counted)
        )
        return share / weight.clamp(min=1e-6), weight * trusted


def segmentation(
    logits: torch.Tensor, share: torch.Tensor, weight: torch.Tensor
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss of logits (N, M²) of masks of which each cell has a share of figure and a weight, both (N, M²)."""
    losses = nn.functional.binary_cross_entropy_with_logits(logits.float(), share, weight=weight, reduction="sum")
    answer, truth = logits.detach() > 0, share > 0.5
    sides = [(weight * (truth == side)) for side in (True, False)]
    right = [(part * (answer == truth)).sum() / part.sum().clamp(min=1e-6) for part in sides]
    metrics = {"balanced_accuracy": (right[0] + right[1]) / 2, "segmented": (weight.sum(1) > 0).float().mean()}
    return losses / weight.sum().clamp(min=1e-6), metrics


def _mean(values: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Mean (N,) of those of the values (N, P) that are chosen; 0 of none."""
    return (values * chosen).sum(1) / chosen.sum(1).clamp(min=1)
