"""Look-ahead: from what was seen so far and the next motion, what will be known after it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.negatives import own_and_others
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.perceptron import perceptron
from activevision.encoders.objectives.twist_scale import twist_scale
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive


@dataclass(frozen=True)
class LookAheadSettings:
    """hidden: dimensions of the aggregate feature, and of the forecast's hidden layer. temperature: τ."""

    hidden: int = 128
    temperature: float = 0.1

    def __post_init__(self) -> None:
        require_positive(self, "hidden", "temperature")


class LookAhead(Objective):
    r"""The look-ahead loss of Jayaraman & Grauman, *Look-ahead before you leap: end-to-end active recognition by
    forecasting the effect of motion* (ECCV 2016), without the recognition.

    A recurrent aggregator fuses the views of a window and the motions m between them (twists); the look-ahead module F
    forecasts, from the aggregate feature before a motion and that motion, the aggregate feature after it:

        a_t = A(a_{t−1}, [z(x_t), m_{t−1}]),   â_{t+1} = F(a_t, m_t),
        L = mean_t −log softmax_a( cos(â_{t+1}, a) / τ )[a = a_{t+1}],
        over the aggregates a of all times of the same window and of the windows of other scenes.

    z: (B, D). a: (B, T, hidden). A: a GRU, m_0 = 0. F: one hidden layer, ReLU.

    The paper minimises the distance of â_{t+1} and a_{t+1} beside a classification loss, which keeps the aggregates
    apart. Without labels the distance alone is 0 for constant aggregates. Here the softmax keeps them apart: of the
    aggregates in the batch, among them those of other scenes and the present one of its own, the forecast must be
    nearest to the one that follows; but an aggregate remembers its window, so much of that can be done without the
    motion. No gradient is stopped. Proprioception, which tells the paper's agent its elevation, is not used: windows do
    not all have it. Motions are scaled to a root mean square of 1 in the data.

    "look_ahead_accuracy" is the share of forecasts that are nearest to what follows; chance is 1 / (B T) where every
    window has a scene of its own.
    """

    paper = "Jayaraman & Grauman, Look-ahead before you leap, ECCV 2016"
    Settings = LookAheadSettings
    length = 3
    contrasts = True

    scale: torch.Tensor

    def __init__(self, encoder: Encoder, scale: torch.Tensor, settings: LookAheadSettings | None = None):
        super().__init__()
        settings = settings or LookAheadSettings()
        self.encoder = encoder
        self.register_buffer("scale", scale)
        self.temperature = settings.temperature
        self.aggregator = nn.GRU(encoder.embedding + 6, settings.hidden, batch_first=True)
        self.forecast = perceptron(settings.hidden + 6, settings.hidden, settings.hidden)

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> LookAhead:
        return cls(encoder, twist_scale(dataset), config.own(LookAheadSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Windows of T frames give T − 1 forecasts each."""
        features = encode_windows(self.encoder, batch.frames)
        motions = batch.twists / self.scale
        aggregates = self.aggregates(features, motions)
        ahead = self.forecast(torch.cat([aggregates[:, :-1], motions.to(aggregates.dtype)], dim=-1))
        return Outcome(*self.forecasting(ahead, aggregates, batch.scenes), features)

    def aggregates(self, features: torch.Tensor, motions: torch.Tensor) -> torch.Tensor:
        """Aggregate features (B, T, hidden) after each of the views with features (B, T, D)."""
        arriving = nn.functional.pad(motions, (0, 0, 1, 0)).to(features.dtype)  # nothing leads to the first view
        aggregates: torch.Tensor = self.aggregator(torch.cat([features, arriving], dim=-1))[0]
        return aggregates

    def forecasting(
        self, ahead: torch.Tensor, aggregates: torch.Tensor, scene: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of forecasts (B, T − 1, hidden) of aggregates (B, T, hidden) of windows of scenes (B,)."""
        windows, views = aggregates.shape[:2]
        forecasts, known = (nn.functional.normalize(x.float().flatten(0, 1), dim=-1) for x in (ahead, aggregates))
        compared = own_and_others(scene).repeat_interleave(views - 1, 0).repeat_interleave(views, 1)
        with torch.autocast(known.device.type, enabled=False):  # half precision is too coarse for what τ divides
            scores = (forecasts @ known.T / self.temperature).masked_fill(~compared, -torch.inf)
        following = torch.arange(windows * views, device=scores.device).view(windows, views)[:, 1:].flatten()
        loss = nn.functional.cross_entropy(scores, following)
        right = (scores.argmax(-1) == following).float().mean()
        similarity = self.temperature * scores.detach().gather(1, following[:, None]).mean()
        return loss, {"look_ahead_accuracy": right, "similarity": similarity}
