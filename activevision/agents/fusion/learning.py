"""How fusions that are networks learn: from random walks, and for as long as it helps with scenes not learnt from."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from activevision.agents.descent import descend
from activevision.agents.evidence import Walk
from activevision.agents.lessons import CALIBRATION_WALKS, Lessons

_LOOKS = 20  # at validation walks, evenly over the training, beside one at its end


class Course(Protocol):
    """How long a network learns, and how fast."""

    @property
    def steps(self) -> int: ...

    @property
    def batch_size(self) -> int: ...

    @property
    def learning_rate(self) -> float: ...


def learn(
    network: nn.Module,
    surprise: Callable[[Walk], torch.Tensor],
    lessons: Lessons,
    course: Course,
    optimiser: torch.optim.Optimizer,
    seed: list[int],
    kind: Any,
) -> None:
    """Train on random walks, and leave the network with those of its weights that validation walks surprised least.

    A network soon knows a few hundred training scenes by heart, since it walks them without end. Early stopping
    (Prechelt, *Early stopping — but when?*, 1998) keeps what it had learnt by then of scenes in general; where that is
    nothing, it stays what it began as.

    surprise: of ``network``, the mean negative log-likelihood of a walk's labels after every view. seed: of the walks.
    kind: the fusion's class, which is made of such a network alone. Same seed, same weights, whoever watches.
    """
    generator, watch = np.random.default_rng(seed), lessons.watch
    held_out = lessons.val_walk(CALIBRATION_WALKS, np.random.default_rng([*seed, 1]))
    least, best = np.inf, network.state_dict()

    def look() -> None:
        nonlocal least, best
        with torch.no_grad():
            found = float(surprise(held_out))
        if watch is not None:
            watch.note({"val/loss": found})
        if found < least:
            least, best = found, copy.deepcopy(network.state_dict())

    def loss(step: int) -> torch.Tensor:
        if step * _LOOKS // course.steps > (step - 1) * _LOOKS // course.steps:
            look()
        value = surprise(lessons.walk(course.batch_size, generator))
        if watch is not None:
            watch.note({"train/loss": float(value.detach())})
        return value

    if watch is not None:
        watch.follow(lambda: kind(copy.deepcopy(network)), course.steps)
    descend(optimiser, course.learning_rate, course.steps, loss, f"Training the {kind.name} fusion")
    look()
    network.load_state_dict(best)
