"""Tracking: a patch is more like itself later than like any other patch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.crops import crops
from activevision.encoders.objectives.negatives import of_others
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.tracks import flow_boxes, mask_boxes
from activevision.errors import unknown
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive, require_share

TRACKS = ("instance", "optical_flow")


@dataclass(frozen=True)
class TrackingSettings:
    """tracks: from "instance" masks, or by "optical_flow" where there are none. margin: M. negatives: K of each anchor.
    hard_after: part of the training after which the hardest negatives are taken instead of random ones. smallest: share
    of the image that a thing must cover. side: of a patch by optical flow, in shorter sides of the image."""

    tracks: str = "instance"
    margin: float = 0.5
    negatives: int = 4
    hard_after: float = 0.5
    smallest: float = 0.01
    side: float = 0.4

    def __post_init__(self) -> None:
        require_positive(self, "margin", "negatives", "smallest", "side")
        if self.tracks not in TRACKS:
            raise unknown("way to track", self.tracks, TRACKS)
        require_share(self, "hard_after")


class Tracking(Objective):
    r"""Wang & Gupta, *Unsupervised learning of visual representations using videos* (ICCV 2015).

    x is a patch in the first frame of a window, x⁺ the patch of the same thing in the last one, x⁻_k patches of windows
    of other scenes. With the distance D(a, b) = 1 − cos(z(a), z(b)),

        L = mean_{windows, k} max(0, D(x, x⁺) − D(x, x⁻_k) + M),

    for K negatives, drawn at random at first and, later in the training, those with the largest loss.

    Patches, (B, 2, 3, H, W), are squares resized to the size of a frame, round a thing by its true mask, drawn among
    those in both frames; the paper tracks unknown patches of its videos (with a correlation filter, over some 30
    frames), for which ``tracks=optical_flow`` stands. Windows without a track, and those for which the batch has no
    other scene, cost nothing.

    ``Outcome.features`` are those of the patches (S = 2), or of whole frames in windows without a track.
    """

    paper = "Wang & Gupta, Unsupervised learning of visual representations using videos, ICCV 2015"
    Settings = TrackingSettings
    fields = ("instance",)
    frugal = "tracks=optical_flow"
    contrasts = True

    done: torch.Tensor

    def __init__(self, encoder: Encoder, settings: TrackingSettings | None = None):
        super().__init__()
        self.encoder = encoder
        self.settings = settings or TrackingSettings()
        self.register_buffer("done", torch.zeros(()))

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> Tracking:
        return cls(encoder, config.own(TrackingSettings))

    @classmethod
    def needed(cls, config: PretrainConfig) -> tuple[str, ...]:
        return cls.fields if config.own(TrackingSettings).tracks == "instance" else ()

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``."""
        if self.settings.tracks == "instance":
            boxes, known = mask_boxes(batch.fields["instance"], self.settings.smallest)
        else:
            boxes, known = flow_boxes(batch.frames, self.settings.side)
        ends = batch.frames[:, [0, -1]]
        parts = crops(ends.flatten(0, 1), boxes.to(ends.device).flatten(0, 1)).unflatten(0, ends.shape[:2])
        features = encode_windows(self.encoder, parts)
        known = known.to(features.device)
        loss, metrics = self.ranking(features[known], batch.scenes[known])
        return Outcome(loss, {**metrics, "tracked": known.float().mean()}, features)

    def ranking(self, features: torch.Tensor, scene: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (N, 2, D) of the patches of N tracks in scenes (N,)."""
        directions = nn.functional.normalize(features.float(), dim=-1)
        anchors, count = directions[:, 0], len(directions)
        positive = 1 - (anchors * directions[:, 1]).sum(-1)
        distance = 1 - anchors @ directions.transpose(0, 1).flatten(0, 1).T  # (N, 2 N) first frames, then last ones
        other = of_others(scene).repeat(1, 2)
        told = other.any(1)
        chosen = distance.detach() if self.done >= self.settings.hard_after else torch.rand_like(distance)
        if not told.any():  # nothing to be told from
            return features.sum() * 0, {"track_accuracy": features.new_zeros(())}
        taken = chosen.masked_fill(~other, torch.inf).topk(min(self.settings.negatives, 2 * count), largest=False)
        hinge = (positive[:, None] - distance.gather(1, taken.indices) + self.settings.margin).clamp(min=0)
        valid = taken.values < torch.inf  # a batch may hold fewer negatives than are asked for
        right = (positive < distance.masked_fill(~other, torch.inf).amin(1))[told].float().mean()
        return (hinge * valid).sum() / valid.sum(), {"track_accuracy": right}

    def after_step(self, done: float) -> None:
        self.done.fill_(done)
