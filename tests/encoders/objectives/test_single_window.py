"""The last batch of an epoch, or a part of one, may be no more than a single window."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built
from objective_windows import windows_for

from activevision.encoders.objectives import objective_class

NAMES = (
    "action_conditional_prediction",
    "arrow_of_time",
    "context_prediction",
    "cross_pixel_flow",
    "inverse_graphics",
    "object_centric",
    "shuffle_and_learn",
    "slow_features",
    "steady_features",
    "transitive_invariance",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_single_window_has_a_loss_metrics_and_gradients(name: str) -> None:
    windows = windows_for(objective_class(name))
    objective = built(name, windows, 16).train()
    outcome = objective.loss(windows.batch(np.arange(1)))
    outcome.loss.backward()
    assert torch.isfinite(outcome.loss)
    assert all(torch.isfinite(metric) for metric in outcome.metrics.values())
    assert all(torch.isfinite(p.grad).all() for p in objective.parameters() if p.grad is not None)
