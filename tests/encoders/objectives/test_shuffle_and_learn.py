"""Claims of shuffle and learn."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from brief_training import measured, trained
from objective_windows import sliding

from activevision.encoders.backbones import Encoder, SmallCNN
from activevision.encoders.objectives.shuffle_and_learn import ShuffleAndLearn
from activevision.rollouts.frames import Batch


class Brightness(Encoder):
    """The mean of an image is its one feature."""

    def __init__(self) -> None:
        super().__init__("brightness", 1, 1, {})

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1).mean(1, keepdim=True)


def numbered(windows: int, views: int) -> Batch:
    """Windows whose frame t has the brightness t."""
    frames = torch.arange(views, dtype=torch.float32)[None, :, None, None, None].expand(windows, views, 3, 4, 4)
    return Batch(
        frames, torch.zeros(windows, views - 1, 6), torch.zeros(windows, dtype=torch.int64), torch.arange(windows)
    )


def test_it_agrees_with_the_formula() -> None:
    torch.manual_seed(0)
    objective = ShuffleAndLearn(SmallCNN(4))
    z = torch.randn(6, 5, 4)
    costs, right = [], []
    for window in z:
        a, b, c, d, e = window
        for triplet, in_order, weight in (((b, c, d), 1, 0.5), ((b, a, d), 0, 0.25), ((b, e, d), 0, 0.25)):
            with torch.no_grad():
                p = 1 / (1 + math.exp(-objective.score(torch.cat(triplet)).item()))
            costs.append(-weight * math.log(p if in_order else 1 - p))
            right.append(weight * ((p > 0.5) == bool(in_order)))
    loss, metrics = objective.verification(z)
    assert loss.item() == pytest.approx(sum(costs) / 6, rel=1e-4)
    assert metrics["order_accuracy"].item() == pytest.approx(sum(right) / 6)


def test_the_five_frames_are_in_order_or_from_the_other_end() -> None:
    torch.manual_seed(0)
    features = ShuffleAndLearn(Brightness()).loss(numbered(64, 7)).features.squeeze(-1)
    steps = features.diff(dim=1)
    forwards, backwards = (steps > 0).all(1), (steps < 0).all(1)
    assert (forwards | backwards).all()
    assert 16 < forwards.sum() < 48, "both ends begin about as often"
    chosen = {tuple(sorted(window)) for window in features.int().tolist()}
    assert chosen <= set(itertools.combinations(range(7), 5))
    assert len(chosen) > 10, "any five of the seven"


def test_a_middle_frame_that_is_as_good_as_the_right_one_leaves_chance() -> None:
    torch.manual_seed(0)
    objective = ShuffleAndLearn(SmallCNN(4))
    z = torch.randn(50, 5, 4)
    z[:, [0, 4]] = z[:, 2:3]  # a and e look like c
    loss, metrics = objective.verification(z)
    assert metrics["order_accuracy"].item() == pytest.approx(0.5)
    assert loss.item() >= math.log(2) - 1e-6


def test_neither_the_order_of_windows_nor_the_motion_matters() -> None:
    torch.manual_seed(0)
    objective = ShuffleAndLearn(SmallCNN(4)).eval()
    z = torch.randn(6, 5, 4)
    shuffled = objective.verification(z[torch.randperm(6)])[0]
    assert shuffled.item() == pytest.approx(objective.verification(z)[0].item(), rel=1e-5)
    batch = sliding(5).batch(np.arange(8))
    losses = []
    for twists in (batch.twists, torch.randn_like(batch.twists)):
        torch.manual_seed(1)
        losses.append(objective.loss(batch._replace(twists=twists)).loss)
    assert torch.equal(*losses)


def test_it_learns_the_order_of_a_steady_slide() -> None:
    after = measured(trained("shuffle_and_learn", sliding(5), 80), sliding(5, seed=1))
    assert after["order_accuracy"] > 0.8, "0.5 by chance"
