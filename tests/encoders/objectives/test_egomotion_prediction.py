"""Claims of egomotion prediction: it is a classification per axis, and the views tell the motion."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import measured, trained
from objective_windows import windows_for

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.egomotion_prediction import EgomotionPrediction, EgomotionPredictionSettings
from activevision.encoders.objectives.motion_bins import MotionBins
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset


def twists(count: int = 60, seed: int = 0) -> torch.Tensor:
    """Continuous along the first axis, of three amounts about the fifth, and none along others."""
    generator = np.random.default_rng(seed)
    found = np.zeros((count, 6), np.float32)
    found[:, 0], found[:, 4] = generator.normal(size=count), generator.integers(-1, 2, count) * 0.3
    found[:, 2] = 1 + 1e-7 * generator.normal(size=count)
    return torch.from_numpy(found)


def test_bins_hold_equally_many_motions_or_one_amount_each() -> None:
    motions = twists()
    bins = MotionBins(motions, 4)
    assert bins.axes.tolist() == [0, 4]
    assert bins.counts == [4, 3]
    found = bins(motions)
    assert torch.bincount(found[:, 0]).tolist() == [15, 15, 15, 15]
    assert (found[:, 0][motions[:, 0].argsort()].diff() >= 0).all()
    assert found[:, 1].tolist() == (motions[:, 4] / 0.3).round().int().add(1).tolist()
    assert torch.equal(bins(motions.reshape(10, 6, 6)), found.reshape(10, 6, 2))


def test_a_frequent_amount_is_not_cut_into_several_bins() -> None:
    motions = torch.zeros(100, 6)
    motions[:40, 0] = torch.linspace(1, 2, 40)
    motions[40:, 0] = 1e-8 * torch.randn(60)  # rounding
    bins = MotionBins(motions, 10)
    assert len(bins(motions)[40:].unique()) == 1
    assert bins.counts == [5]
    assert torch.bincount(bins(motions)[:, 0]).tolist() == [60, 10, 10, 10, 10]


def test_the_loss_is_a_cross_entropy_for_every_axis() -> None:
    torch.manual_seed(0)
    motions = twists()
    objective = EgomotionPrediction(SmallCNN(5), MotionBins(motions, 4), EgomotionPredictionSettings(hidden=7))
    pairs = torch.randn(60, 10)
    loss, metrics = objective.classification(pairs, motions)
    scores, truth = objective.top(pairs).detach().double().numpy(), objective.bins(motions).numpy()
    terms, right = [], []
    for n in range(60):
        for axis, columns in ((0, slice(0, 4)), (1, slice(4, 7))):
            probabilities = np.exp(scores[n, columns]) / np.exp(scores[n, columns]).sum()
            terms.append(-np.log(probabilities[truth[n, axis]]))
            right.append(probabilities.argmax() == truth[n, axis])
    assert loss.item() == pytest.approx(np.mean(terms), rel=1e-5)
    assert metrics["egomotion_accuracy"].item() == pytest.approx(np.mean(right))


def test_it_depends_on_the_order_of_the_frames_but_not_on_that_of_the_windows(windows: WindowDataset) -> None:
    torch.manual_seed(0)
    config = PretrainConfig(objective="egomotion_prediction")
    objective = EgomotionPrediction.from_config(config, SmallCNN(8), windows).eval()
    batch, order = windows.batch(np.arange(20)), torch.randperm(20)
    other = batch._replace(frames=batch.frames[order], twists=batch.twists[order])
    swapped = batch._replace(frames=batch.frames.flip(1))
    loss = objective.loss(batch).loss
    torch.testing.assert_close(objective.loss(other).loss, loss)
    assert abs(objective.loss(swapped).loss - loss) > 1e-5


def test_it_learns_how_the_camera_moved() -> None:
    seen, new = (windows_for(EgomotionPrediction, seed=seed) for seed in (0, 1))
    objective = trained("egomotion_prediction", seen, 60, rate=5e-3)
    assert measured(objective, seen)["egomotion_accuracy"] > 0.6, "chance is 1 / 6 for six speeds"
    assert measured(objective, new)["egomotion_accuracy"] > 0.25


def test_motions_that_are_all_alike_and_bins_that_tell_nothing_are_refused(windows: WindowDataset) -> None:
    still = WindowDataset.of_episodes(
        windows.frames, 0 * windows.twists, windows.labels, windows.scenes, windows.classes
    )
    config = PretrainConfig(objective="egomotion_prediction")
    with pytest.raises(UserError, match="every motion is the same"):
        EgomotionPrediction.from_config(config, SmallCNN(8), still)
    with pytest.raises(UserError, match="bins=1"):
        EgomotionPredictionSettings(bins=1)
