"""Training an objective for some seconds, to see whether it learns at all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from objective_windows import windows_for

from activevision.encoders.augmentation import augment_windows
from activevision.encoders.backbones import build_backbone
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives import objective_class
from activevision.encoders.objectives.objective import Objective
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch


def trained(
    name: str, steps: int, windows: WindowDataset | None = None, settings: tuple[str, ...] = (), seed: int = 0
) -> tuple[Objective, dict[str, float], dict[str, float]]:
    """An objective after some steps, with its metrics and its loss ("loss") on all windows before and after them."""
    windows = windows or windows_for(objective_class(name))
    torch.manual_seed(seed)
    config = PretrainConfig(objective=name, embedding=32, settings=settings)
    kind = objective_class(name)
    objective = kind.from_config(config, build_backbone("small-cnn", 32), windows)
    optimiser = torch.optim.AdamW([p for p in objective.parameters() if p.requires_grad], lr=5e-3)
    before = measured(objective, windows)
    for step in range(steps):
        generator = np.random.default_rng([seed, step])
        batch = augment_windows(windows.batch(generator.choice(len(windows), 32)), 1, 0.1, generator)
        optimiser.zero_grad()
        objective.loss(batch).loss.backward()
        optimiser.step()
        objective.after_step((step + 1) / steps)
    return objective, before, measured(objective, windows)


def measured(
    objective: Objective, windows: WindowDataset, change: Callable[[Batch], Batch] = lambda batch: batch
) -> dict[str, float]:
    """Metrics and loss on all windows, by the statistics of these in every normalisation, as in training."""
    torch.manual_seed(0)
    with torch.no_grad():
        loss, metrics, _ = objective.loss(change(windows.batch(np.arange(len(windows)))))
    return {"loss": float(loss), **{name: float(value) for name, value in metrics.items()}}
