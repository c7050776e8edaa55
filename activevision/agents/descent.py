"""Gradient descent as every small network here is trained."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from activevision.progress import progress


def descend(
    optimiser: torch.optim.Optimizer,
    rate: float,
    steps: int,
    loss: Callable[[int], torch.Tensor],
    what: str,
    rising: float = 0.3,
) -> None:
    """So many steps down ``loss``, which is given the number of the step, with a progress bar called ``what``.

    The learning rate rises to ``rate`` over the share ``rising`` of the steps and falls to nothing over the others
    (Smith & Topin, *Super-convergence*, 2018); where that share is not more than one step, it only falls. Gradients are
    cut to a norm of 1.
    """
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    share = rising if rising * steps > 1 else 0.0  # torch divides by what exceeds one step
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=share)
    with progress(what, steps, "steps") as advance:
        for step in range(steps):
            value = loss(step)
            optimiser.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            schedule.step()
            advance(1)
