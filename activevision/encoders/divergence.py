"""Training that has lost its way: found before a step spoils the weights, and told in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.windows import Rows


def is_finite(loss: torch.Tensor, model: nn.Module) -> bool:
    """Whether a loss () and the gradients that a model has are finite."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    return bool(torch.isfinite(loss)) and bool(torch.isfinite(nn.utils.get_total_norm(gradients)))


def check_motions(dataset: WindowDataset) -> None:
    """UserError that names the episodes with motions which are not finite: objectives are fitted to all of them."""
    bad = dataset.store.numbers[dataset.window_episodes[~np.isfinite(dataset.window_twists).all((1, 2))]]
    if len(bad):
        raise UserError(
            f"the motions of {named_episodes(bad)} are not finite: collect them again, or leave them out "
            "(`activevision data check --deep` says more)."
        )


def diverged(dataset: WindowDataset, items: Rows, step: int, loss: torch.Tensor, kept: tuple[Path, int]) -> UserError:
    """The error of a step whose loss or gradients are not finite on the windows ``items``.

    kept: the last checkpoint and its step; 0 where none was written yet.
    """
    path, at = kept
    episodes = dataset.store.numbers[dataset.window_episodes[items]]
    what = f"a loss of {loss.item():.4g}" + (" with gradients that are not finite" if torch.isfinite(loss) else "")
    checkpoint = f"{path} is kept as it was after step {at}" if at else "no checkpoint was written before"
    return UserError(
        f"step {step} came to {what}, on windows of {named_episodes(episodes)}; {checkpoint}: "
        "start in another --out with a lower --learning-rate, or without what is wrong with these episodes "
        "(`activevision data check --deep`)."
    )


def named_episodes(numbers: NDArray[np.int64]) -> str:
    """ "episodes 1–3, 7": each once, in order."""
    each = np.unique(numbers)
    stretches = np.split(each, np.flatnonzero(np.diff(each) > 1) + 1)
    runs = [f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in stretches]
    return f"{'episode' if len(each) == 1 else 'episodes'} {', '.join(runs)}"
