"""Some seconds of training, to see whether an objective learns, and what it says of windows before and after."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from activevision.encoders.augmentation import augment_windows
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.objective import Objective
from activevision.encoders.training_model import TrainingModel
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch


def built(name: str, windows: WindowDataset, embedding: int = 8, seed: int = 0, **settings: object) -> Objective:
    """The objective of that name with fresh weights, in evaluation mode."""
    torch.manual_seed(seed)
    words = tuple(f"{setting}={value}" for setting, value in settings.items())
    config = PretrainConfig(objective=name, embedding=embedding, settings=words)
    return TrainingModel.build(config, windows).objective.eval()


def trained(
    name: str,
    windows: WindowDataset,
    steps: int,
    embedding: int = 32,
    rate: float = 3e-3,
    seed: int = 0,
    **settings: object,
) -> Objective:
    """``built`` after so many steps on batches of 32 windows, shifted by a pixel and recoloured, in evaluation mode."""
    objective = built(name, windows, embedding, seed, **settings).train()
    optimiser = torch.optim.AdamW([p for p in objective.parameters() if p.requires_grad], lr=rate)
    generator = np.random.default_rng(seed)
    for step in range(steps):
        items = generator.choice(len(windows), min(32, len(windows)), replace=False)
        optimiser.zero_grad()
        objective.loss(augment_windows(windows.batch(items), 1, 0.05, generator)).loss.backward()
        optimiser.step()
        objective.after_step((step + 1) / steps)
    return objective.eval()


@torch.no_grad()
def measured(
    objective: Objective,
    windows: WindowDataset,
    change: Callable[[Batch], Batch] = lambda batch: batch,
    count: int | None = None,
) -> dict[str, float]:
    """The objective's metrics and its loss ("loss") on windows as ``change`` leaves them: all, or so many, spread
    evenly over the episodes. What it draws, and what ``change`` draws from torch, is the same in every call."""
    items = np.arange(len(windows)) if count is None else np.linspace(0, len(windows) - 1, count).astype(np.int64)
    torch.manual_seed(0)
    loss, metrics, _ = objective.loss(change(scaled(windows, items)))
    return {"loss": float(loss), **{name: float(value) for name, value in metrics.items()}}


def scaled(windows: WindowDataset, items: np.ndarray) -> Batch:
    """Windows as the loop gives them to an objective, without augmentation."""
    batch = windows.batch(items)
    return batch._replace(frames=batch.frames / 255.0)


def opposite(batch: Batch) -> Batch:
    """The same views, said to be related by the motions the other way."""
    return batch._replace(twists=-batch.twists)


def of_others(batch: Batch) -> Batch:
    """The same views, said to be related by the motions of other windows."""
    return batch._replace(twists=batch.twists[torch.randperm(len(batch.twists))])
