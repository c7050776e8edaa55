"""Claims of BYOL: the loss as it is written, a target that follows by the schedule, and windows that do not mix."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from brief_training import built, measured, scaled, trained
from objective_windows import sliding

from activevision.encoders.objectives.moving_average import momentum_at
from activevision.errors import UserError


def test_the_loss_agrees_with_the_formula() -> None:
    objective, batch = built("byol", sliding(3)), scaled(sliding(3), np.arange(4))
    objective.target_projector.network[-1].weight.data += 0.1  # a target of its own
    losses = []
    for window in batch.frames:
        for t in range(2):
            for x, y in ((window[t], window[t + 1]), (window[t + 1], window[t])):
                predicted = objective.predictor(objective.projector(objective.encoder(x[None])))[0]
                target = objective.target_projector.network(objective.target_encoder.network(y[None]))[0]
                losses.append(2 - 2 * (predicted @ target / (predicted.norm() * target.norm())).item())
    assert objective.loss(batch).loss.item() == pytest.approx(np.mean(losses), rel=1e-4)


def test_no_window_counts_for_another() -> None:
    """Without batch statistics the loss of a batch is the mean of those of its windows, either way round."""
    objective, batch = built("byol", sliding(2)), scaled(sliding(2), np.arange(8))
    alone = torch.stack([objective.loss(batch.part(i, i + 1)).loss for i in range(8)])
    torch.testing.assert_close(objective.loss(batch).loss, alone.mean())
    torch.testing.assert_close(objective.loss(batch._replace(frames=batch.frames.flip(1))).loss, alone.mean())


def test_the_target_learns_from_after_step_alone_along_the_schedule() -> None:
    objective = built("byol", sliding(2), momentum=0.9).train()
    objective.loss(scaled(sliding(2), np.arange(8))).loss.backward()
    for target in (objective.target_encoder, objective.target_projector):
        assert all(p.grad is None and not p.requires_grad for p in target.parameters())
    online, target = objective.projector[0].weight, objective.target_projector.network[0].weight
    before = target.clone()
    online.data += 1.0
    for done, momentum in ((0.0, 0.9), (0.5, 0.95), (1.0, 1.0)):
        target.data = before.clone()
        objective.after_step(done)
        torch.testing.assert_close(target, momentum * before + (1 - momentum) * online)
    assert momentum_at(0.99, 0.25) == pytest.approx(1 - 0.01 * (math.cos(math.pi / 4) + 1) / 2)


def test_the_target_is_in_the_checkpoint() -> None:
    objective, other = built("byol", sliding(2)), built("byol", sliding(2))
    objective.encoder.head.weight.data += 1
    objective.after_step(0.0)
    other.load_state_dict(objective.state_dict())
    weights = [o.target_encoder.network.head.weight for o in (objective, other)]
    assert torch.equal(*weights)
    assert not torch.equal(weights[0], objective.encoder.head.weight)


def test_a_momentum_beyond_one_is_refused() -> None:
    with pytest.raises(UserError, match=r"momentum=1\.5"):
        built("byol", sliding(2), momentum=1.5)


def test_it_learns_to_find_the_other_view_of_new_windows() -> None:
    after = measured(trained("byol", sliding(2), 80, rate=6e-3, momentum=0.98), sliding(2, seed=1), count=32)
    assert after["retrieved"] > 0.1, "chance is 1 in 32"
    assert after["similarity"] > 0.4
