"""A few steps of training, to see whether an objective learns at all."""

from __future__ import annotations

import numpy as np
import torch

from activevision.encoders.augmentation import augment_windows
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective
from activevision.encoders.training_model import TrainingModel
from activevision.rollouts.dataset import WindowDataset


def build(name: str, windows: WindowDataset, embedding: int = 16, seed: int = 0) -> Objective:
    torch.manual_seed(seed)
    return TrainingModel.build(PretrainConfig(objective=name, embedding=embedding), windows).objective


def train(objective: Objective, windows: WindowDataset, steps: int, seed: int = 0) -> dict[str, float]:
    """The metrics of the last tenth of the steps, averaged. Batches of 32 windows, a little recoloured."""
    optimiser = torch.optim.AdamW(objective.parameters(), lr=3e-3)
    generator = np.random.default_rng(seed)
    torch.manual_seed(seed)
    seen: list[dict[str, float]] = []
    for _ in range(steps):
        items = generator.choice(len(windows), min(32, len(windows)), replace=False)
        outcome = objective.loss(augment_windows(windows.batch(items), 0, 0.05, generator))
        optimiser.zero_grad()
        outcome.loss.backward()
        optimiser.step()
        seen.append({name: float(value) for name, value in outcome.metrics.items()})
    last = seen[-max(1, steps // 10) :]
    return {name: float(np.mean([metrics[name] for metrics in last])) for name in last[0]}
