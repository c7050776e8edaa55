"""Claims of SIE: the loss as it is written, what is split stays split, and the motion is used."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, measured, opposite, scaled, trained
from objective_windows import sliding

from activevision.encoders.objectives.sie import HyperPredictor
from activevision.errors import UserError


def hinge(z: np.ndarray) -> float:
    return float(np.maximum(0, 1 - np.sqrt(z.var(0, ddof=1) + 1e-4)).mean())


def correlated(z: np.ndarray) -> float:
    covariance = np.cov(z.T)
    return float((covariance**2).sum() - (np.diag(covariance) ** 2).sum()) / z.shape[1]


def test_the_loss_agrees_with_the_formula() -> None:
    windows = sliding(3)
    objective = built("sie", windows, invariance=2.0, equivariance=3.0, variance=4.0, covariance=5.0, projection=6)
    for net in (objective.invariant, objective.equivariant):
        net[-1].weight.data *= 3e3  # so that all terms count
    batch = scaled(windows, np.arange(7))
    z = objective.encoder(batch.frames.flatten(0, 1))
    inv = objective.invariant(z[:, :4]).unflatten(0, (7, 3)).detach().double().numpy()
    equi = objective.equivariant(z[:, 4:]).unflatten(0, (7, 3)).detach().double().numpy()
    action = (batch.twists / objective.actions.scale).double().numpy()
    weight, bias = (p.detach().double().numpy() for p in objective.predictor.weights.parameters())
    expected = []
    for t in range(2):
        for i, j, a in ((t, t + 1, action[:, t]), (t + 1, t, -action[:, t])):
            predicted = np.stack([(weight @ b + bias).reshape(6, 6) @ x for b, x in zip(a, equi[:, i], strict=True)])
            both = [np.concatenate([inv[:, k], equi[:, k]], 1) for k in (i, j)]
            terms = [
                ((inv[:, i] - inv[:, j]) ** 2).mean(),
                ((predicted - equi[:, j]) ** 2).mean(),
                (hinge(both[0]) + hinge(both[1]) + hinge(predicted)) / 2,
                correlated(both[0]) + correlated(both[1]),
            ]
            expected.append(np.dot([2.0, 3.0, 4.0, 5.0], terms))
    outcome = objective.loss(batch)
    assert outcome.loss.item() == pytest.approx(np.mean(expected), rel=1e-3)
    assert min(float(outcome.metrics[n]) for n in ("invariance", "equivariance", "variance", "covariance")) > 1e-3


def test_each_half_of_the_features_has_its_own_loss() -> None:
    for name, learns in (("invariance", slice(0, 4)), ("equivariance", slice(4, 8))):
        weights = {n: float(n == name) for n in ("invariance", "equivariance", "variance", "covariance")}
        objective = built("sie", sliding(2), **weights).train()
        objective.loss(scaled(sliding(2), np.arange(8))).loss.backward()
        reached = objective.encoder.head.weight.grad.abs().sum(1) > 0
        assert reached[learns].all()
        assert reached.sum() == 4


def test_the_predictor_is_linear_in_the_embedding_and_does_nothing_without_a_motion() -> None:
    torch.manual_seed(0)
    predictor = HyperPredictor(5)
    x, y, actions = torch.randn(4, 5), torch.randn(4, 5), torch.randn(4, 6)
    torch.testing.assert_close(predictor(x, torch.zeros(4, 6)), x)
    torch.testing.assert_close(predictor(2 * x + y, actions), 2 * predictor(x, actions) + predictor(y, actions))
    assert not torch.allclose(predictor(x, actions), x)


def test_windows_have_no_order_and_a_film_may_run_backwards() -> None:
    objective, batch = built("sie", sliding(2)), scaled(sliding(2), np.arange(8))
    loss = objective.loss(batch).loss
    backwards = batch._replace(frames=batch.frames.flip(1), twists=-batch.twists)
    shuffled = batch._replace(frames=batch.frames.flip(0), twists=batch.twists.flip(0))
    for same in (backwards, shuffled):
        torch.testing.assert_close(objective.loss(same).loss, loss)


def test_features_that_cannot_be_split_are_refused() -> None:
    with pytest.raises(UserError, match="at least 2"):
        built("sie", sliding(2), embedding=1)


def test_it_learns_what_a_motion_does_to_new_windows() -> None:
    objective, windows = trained("sie", sliding(2), 80), sliding(2, seed=1)
    right = measured(objective, windows, count=32)
    assert right["retrieved"] > 0.4, "chance is 1 in 32"
    wrong = measured(objective, windows, opposite, count=32)
    assert wrong["error"] > 1.15 * right["error"], "the opposite motion predicts worse"
