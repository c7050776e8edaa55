"""Claims of looking ahead: the aggregate knows only the past, the forecast needs the motion, and it comes true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from brief_training import built, measured, of_others, trained
from objective_windows import sliding
from turning_windows import turning

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.objectives.look_ahead import LookAhead, LookAheadSettings
from activevision.rollouts.windows import Windows


@pytest.fixture
def look_ahead() -> LookAhead:
    torch.manual_seed(0)
    return LookAhead(SmallCNN(5), torch.ones(6), LookAheadSettings(hidden=7, temperature=0.2)).eval()


def test_the_loss_is_a_softmax_over_all_aggregates(look_ahead: LookAhead) -> None:
    ahead, aggregates = torch.randn(3, 3, 7), torch.randn(3, 4, 7)
    a, k = ahead.double().numpy(), aggregates.double().numpy()
    terms, right = [], []
    for b in range(3):
        for t in range(3):
            cosine = np.array([[a[b, t] @ y / np.linalg.norm(a[b, t]) / np.linalg.norm(y) for y in ys] for ys in k])
            terms.append(np.log(np.exp(cosine / 0.2).sum()) - cosine[b, t + 1] / 0.2)
            right.append(cosine.argmax() == b * 4 + t + 1)
    loss, metrics = look_ahead.forecasting(ahead, aggregates, torch.arange(3))
    assert loss.item() == pytest.approx(np.mean(terms), rel=1e-5)
    assert metrics["look_ahead_accuracy"].item() == pytest.approx(np.mean(right))


def test_other_windows_of_the_scene_are_left_out(look_ahead: LookAhead) -> None:
    ahead, aggregates = torch.randn(2, 2, 7), torch.randn(2, 3, 7)
    loss, _ = look_ahead.forecasting(ahead, aggregates, torch.tensor([5, 5]))
    alone = [look_ahead.forecasting(ahead[[b]], aggregates[[b]], torch.tensor([5]))[0].item() for b in (0, 1)]
    assert loss.item() == pytest.approx(np.mean(alone), rel=1e-5)


def test_the_temperature_divides_full_precision_under_autocast(look_ahead: LookAhead) -> None:
    ahead, aggregates = torch.randn(3, 3, 7), torch.randn(3, 4, 7)
    loss, _ = look_ahead.forecasting(ahead, aggregates, torch.arange(3))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(look_ahead.forecasting(ahead, aggregates, torch.arange(3))[0], loss)


def test_aggregates_know_the_past_and_nothing_else(look_ahead: LookAhead) -> None:
    features, motions = torch.randn(2, 4, 5), torch.randn(2, 3, 6)
    before = look_ahead.aggregates(features, motions)
    features[:, 2] += 1
    motions[:, 2] += 1  # leads to the last view
    after = look_ahead.aggregates(features, motions)
    assert torch.equal(before[:, :2], after[:, :2])
    assert not torch.isclose(before[:, 2:], after[:, 2:]).all(-1).any()


def test_constant_aggregates_cost_what_guessing_does(look_ahead: LookAhead) -> None:
    constant = torch.ones(3, 4, 7)
    loss, metrics = look_ahead.forecasting(constant[:, 1:], constant, torch.arange(3))
    assert loss.item() == pytest.approx(np.log(12), rel=1e-5)
    assert metrics["look_ahead_accuracy"] <= 1 / 9
    perfect = torch.randn(3, 4, 7)
    assert look_ahead.forecasting(perfect[:, 1:], perfect, torch.arange(3))[1]["look_ahead_accuracy"] == 1


def test_it_does_not_see_the_order_of_windows(look_ahead: LookAhead) -> None:
    windows = sliding(3)
    batch, order = windows.batch(np.arange(10)), torch.randperm(10)
    other = batch._replace(frames=batch.frames[order], twists=batch.twists[order], scenes=batch.scenes[order])
    torch.testing.assert_close(look_ahead.loss(batch).loss, look_ahead.loss(other).loss)


def test_it_learns_to_look_ahead_and_by_the_motion() -> None:
    seen, new = (replace(turning(seed=seed), windows=Windows(4)) for seed in (0, 1))
    objective = trained("look_ahead", seen, 60, rate=5e-3)
    before, after = measured(built("look_ahead", seen, 32), new), measured(objective, new)
    assert before["look_ahead_accuracy"] < 0.1
    assert after["look_ahead_accuracy"] > 0.6, "chance is 1 / 192"
    assert measured(objective, new, of_others)["loss"] > after["loss"] + 0.1, "other motions mislead it"
