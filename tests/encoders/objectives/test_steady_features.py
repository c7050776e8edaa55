"""Claims of steady features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import measured, trained
from objective_windows import sliding

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.objectives.steady_features import SteadyFeatures, SteadyFeaturesSettings
from activevision.errors import UserError


def rms(vector: np.ndarray) -> float:
    return float(np.sqrt((vector**2).mean()))


def test_it_agrees_with_the_formula() -> None:
    objective = SteadyFeatures(SmallCNN(5), SteadyFeaturesSettings(margin=3.0, slowness=0.5, steadiness=2.0))
    z = torch.randn(4, 4, 5)
    n = z.numpy()
    terms: dict[str, list[float]] = {"slow+": [], "slow-": [], "steady+": [], "steady-": []}
    for a in range(4):
        for b in range(4):
            for t in range(3):
                d = rms(n[a, t] - n[b, t + 1])
                terms["slow+" if a == b else "slow-"].append(d**2 if a == b else max(0.0, 3.0 - d) ** 2)
            for t in range(2):
                d = rms((n[a, t + 1] - n[a, t]) - (n[b, t + 2] - n[a, t + 1]))
                terms["steady+" if a == b else "steady-"].append(d**2 if a == b else max(0.0, 3.0 - d) ** 2)
    mean = {name: np.mean(values) for name, values in terms.items()}
    expected = 0.5 * (mean["slow+"] + mean["slow-"]) + 2.0 * (mean["steady+"] + mean["steady-"])
    assert objective.contrastive(z, torch.arange(len(z)))[0].item() == pytest.approx(expected, rel=1e-4)


def test_features_that_move_evenly_in_a_direction_of_their_own_cost_no_steadiness() -> None:
    objective = SteadyFeatures(SmallCNN(6), SteadyFeaturesSettings(margin=1.0, slowness=0.0))
    start, velocity = 10 * torch.eye(6), torch.randn(6, 6)
    time = torch.arange(5.0)[:, None]
    even = start[:, None] + time * velocity[:, None]
    loss, metrics = objective.contrastive(even, torch.arange(len(even)))
    assert loss.item() < 1e-8
    assert metrics["steady_retrieval"] == 1.0
    quickening = start[:, None] + time.square() * velocity[:, None]
    assert objective.contrastive(quickening, torch.arange(len(quickening)))[0].item() > 1


def test_neither_the_way_of_time_nor_the_order_of_windows_nor_the_motion_matters() -> None:
    objective = SteadyFeatures(SmallCNN(5)).eval()
    z = torch.randn(6, 3, 5)
    loss, metrics = objective.contrastive(z, torch.arange(len(z)))
    shuffled, _ = objective.contrastive(z[torch.randperm(6)], torch.arange(6))
    assert shuffled.item() == pytest.approx(loss.item(), rel=1e-5)
    backwards = objective.contrastive(z.flip(1), torch.arange(6))[1]
    for name in ("slow_positive", "steady_positive"):
        assert backwards[name].item() == pytest.approx(metrics[name].item(), rel=1e-5)
    batch = sliding(3).batch(np.arange(8))
    other = batch._replace(twists=torch.randn_like(batch.twists))
    assert torch.equal(objective.loss(batch).loss, objective.loss(other).loss)


def test_equal_frames_and_a_single_window_have_gradients() -> None:
    objective = SteadyFeatures(SmallCNN(5))
    for z in (torch.zeros(4, 3, 5, requires_grad=True), torch.randn(1, 3, 5, requires_grad=True)):
        loss, _ = objective.contrastive(z, torch.arange(len(z)))
        loss.backward()
        assert torch.isfinite(z.grad).all()


def test_it_learns_what_comes_next() -> None:
    after = measured(trained("steady_features", sliding(3), 60), sliding(3, seed=1), count=32)
    assert after["steady_retrieval"] > 0.5, "1 of 32 by chance"


def test_a_margin_of_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="margin=0"):
        SteadyFeaturesSettings(margin=0.0)
