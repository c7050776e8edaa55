"""The five modules of *Look-ahead before you leap*, and what they are built from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from activevision.agents.belief_env import LEAST_LOG_PROBABILITY

EVIDENCE, FEATURE = "evidence", "feature"
_MOTION, _FORECAST = 16, 128  # units that describe a motion; of the forecast's hidden layer


@dataclass(frozen=True)
class Sizes:
    """What a network is rebuilt from.

    inputs: which of FEATURE and EVIDENCE the SENSOR is given. features: D. classes: C. motions: M.
    proprioception: P, the numbers that the protocol tells of where the camera is. hidden: H.
    """

    inputs: tuple[str, ...]
    features: int
    classes: int
    motions: int
    proprioception: int
    hidden: int


class LookAheadNetwork(nn.Module):
    """SENSOR, AGGREGATOR, ACTOR, CLASSIFIER and LOOK-AHEAD. A state (N, H + C) is the aggregate, then the sum of the
    views' log-likelihoods, which the CLASSIFIER begins from where the SENSOR is given evidence."""

    feature_mean: torch.Tensor
    feature_scale: torch.Tensor
    twist_scale: torch.Tensor
    steps: torch.Tensor

    def __init__(self, sizes: Sizes, dropout: float = 0.0, feature_dropout: float = 0.0):
        super().__init__()
        self.sizes, hidden, where = sizes, sizes.hidden, sizes.proprioception
        view = sum({FEATURE: sizes.features, EVIDENCE: 2 * sizes.classes}[name] for name in sizes.inputs)
        self.feature_dropout, self.dropout = nn.Dropout(feature_dropout), nn.Dropout(dropout)
        self.motion = nn.Sequential(nn.Linear(6, _MOTION), nn.ReLU())
        self.sensor = nn.Sequential(nn.Linear(view + _MOTION, hidden), nn.ReLU())
        self.aggregator = nn.GRUCell(hidden, hidden)
        choice = nn.Linear(hidden, sizes.motions)
        self.actor = nn.Sequential(nn.Linear(hidden + where + 1, hidden), nn.ReLU(), choice)
        self.classifier = nn.Linear(hidden, sizes.classes)
        self.log_gain = nn.Parameter(torch.tensor(-0.5))
        self.forecaster = nn.Sequential(
            nn.Linear(hidden + 2 + where, _FORECAST), nn.ReLU(), nn.Linear(_FORECAST, hidden)
        )
        self.register_buffer("feature_mean", torch.zeros(sizes.features))
        self.register_buffer("feature_scale", torch.ones(sizes.features))
        self.register_buffer("twist_scale", torch.ones(()))
        self.register_buffer("steps", torch.zeros(sizes.motions, 2))
        for layer in (choice, self.classifier):  # every motion, and every class, alike at first
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def begin(self, batch: int) -> torch.Tensor:
        """(N, H + C) the state before the first view."""
        return torch.zeros(batch, self.sizes.hidden + self.sizes.classes)

    def see(
        self, log_likelihood: torch.Tensor, feature: torch.Tensor, twist: torch.Tensor, state: torch.Tensor
    ) -> torch.Tensor:
        """SENSOR and AGGREGATOR: the state after one more view (N, C), (N, D), to which a motion (N, 6) led."""
        scores = log_likelihood.clamp(LEAST_LOG_PROBABILITY, 0.0)
        parts = [self.motion(twist / self.twist_scale)]
        if FEATURE in self.sizes.inputs:
            parts.append(self.feature_dropout((feature - self.feature_mean) / self.feature_scale))
        if EVIDENCE in self.sizes.inputs:
            parts += [scores.exp(), scores / -LEAST_LOG_PROBABILITY]
        aggregate, total = self._parted(state)
        seen = self.dropout(self.sensor(torch.cat(parts, dim=1)))
        return torch.cat([self.aggregator(seen, aggregate), total + scores], dim=1)

    def choose(self, state: torch.Tensor, proprioception: torch.Tensor, left: torch.Tensor) -> torch.Tensor:
        """ACTOR: logits (N, M) of motions, given where the camera is (N, P) and the share of motions left (N, 1)."""
        return self.actor(torch.cat([self._parted(state)[0], proprioception, left], dim=1))

    def classify(self, state: torch.Tensor) -> torch.Tensor:
        """CLASSIFIER: scores (N, C)."""
        aggregate, total = self._parted(state)
        scores = self.classifier(self.dropout(aggregate))
        return scores + self.log_gain.exp() * total if EVIDENCE in self.sizes.inputs else scores

    def forecast(self, state: torch.Tensor, motion: torch.Tensor, proprioception: torch.Tensor) -> torch.Tensor:
        """LOOK-AHEAD: the aggregate (N, H) that a motion (N,) is expected to lead to."""
        return self.forecaster(torch.cat([self._parted(state)[0], self.steps[motion], proprioception], dim=1))

    def aggregate(self, state: torch.Tensor) -> torch.Tensor:
        """(N, H) of a state."""
        return self._parted(state)[0]

    def _parted(self, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return state[:, : self.sizes.hidden], state[:, self.sizes.hidden :]
