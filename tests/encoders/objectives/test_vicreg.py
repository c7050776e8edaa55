"""Claims of VICReg: its three terms as they are written, and collapse is what costs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, measured, scaled, trained
from objective_windows import sliding

from activevision.encoders.objectives.variance_covariance import covariance_penalty, variance_hinge


def reference(x: np.ndarray, y: np.ndarray, weights: tuple[float, float, float]) -> float:
    dimensions, terms = x.shape[1], [((x - y) ** 2).mean(), 0.0, 0.0]
    for z in (x, y):
        terms[1] += np.maximum(0, 1 - np.sqrt(z.var(0, ddof=1) + 1e-4)).mean() / 2
        covariance = np.cov(z.T)
        squares = sum(covariance[k, m] ** 2 for k in range(dimensions) for m in range(dimensions) if k != m)
        terms[2] += squares / dimensions
    return float(np.dot(weights, terms))


def test_the_loss_agrees_with_the_formula() -> None:
    windows = sliding(3)
    objective = built("vicreg", windows, invariance=3.0, variance=5.0, covariance=2.0, projection=12)
    for parameter in objective.expander[-1].parameters():
        parameter.data *= 1e4  # so that all terms count
    batch = scaled(windows, np.arange(6))
    z = objective.expander(objective.encoder(batch.frames.flatten(0, 1))).unflatten(0, (6, 3)).detach().double().numpy()
    expected = np.mean([reference(z[:, t], z[:, t + 1], (3.0, 5.0, 2.0)) for t in range(2)])
    outcome = objective.loss(batch)
    assert outcome.loss.item() == pytest.approx(expected, rel=1e-4)
    assert min(float(outcome.metrics[name]) for name in ("invariance", "variance", "covariance")) > 1e-4


def test_uncorrelated_dimensions_of_unit_variance_cost_nothing_and_collapse_costs_the_hinge() -> None:
    signs = torch.tensor([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    assert variance_hinge(signs) == 0
    assert covariance_penalty(signs) == 0
    assert variance_hinge(torch.ones(4, 3)).item() == pytest.approx(0.99)
    repeated = signs[:, :1].repeat(1, 3)
    assert covariance_penalty(repeated).item() == pytest.approx(2 * (4 / 3) ** 2), "each repeats two others"
    for z in (torch.ones(4, 3, requires_grad=True), torch.randn(1, 3, requires_grad=True)):
        (variance_hinge(z) + covariance_penalty(z)).backward()
        assert torch.isfinite(z.grad).all()


def test_it_sees_neither_the_motion_nor_which_view_comes_first_nor_the_order_of_windows() -> None:
    objective, batch = built("vicreg", sliding(2)), scaled(sliding(2), np.arange(8))
    loss = objective.loss(batch).loss
    assert torch.equal(objective.loss(batch._replace(twists=torch.randn_like(batch.twists))).loss, loss)
    for other in (batch.frames.flip(0), batch.frames.flip(1)):
        torch.testing.assert_close(objective.loss(batch._replace(frames=other)).loss, loss)


def test_it_learns_views_that_agree_and_do_not_collapse() -> None:
    before = measured(built("vicreg", sliding(2), 32), sliding(2, seed=1), count=32)
    after = measured(trained("vicreg", sliding(2), 60), sliding(2, seed=1), count=32)
    assert after["retrieved"] > 0.45, "chance is 1 in 32"
    assert after["variance"] < before["variance"] - 0.2
