"""Object-centric features: the same thing a moment later is nearer than any other thing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.crops import crops
from activevision.encoders.objectives.negatives import of_others
from activevision.encoders.objectives.objective import Objective, Outcome
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_not_negative, require_positive


@dataclass(frozen=True)
class ObjectCentricSettings:
    """objects: drawn from every window. margin: M. smallest: share of the image that a thing must cover in both frames.
    context: sides of a region, in those of the thing in it.
    """

    objects: int = 2
    margin: float = 0.5
    smallest: float = 0.005
    context: float = 1.25

    def __post_init__(self) -> None:
        require_positive(self, "objects", "margin", "context")
        require_not_negative(self, "smallest")


class ObjectCentric(Objective):
    r"""Gao, Jayaraman & Grauman, *Object-centric representation learning from unlabeled videos* (ACCV 2016).

    r and r⁺ are the regions of one thing in two neighbouring frames, r⁻ the regions, in the later frames, of the other
    things drawn from the same window and of all things drawn from windows of other scenes. With the distance
    D(a, b) = 1 − cos(z(a), z(b)),

        L = mean_{r, r⁻} max(0, D(r, r⁺) − D(r, r⁻) + M).

    Temporal coherence is thus asked of things and not of whole frames, in which several come and go. The paper pairs
    object proposals of neighbouring frames by how they look and where they lie; here instance masks say what is one
    thing, and a region, (3, H, W), is the box round a thing's mask with some context, of the frame's proportions and
    enlarged to its size. Things are drawn by area, the same one perhaps twice; what is drawn too small, or is gone in
    the later frame, costs nothing. Other windows of the scene may show the same thing under another instance id, since
    ids are of an episode, and so have no negatives of it.

    ``Outcome.features`` are of regions: (B, 2 P, D) of the P things of each window in the earlier frame, then in the
    later one. The metric ``object_accuracy`` is the share of regions nearer to their own thing than to any other.
    """

    paper = "Gao, Jayaraman & Grauman, Object-centric representation learning from unlabeled videos, ACCV 2016"
    Settings = ObjectCentricSettings
    fields = ("instance",)

    def __init__(self, encoder: Encoder, settings: ObjectCentricSettings | None = None):
        super().__init__()
        self.encoder = encoder
        self.settings = settings or ObjectCentricSettings()

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> ObjectCentric:
        return cls(encoder, config.own(ObjectCentricSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Of every window two neighbouring frames are drawn."""
        windows, views = batch.frames.shape[:2]
        device, things = batch.frames.device, self.settings.objects
        here = torch.arange(windows, device=device)[:, None]
        times = torch.randint(views - 1, (windows, 1), device=device) + torch.arange(2, device=device)
        ids, boxes, known = self.regions(batch.fields["instance"][here, times])
        frames = batch.frames[here, times].repeat_interleave(things, 1)  # (B, 2 P, 3, H, W)
        features = self.encoder(crops(frames.flatten(0, 1), boxes.flatten(0, 2))).unflatten(0, (windows, 2 * things))
        before, after = features[:, :things].flatten(0, 1), features[:, things:].flatten(0, 1)
        scene = batch.scenes.repeat_interleave(things)
        window = here.flatten().repeat_interleave(things)
        other = of_others(scene) | ((window[:, None] == window) & (ids.flatten()[:, None] != ids.flatten()))
        loss, metrics = self.ranking(before, after, other, known.flatten())
        return Outcome(loss, metrics, features)

    def regions(self, instance: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Things of instance ids (B, 2, H, W), drawn by the area that they cover in the earlier frame.

        Returns their ids (B, P), boxes (B, 2, P, 4) in pixels (left, top, right, bottom) in both frames, and whether
        they are large enough in both (B, P); the box of what is not seen is the whole image.
        """
        height, width = instance.shape[-2:]
        earlier = instance[:, 0].flatten(1)
        # a pixel of the background may be drawn where there is nothing else, and is not known then
        drawn = ((earlier != 0).float() + 1e-9).multinomial(self.settings.objects, replacement=True)
        ids = earlier.gather(1, drawn)
        masks = instance[:, :, None] == ids[:, None, :, None, None]  # (B, 2, P, H, W)
        share = masks.float().mean((-2, -1))
        known = (ids != 0) & (share > 0).all(1) & (share >= self.settings.smallest).all(1)
        (left, right), (top, bottom) = _extent(masks.any(-2)), _extent(masks.any(-1))
        size = self.settings.context * torch.maximum((right - left) / width, (bottom - top) / height)  # shares
        centre = torch.stack([left + right, top + bottom], -1) / 2
        half = size[..., None] * centre.new_tensor([width, height]) / 2
        return ids, torch.cat([centre - half, centre + half], -1), known

    def ranking(
        self, before: torch.Tensor, after: torch.Tensor, other: torch.Tensor, known: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (N, D) of regions earlier and later. other: (N, N) bool, which of them show other
        things. known: (N,) bool, those to go by."""
        before, after = (nn.functional.normalize(z.float(), dim=-1) for z in (before, after))
        distance = 1 - before @ after.T
        own = distance.diagonal()
        other = other & known[:, None] & known
        compared = other.any(1)
        hinge = (own[:, None] - distance + self.settings.margin).clamp(min=0)
        nearest = distance.masked_fill(~other, torch.inf).amin(1)
        right = ((own < nearest) & compared).sum() / compared.sum().clamp(min=1)
        loss = (hinge * other).sum() / other.sum().clamp(min=1)
        return loss, {"object_accuracy": right, "objects": known.float().mean()}


def _extent(taken: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where True begins and where it ends along the last axis of (..., S) bool; 0 and S where there is none."""
    size = taken.shape[-1]
    first, last = taken.byte().argmax(-1), taken.flip(-1).byte().argmax(-1)
    return first.float(), (size - last).float()
