"""Context prediction: where in a frame is one patch, seen from another?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.crops import crops
from activevision.encoders.objectives.objective import Objective, Outcome
from activevision.encoders.objectives.perceptron import perceptron
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_not_negative, require_positive


@dataclass(frozen=True)
class ContextPredictionSettings:
    """patch: side of a patch, as a share of the frame's shorter side. gap: between neighbouring patches, as a share of
    a patch. jitter: largest shift of either patch each way, as a share of a patch.
    """

    patch: float = 0.2
    gap: float = 0.5
    jitter: float = 0.07

    def __post_init__(self) -> None:
        require_positive(self, "patch")
        require_not_negative(self, "gap", "jitter")
        if self.reach > 1:
            raise UserError(
                f"patch={self.patch} with gap={self.gap} and jitter={self.jitter}: three patches in a row do not fit "
                "into a frame; make one of them smaller."
            )

    @property
    def reach(self) -> float:
        """Side of the 3 × 3 patches with all between them, as a share of the frame's shorter side."""
        return self.patch * (3 + 2 * self.gap + 2 * self.jitter)


class ContextPrediction(Objective):
    r"""Doersch, Gupta & Efros, *Unsupervised visual representation learning by context prediction* (ICCV 2015).

    In every frame a place is drawn for 3 × 3 patches with gaps between them, and one of the 8 round the middle one.
    With the features z(m) of the middle patch and z(p_k) of the one at position k, and a small network f,

        L = −log softmax(f([z(m), z(p_k)]))_k,  averaged over frames.

    Gaps and jitter keep what runs across a border from giving the position away, as in the paper. Its defences against
    the colour fringes of lenses are left out, since rendered views have none. Patches of 96 pixels there are a fifth of
    a frame's shorter side here, enlarged to the size of a frame, so that what is trained is the whole encoder as probes
    use it, its head included. Each frame stands alone: neither time nor the twists are used.

    settings: of the patches. ``Outcome.features`` are of patches: (B, 2 T, D), first those in the middle.
    """

    paper = "Doersch, Gupta & Efros, Unsupervised visual representation learning by context prediction, ICCV 2015"
    Settings = ContextPredictionSettings

    neighbours: torch.Tensor

    def __init__(self, encoder: Encoder, settings: ContextPredictionSettings | None = None):
        super().__init__()
        self.encoder = encoder
        self.settings = settings or ContextPredictionSettings()
        self.classifier = perceptron(2 * encoder.embedding, encoder.embedding, 8)
        steps = [(x, y) for y in (-1, 0, 1) for x in (-1, 0, 1) if (x, y) != (0, 0)]
        self.register_buffer("neighbours", torch.tensor(steps, dtype=torch.float32), persistent=False)  # (8, 2)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> ContextPrediction:
        return cls(encoder, config.own(ContextPredictionSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Of every frame two patches are encoded."""
        frames = batch.frames.flatten(0, 1)
        height, width = frames.shape[-2:]
        position = torch.randint(8, (len(frames),), device=frames.device)
        middle, other = self.boxes(position, height, width)
        patches = crops(torch.cat([frames, frames]), torch.cat([middle, other]))
        features = self.encoder(patches).unflatten(0, (2, len(frames)))
        loss, metrics = self.classification(features[0], features[1], position)
        return Outcome(loss, metrics, features.unflatten(1, batch.frames.shape[:2]).transpose(0, 1).flatten(1, 2))

    def boxes(self, position: torch.Tensor, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Boxes (N, 4) in pixels, inside the frame, of middle patches and of those at ``position`` (N,) round them."""
        shares, size = self.settings, position.new_tensor([width, height], dtype=torch.float32)
        shorter = min(height, width)
        side = shares.patch * shorter
        place = torch.rand(len(position), 2, device=position.device) * (size - shares.reach * shorter)
        centre = place + shares.reach * shorter / 2
        shift = (torch.rand(2, len(position), 2, device=position.device) * 2 - 1) * shares.jitter * side
        step = self.neighbours[position] * (1 + shares.gap) * side
        middle, other = (
            torch.cat([c - side / 2, c + side / 2], 1) for c in (centre + shift[0], centre + step + shift[1])
        )
        return middle, other

    def classification(
        self, middle: torch.Tensor, other: torch.Tensor, position: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of features (N, D) of patches in the middle and at positions (N,) 0 … 7, row by row."""
        logits = self.classifier(torch.cat([middle, other], -1))
        accuracy = (logits.argmax(-1) == position).float().mean()
        return nn.functional.cross_entropy(logits, position), {"position_accuracy": accuracy}
