"""Transitive invariance: what looks like another thing also looks, from elsewhere, like that thing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.negatives import of_others
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive


@dataclass(frozen=True)
class TransitiveInvarianceSettings:
    """margin: M, by which a related frame must be nearer than an unrelated one."""

    margin: float = 0.5

    def __post_init__(self) -> None:
        require_positive(self, "margin")


class TransitiveInvariance(Objective):
    r"""Wang, He & Gupta, *Transitive invariance for self-supervised visual representation learning* (ICCV 2017).

    A and A′ are the first and the last frame of a window: an edge within one instance, over a change of view. A and B,
    of two scenes, are joined by an edge between instances where each is the other's nearest neighbour among the first
    frames of other scenes in the batch. By transitivity A′ and B′, A and B′, A′ and B belong together too, although
    nothing has matched them. With the distance D(a, b) = 1 − cos(z(a), z(b)),

        L = mean_{(x, x⁺)} mean_{x⁻} max(0, D(x, x⁺) − D(x, x⁻) + M),

    over all ordered pairs (x, x⁺) of (A, A′) and of the frames of joined windows, and all frames x⁻ of scenes that are
    neither A's nor B's.

    The paper's graph is made once: of patches tracked through 30 frames, and neighbours by the features of a network
    that was trained on context prediction. Here an instance is a window, whose frames follow the same thing or place;
    and neighbours are found anew in every batch by the features as they are, without gradient, so that the graph
    improves with them. Edges must be mutual, since a wrong one is worse than none. The paper also keeps the hardest
    negatives alone after some epochs.

    settings: M. Metrics: the share of triplets (x, x⁺, x⁻) in which x⁺ is nearer, over views of one window
    (``intra_accuracy``) and over frames A′, B′ of joined windows (``transitive_accuracy``), ½ by chance; and the share
    of windows that have an edge (``joined``).
    """

    paper = "Wang, He & Gupta, Transitive invariance for self-supervised visual representation learning, ICCV 2017"
    Settings = TransitiveInvarianceSettings
    contrasts = True

    def __init__(self, encoder: Encoder, settings: TransitiveInvarianceSettings | None = None):
        super().__init__()
        self.encoder = encoder
        self.margin = (settings or TransitiveInvarianceSettings()).margin

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> TransitiveInvariance:
        return cls(encoder, config.own(TransitiveInvarianceSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Only the first and the last frame of each window are encoded."""
        features = encode_windows(self.encoder, batch.frames[:, [0, -1]])
        return Outcome(*self.ranking(features, batch.scenes), features)

    def ranking(self, features: torch.Tensor, scene: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (B, 2, D) of the first and the last frames of windows of scenes (B,)."""
        windows = features.shape[0]
        z = nn.functional.normalize(features.float(), dim=-1)
        distance = 1 - torch.einsum("aid,bjd->aibj", z, z)  # (B, 2, B, 2)
        other = of_others(scene)
        partner = mutual_neighbours(distance[:, 0, :, 0].detach().masked_fill(~other, torch.inf))
        joined = partner >= 0
        here = torch.arange(windows, device=z.device)
        # of anchor (a, i): the other frame of its window, then both frames of its partner
        within = torch.stack([distance[here, i, here, 1 - i] for i in (0, 1)], 1)[..., None]
        positives = torch.cat([within, distance[here, :, partner]], -1)  # (B, 2, 3)
        valid = torch.stack([torch.ones_like(joined), joined, joined], -1)[:, None, :, None, None]
        unrelated = other & (~joined[:, None] | other[partner])
        triplets = valid & unrelated[:, None, None, :, None]  # (B, 1, 3, B, 1) of (B, 2, 3, B, 2)
        excess = positives[..., None, None] - distance[:, :, None]
        triplets = triplets.expand_as(excess)
        loss = _mean((excess + self.margin).clamp(min=0), triplets)
        right = (excess < 0).float().detach()
        metrics = {
            "intra_accuracy": _mean(right[:, :, 0], triplets[:, :, 0]),
            "transitive_accuracy": _mean(right[:, 1, 2], triplets[:, 1, 2]),
            "joined": joined.float().mean(),
        }
        return loss, metrics


def mutual_neighbours(distance: torch.Tensor) -> torch.Tensor:
    """Of distances (B, B) for each (B,) the other one where both are nearest to each other, −1 where there is none or
    all are infinitely far."""
    here = torch.arange(len(distance), device=distance.device)
    least, nearest = distance.clone().fill_diagonal_(torch.inf).min(1)
    mutual = (nearest[nearest] == here) & (nearest != here) & (least < torch.inf)
    return torch.where(mutual, nearest, -1)


def _mean(values: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    return (values * where).sum() / where.sum().clamp(min=1)
