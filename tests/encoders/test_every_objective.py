"""What every objective promises, whatever it minimises."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from objective_windows import windows_for

from activevision.encoders.config import PretrainConfig
from activevision.encoders.divergence import is_finite
from activevision.encoders.objectives import OBJECTIVES, objective_class
from activevision.encoders.objectives.objective import Objective
from activevision.encoders.training_model import TrainingModel


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if objective_class(name).learns])
def test_it_is_one_and_teaches_its_encoder(name: str) -> None:
    kind = objective_class(name)
    assert issubclass(kind, Objective)
    assert kind.paper
    windows = windows_for(kind)
    torch.manual_seed(0)
    model = TrainingModel.build(PretrainConfig(objective=name, embedding=16), windows)
    batch = windows.batch(np.arange(12))
    torch.manual_seed(1)
    outcome = model.objective.loss(batch)
    assert outcome.loss.shape == ()
    assert torch.isfinite(outcome.loss)
    assert outcome.features.shape[::2] == (12, 16)
    assert not any(metric.requires_grad for metric in outcome.metrics.values())
    outcome.loss.backward()
    reached = [p.grad is not None and p.grad.abs().sum() > 0 for p in model.objective.encoder.parameters()]
    assert any(reached), "no gradient reaches the encoder"
    losses = []
    for _ in range(2):
        torch.manual_seed(1)
        losses.append(TrainingModel.build(PretrainConfig(objective=name, embedding=16), windows)(batch).loss)
    assert torch.equal(*losses), "what it draws must follow from torch's seed"


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if objective_class(name).learns])
def test_half_precision_gives_a_loss_and_gradients_that_are_finite(name: str) -> None:
    """As on GPUs, where the loop computes in bfloat16 what autocast lets it."""
    windows = windows_for(objective_class(name))
    torch.manual_seed(0)
    model = TrainingModel.build(PretrainConfig(objective=name, embedding=16), windows)
    with torch.autocast("cpu", torch.bfloat16):
        outcome = model(windows.batch(np.arange(12)))
    outcome.loss.backward()
    assert is_finite(outcome.loss, model)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_labels_do_not_reach_it(name: str) -> None:
    windows = windows_for(objective_class(name))
    torch.manual_seed(0)
    objective = TrainingModel.build(PretrainConfig(objective=name, embedding=16), windows).objective.eval()
    batch = windows.batch(np.arange(12))
    losses = []
    for labels in (batch.labels, 1 - batch.labels):
        torch.manual_seed(1)
        losses.append(objective.loss(batch._replace(labels=labels)).loss)
    assert torch.equal(*losses)
