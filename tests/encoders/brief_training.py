"""A few seconds of training, to see whether an objective's own metrics move."""

from __future__ import annotations

import numpy as np
import torch

from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective
from activevision.encoders.training_model import TrainingModel
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch


def trained(
    name: str,
    windows: WindowDataset,
    steps: int,
    seed: int = 0,
    batch: int = 32,
    rate: float = 3e-3,
    **settings: object,
) -> Objective:
    """The objective of that name after so many steps of Adam on windows drawn at random."""
    torch.manual_seed(seed)
    words = tuple(f"{setting}={value}" for setting, value in settings.items())
    config = PretrainConfig(objective=name, embedding=32, settings=words)
    objective = TrainingModel.build(config, windows).objective.train()
    optimiser = torch.optim.Adam([p for p in objective.parameters() if p.requires_grad], lr=rate)
    generator = np.random.default_rng(seed)
    for step in range(steps):
        loss = objective.loss(scaled(windows, generator.integers(0, len(windows), batch))).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        objective.after_step((step + 1) / steps)
    return objective.eval()


@torch.no_grad()
def measured(objective: Objective, windows: WindowDataset, count: int = 32) -> dict[str, float]:
    """The objective's metrics on so many windows, one of each episode as far as there are."""
    items = np.linspace(0, len(windows) - 1, count).astype(np.int64)
    return {name: float(value) for name, value in objective.loss(scaled(windows, items)).metrics.items()}


def scaled(windows: WindowDataset, items: np.ndarray) -> Batch:
    """Windows as the loop gives them to an objective, without augmentation."""
    batch = windows.batch(items)
    return batch._replace(frames=batch.frames / 255.0)


def built(name: str, windows: WindowDataset, embedding: int = 8, **settings: object) -> Objective:
    """The objective of that name with fresh weights, in evaluation mode."""
    torch.manual_seed(0)
    words = tuple(f"{setting}={value}" for setting, value in settings.items())
    config = PretrainConfig(objective=name, embedding=embedding, settings=words)
    return TrainingModel.build(config, windows).objective.eval()
