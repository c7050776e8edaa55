"""Claims of context prediction."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import measured, trained
from objective_windows import sliding

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.objectives.context_prediction import ContextPrediction, ContextPredictionSettings
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset


def shaded(episodes: int = 48, size: int = 32, seed: int = 0) -> WindowDataset:
    """Walls that grow redder to the right and greener downwards, from another colour in every episode."""
    generator = np.random.default_rng(seed)
    ramp = np.linspace(0, 100, size)
    frames = np.zeros((episodes, 2, size, size, 3))
    frames[..., 0], frames[..., 1] = ramp, ramp[:, None]
    frames += generator.uniform(30, 120, (episodes, 1, 1, 1, 3)) + generator.normal(0, 3, frames.shape)
    names = np.array([f"wall-{e}" for e in range(episodes)])
    return WindowDataset.of_episodes(
        frames.astype(np.uint8), np.zeros((episodes, 1, 6), np.float32), np.zeros(episodes, np.int64), names, ("wall",)
    )


def test_it_agrees_with_the_formula() -> None:
    torch.manual_seed(0)
    objective = ContextPrediction(SmallCNN(4))
    middle, other, position = torch.randn(9, 4), torch.randn(9, 4), torch.arange(9) % 8
    costs, right = [], []
    for m, o, k in zip(middle, other, position.tolist(), strict=True):
        logits = objective.classifier(torch.cat([m, o])).detach().numpy()
        costs.append(np.log(np.exp(logits).sum()) - logits[k])
        right.append(logits.argmax() == k)
    loss, metrics = objective.classification(middle, other, position)
    assert loss.item() == pytest.approx(np.mean(costs), rel=1e-5)
    assert metrics["position_accuracy"].item() == pytest.approx(np.mean(right))
    order = torch.randperm(9)
    shuffled = objective.classification(middle[order], other[order], position[order])[0]
    assert shuffled.item() == pytest.approx(loss.item(), rel=1e-5)


def test_patches_lie_inside_the_frame_apart_and_where_the_position_says() -> None:
    torch.manual_seed(0)
    objective = ContextPrediction(SmallCNN(4), ContextPredictionSettings(patch=0.2, gap=0.5, jitter=0.1))
    position = torch.arange(800) % 8
    middle, other = (boxes.numpy() for boxes in objective.boxes(position, 40, 60))
    for boxes in (middle, other):
        np.testing.assert_allclose(boxes[:, 2:] - boxes[:, :2], 8, atol=1e-4)
        assert (boxes > -1e-4).all()
        assert (boxes < np.array([60, 40, 60, 40]) + 1e-4).all()
    compass = [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)]  # right, down; row by row
    step = (other - middle)[:, :2] - 12 * np.array([compass[k] for k in position])
    assert abs(step).max() <= 1.6 + 1e-4, "two shifts of a tenth of 8 pixels at most"
    assert abs(step).max() > 1.0
    between = np.maximum(abs(other - middle)[:, 0], abs(other - middle)[:, 1]) - 8
    assert between.min() >= 4 - 1.6 - 1e-4, "they never touch"
    left, top, right, bottom = middle[:, 0].min(), middle[:, 1].min(), middle[:, 2].max(), middle[:, 3].max()
    assert right - left > 30, "they are drawn from all over the frame"
    assert bottom - top > 10


def test_patches_are_cut_from_their_own_frame_and_the_features_are_theirs() -> None:
    torch.manual_seed(0)
    objective = ContextPrediction(SmallCNN(4)).eval()
    batch = sliding(2).batch(np.arange(3))
    grey = batch._replace(frames=torch.arange(6).view(3, 2, 1, 1, 1).expand(3, 2, 3, 16, 16).to(torch.float32) / 6)
    features = objective.loss(grey).features
    alone = objective.encoder(grey.frames.flatten(0, 1)).unflatten(0, (3, 2))
    torch.testing.assert_close(features, torch.cat([alone, alone], 1), rtol=1e-3, atol=1e-4)


def test_neither_time_nor_the_motion_matters() -> None:
    torch.manual_seed(0)
    objective = ContextPrediction(SmallCNN(4)).eval()
    batch = sliding(2).batch(np.arange(8))
    losses = []
    for twists in (batch.twists, torch.randn_like(batch.twists)):
        torch.manual_seed(1)
        losses.append(objective.loss(batch._replace(twists=twists)).loss)
    assert torch.equal(*losses)


def test_it_learns_which_way_a_wall_is_shaded() -> None:
    after = measured(trained("context_prediction", shaded(), 40), shaded(seed=1))
    assert after["position_accuracy"] > 0.5, "1 of 8 by chance"


def test_patches_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UserError, match=r"patch=0\.3"):
        ContextPredictionSettings(patch=0.3)
