"""Claims of anticipation: only the best future is corrected, constants are worth nothing, and futures are foreseen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, measured, trained
from objective_windows import windows_for

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.collapse import rank_me
from activevision.encoders.objectives.anticipation import Anticipation, AnticipationSettings
from activevision.encoders.objectives.feature_regression import feature_regression
from activevision.errors import UserError


def test_the_loss_is_that_of_the_best_prediction_of_scaled_features() -> None:
    torch.manual_seed(0)
    predicted, futures = torch.randn(7, 3, 5), torch.randn(7, 5) * torch.tensor([1.0, 9, 0.1, 2, 3]) + 4
    scaled = (futures.double().numpy() - futures.double().numpy().mean(0)) / futures.double().numpy().std(0)
    error = [[((p - y) ** 2).mean() for p in ps] for ps, y in zip(predicted.double().numpy(), scaled, strict=True)]
    loss, metrics = feature_regression(predicted, futures)
    assert loss.item() == pytest.approx(np.mean([min(e) for e in error]), rel=1e-4)
    right = []
    for n in range(7):
        nearest = [min(((p - y) ** 2).sum() for p in predicted[n].double().numpy()) for y in scaled]
        right.append(np.argmin(nearest) == n)
    assert metrics["retrieval_accuracy"].item() == pytest.approx(np.mean(right))


def test_only_the_best_of_the_mixtures_learns_and_their_order_does_not_matter() -> None:
    torch.manual_seed(0)
    predicted, futures = torch.randn(7, 3, 5, requires_grad=True), torch.randn(7, 5)
    loss, _ = feature_regression(predicted, futures)
    loss.backward()
    assert (predicted.grad.abs().sum(-1) > 0).sum(1).tolist() == [1] * 7
    torch.testing.assert_close(feature_regression(predicted[:, [2, 0, 1]], futures)[0], loss)
    torch.testing.assert_close(feature_regression(predicted, futures * 3 + 1)[0], loss, msg="scale means nothing")


def test_constant_features_explain_nothing_and_perfect_predictions_everything() -> None:
    futures = torch.randn(50, 5)
    futures = (futures - futures.mean(0)) / futures.std(0, correction=0)
    assert feature_regression(torch.zeros(50, 1, 5), futures)[1]["explained"].item() == pytest.approx(0, abs=1e-4)
    loss, metrics = feature_regression(futures[:, None], futures)
    assert loss < 1e-9
    assert metrics["retrieval_accuracy"] == 1
    assert feature_regression(futures[:, None], torch.ones(50, 5))[0] > 0.9, "a target that collapsed is no help"


def test_the_target_is_frozen_or_follows_and_never_gets_a_gradient() -> None:
    windows = windows_for(Anticipation)
    for momentum in (1.0, 0.9):
        torch.manual_seed(0)
        objective = Anticipation(SmallCNN(8), AnticipationSettings(momentum=momentum))
        objective.loss(windows.batch(np.arange(6))).loss.backward()
        assert all(p.grad is None for p in objective.target.parameters())
        with torch.no_grad():
            objective.encoder.head.weight += 1
        before = objective.target.network.head.weight.clone()
        objective.after_step(0.0)
        change = objective.target.network.head.weight - before
        torch.testing.assert_close(change, torch.full_like(change, 1 - momentum), rtol=1e-3, atol=1e-6)
    with pytest.raises(UserError, match=r"momentum=1\.5"):
        AnticipationSettings(momentum=1.5)


def test_it_learns_what_comes_next_without_a_collapse() -> None:
    seen, new = windows_for(Anticipation), windows_for(Anticipation, seed=1)
    objective = trained("anticipation", seen, 80, rate=5e-3, mixtures=2)
    before, after = measured(built("anticipation", seen, 32, mixtures=2), new), measured(objective, new)
    assert after["explained"] > max(0.3, before["explained"] + 0.2)
    assert after["retrieval_accuracy"] > 0.04, "chance is 1 / 160"
    frames = new.batch(np.arange(100)).frames[:, 0]
    with torch.no_grad():
        assert rank_me(objective.encoder(frames).numpy()) > 4
