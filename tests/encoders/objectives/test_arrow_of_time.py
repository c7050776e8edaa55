"""Claims of the arrow of time."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from brief_training import measured, trained
from objective_windows import sliding

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.objectives.arrow_of_time import ArrowOfTime
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.windows import Windows


def quickening(episodes: int = 64, size: int = 16, seed: int = 0) -> WindowDataset:
    """A bright bar that starts from rest, to the left or to the right: 0, 1 and 4 steps away at times 0, 1 and 2."""
    generator = np.random.default_rng(seed)
    frames = generator.integers(0, 60, (episodes, 3, size, size, 3)).astype(np.uint8)
    for e in range(episodes):
        way, start = generator.choice([-1, 1]), size // 2 + generator.integers(-1, 2)
        for t in range(3):
            x = start + way * t**2
            frames[e, t, :, x - 1 : x + 2] = 220
    names = np.array([f"bar-{e}" for e in range(episodes)])
    twists = np.zeros((episodes, 2, 6), np.float32)
    return WindowDataset.of_episodes(frames, twists, np.zeros(episodes, np.int64), names, ("bar",), Windows(3))


def test_it_agrees_with_the_formula() -> None:
    torch.manual_seed(0)
    objective = ArrowOfTime(SmallCNN(4), views=3)
    z = torch.randn(7, 3, 4)
    costs, right = [], []
    for first, second, third in z:
        for frames, runs_forwards in (((first, second, third), True), ((third, second, first), False)):
            with torch.no_grad():
                p = 1 / (1 + math.exp(-objective.score(torch.cat(frames)).item()))
            costs.append(-math.log(p if runs_forwards else 1 - p))
            right.append((p > 0.5) == runs_forwards)
    loss, metrics = objective.direction(z)
    assert loss.item() == pytest.approx(np.mean(costs), rel=1e-4)
    assert metrics["arrow_accuracy"].item() == pytest.approx(np.mean(right))


def test_nothing_can_tell_the_direction_of_what_goes_there_and_back() -> None:
    for seed in range(5):
        torch.manual_seed(seed)
        objective = ArrowOfTime(SmallCNN(4), views=3)
        torch.nn.init.normal_(objective.score[-1].weight, std=5.0)
        out = torch.randn(9, 2, 4)
        loss, metrics = objective.direction(torch.cat([out, out[:, :1]], 1))
        assert loss.item() >= math.log(2)
        assert metrics["arrow_accuracy"].item() == pytest.approx(0.5)


def test_a_world_shown_in_both_directions_has_no_arrow() -> None:
    """Where every window is there backwards too, no score does better than chance, whatever it is."""
    torch.manual_seed(0)
    objective = ArrowOfTime(SmallCNN(4), views=3)
    torch.nn.init.normal_(objective.score[-1].weight, std=5.0)
    z = torch.randn(9, 3, 4)
    loss, metrics = objective.direction(torch.cat([z, z.flip(1)]))
    assert loss.item() >= math.log(2)
    assert metrics["arrow_accuracy"].item() == pytest.approx(0.5)


def test_neither_the_order_of_windows_nor_the_motion_matters() -> None:
    torch.manual_seed(0)
    objective = ArrowOfTime(SmallCNN(4), views=3).eval()
    z = torch.randn(6, 3, 4)
    shuffled = objective.direction(z[torch.randperm(6)])[0]
    assert shuffled.item() == pytest.approx(objective.direction(z)[0].item(), rel=1e-5)
    batch = sliding(3).batch(np.arange(8))
    other = batch._replace(twists=torch.randn_like(batch.twists))
    assert torch.equal(objective.loss(batch).loss, objective.loss(other).loss)


def test_it_learns_that_things_gain_speed() -> None:
    after = measured(trained("arrow_of_time", quickening(), 60), quickening(seed=1))
    assert after["arrow_accuracy"] > 0.9, "0.5 by chance"
