"""A learned recurrent aggregator of evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from activevision.agents.config import AgentConfig
from activevision.agents.evidence import Evidence, Walk
from activevision.agents.fusion.fusion import Belief, normalise, uniform
from activevision.agents.fusion.learning import learn
from activevision.agents.lessons import Lessons
from activevision.agents.torch_file import read_content, write_content


class _Aggregator(nn.Module):
    """h_t = GRU([log p(c | view_t), egomotion_t], h_t−1); belief ∝ exp(g · Σ_i log p(c | view_i) + W h_t).

    It starts as a product of experts and learns what to add: how much a view says given the ones before it.
    """

    def __init__(self, classes: int, hidden: int):
        super().__init__()
        self.classes, self.hidden = classes, hidden
        self.cell = nn.GRUCell(classes + 6, hidden)
        self.head = nn.Linear(hidden, classes)
        self.log_gain = nn.Parameter(torch.tensor(-0.5))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self, log_likelihood: torch.Tensor, twist: torch.Tensor, total: torch.Tensor, hidden: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """One view: (N, C), (N, 6), running sum (N, C), hidden (N, H) → scores (N, C), new sum, new hidden."""
        total = total + log_likelihood
        hidden = self.cell(torch.cat([log_likelihood.clamp(min=-10) / 5 + 0.5, twist], dim=1), hidden)
        return self.log_gain.exp() * total + self.head(hidden), total, hidden

    def surprise(self, walk: Walk) -> torch.Tensor:
        """Mean negative log-likelihood of the labels after every view."""
        evidence, twist, label = (torch.from_numpy(part) for part in walk)
        walks, views = evidence.shape[:2]
        total, hidden = torch.zeros(walks, self.classes), torch.zeros(walks, self.hidden)
        surprise = torch.zeros(())
        for view in range(views):
            scores, total, hidden = self(evidence[:, view], twist[:, view], total, hidden)
            surprise = surprise + nn.functional.cross_entropy(scores, label) / views
        return surprise


class Recurrent:
    """Evidence and egomotion through a GRU (the AGGREGATOR of Jayaraman & Grauman, ECCV 2016), trained to be right
    after every view of random walks. Depends on the order of views."""

    name, suffix = "recurrent", ".pt"

    def __init__(self, aggregator: _Aggregator):
        self._aggregator = aggregator.eval()

    def init(self, batch: int) -> Belief:
        size = self._aggregator.classes + self._aggregator.hidden
        return Belief(uniform(batch, self._aggregator.classes), np.zeros((batch, size), np.float32))

    @torch.no_grad()
    def update(self, belief: Belief, evidence: Evidence, egomotion: NDArray[np.float32]) -> Belief:
        state = torch.from_numpy(belief.state)
        total, hidden = state[:, : self._aggregator.classes], state[:, self._aggregator.classes :]
        scores, total, hidden = self._aggregator(
            torch.from_numpy(evidence.log_likelihood), torch.from_numpy(np.float32(egomotion)), total, hidden
        )
        return Belief(normalise(scores.numpy()), torch.cat([total, hidden], dim=1).numpy())

    @classmethod
    def fit(cls, lessons: Lessons, config: AgentConfig, seed: int) -> Recurrent:
        settings, classes = config.recurrent, len(lessons.classes)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            aggregator = _Aggregator(classes, settings.hidden)
            optimiser = torch.optim.Adam(aggregator.parameters(), lr=settings.learning_rate, weight_decay=1e-4)
            learn(aggregator, aggregator.surprise, lessons, settings, optimiser, [seed, 7], cls)
        return cls(aggregator)

    def save(self, path: Path) -> None:
        module = self._aggregator
        write_content(path, {"classes": module.classes, "hidden": module.hidden, "weights": module.state_dict()})

    @classmethod
    def load(cls, path: Path) -> Recurrent:
        return cls(read_content(path, "aggregator", _rebuilt))


def _rebuilt(content: dict[str, Any]) -> _Aggregator:
    aggregator = _Aggregator(content["classes"], content["hidden"])
    aggregator.load_state_dict(content["weights"])
    return aggregator
