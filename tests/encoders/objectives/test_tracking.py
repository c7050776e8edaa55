"""Claims of tracking: boxes are where the things are, the loss is a ranking, and things are told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from brief_training import built, measured, trained
from objective_windows import sliding
from scipy.ndimage import gaussian_filter

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.crops import crops
from activevision.encoders.objectives.tracking import Tracking, TrackingSettings
from activevision.encoders.objectives.tracks import flow_boxes, mask_boxes
from activevision.encoders.training_model import TrainingModel
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.windows import Windows


def textured(episodes: int = 24, views: int = 3, size: int = 48) -> WindowDataset:
    """A camera that slides past a textured plane by up to 4 pixels a view, to the side and down, in changing light.

    The first two entries of a twist are the motion of the image (column, row) in pixels.
    """
    generator = np.random.default_rng(0)
    frames = np.zeros((episodes, views, size, size, 3), np.uint8)
    twists = np.zeros((episodes, views - 1, 6), np.float32)
    for e in range(episodes):
        texture = gaussian_filter(generator.normal(size=(size + 32, size + 32, 3)), (1.5, 1.5, 0)) * 150 + 128
        texture = texture * generator.uniform(0.7, 1, 3)
        speed = generator.integers(-4, 5, 2)
        twists[e, :, :2] = -speed
        for t in range(views):
            x, y = 16 + speed * (t - 1)
            light = generator.uniform(0.7, 1)
            frames[e, t] = (texture[y : y + size, x : x + size] * light).clip(0, 255)
    labels = np.arange(episodes) % 2
    names = np.array([f"plane-{e}" for e in range(episodes)])
    return WindowDataset.of_episodes(frames, twists, labels, names, ("a", "b"), Windows(views))


def test_boxes_hold_a_thing_that_is_in_both_frames() -> None:
    instance = torch.zeros(3, 4, 20, 30, dtype=torch.int32)
    instance[0, 0, 2:6, 3:11], instance[0, -1, 10:16, 20:30] = 7, 7
    instance[0, 0, 10:14, 20:29], instance[0, 1, 10:16, 20:29] = 9, 9  # gone in the last frame
    instance[1, 0, 2:10, 3:11], instance[1, -1, 2:10, 3:11] = 4, 5  # another thing in the last frame
    instance[2, [0, -1], 0, 0] = 3  # too small
    boxes, known = mask_boxes(instance, 0.01)
    assert known.tolist() == [True, False, False]
    assert boxes[0].tolist() == [[2, -1, 12, 9], [18.75, 6.75, 31.25, 19.25]], "1.25 of the longest side"
    assert boxes[1:].tolist() == [[[0, 0, 30, 20]] * 2] * 2
    instance[1, -1, 12:20, 3:11] = 4
    instance[1, 0, 12:20, 3:11] = 5
    chosen = {float(mask_boxes(instance, 0.01)[0][1, 0, 1]) for _ in range(20)}
    assert chosen == {1, 11}, "each of the things at times"


def test_optical_flow_finds_where_a_patch_has_gone() -> None:
    windows = textured()
    batch = windows.batch(np.arange(len(windows)))
    torch.manual_seed(0)
    boxes, known = flow_boxes(batch.frames, 0.4)
    assert known.float().mean() > 0.7
    error = boxes[known, 1, 2:] - boxes[known, 0, 2:] - batch.twists.sum(1)[known, :2]
    assert error.norm(dim=1).max() < 0.5
    torch.testing.assert_close(
        boxes[known, :, 2:] - boxes[known, :, :2], torch.full((int(known.sum()), 2, 2), 0.4 * 48)
    )
    ends = batch.frames[known][:, [0, -1]].flatten(0, 1)
    first, last = crops(ends, boxes[known].flatten(0, 1)).unflatten(0, (-1, 2)).flatten(2).unbind(1)
    alike = [torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(first, last, strict=True)]
    assert np.median(alike) > 0.9, "the patch shows the same thing, in another light"
    shuffled = batch.frames[:, :, :, torch.randperm(48)][:, [0, 0, 1]].clone()
    shuffled[:, -1] = torch.randint(0, 256, shuffled[:, -1].shape, dtype=torch.uint8)
    assert flow_boxes(shuffled, 0.4)[1].float().mean() < 0.2, "what cannot be followed is given up"
    assert not flow_boxes(torch.zeros(2, 3, 3, 48, 48, dtype=torch.uint8), 0.4)[1].any()


@pytest.mark.parametrize("done", [0.0, 1.0])
def test_the_loss_is_a_ranking_by_cosine(done: float) -> None:
    torch.manual_seed(0)
    objective = Tracking(SmallCNN(5), TrackingSettings(margin=0.3, negatives=3 if done else 10))
    objective.after_step(done)
    features = torch.randn(6, 2, 5)
    unit = (features / features.norm(dim=-1, keepdim=True)).double().numpy()
    terms, right = [], []
    for a in range(6):
        positive = 1 - unit[a, 0] @ unit[a, 1]
        others = sorted(1 - unit[a, 0] @ unit[b, t] for b in range(6) if b != a for t in range(2))
        taken = others[:3] if done else others  # the hardest, or all that there are
        terms += [max(0, positive - negative + 0.3) for negative in taken]
        right.append(positive < others[0])
    loss, metrics = objective.ranking(features, torch.arange(len(features)))
    assert loss.item() == pytest.approx(np.mean(terms), rel=1e-5)
    assert metrics["track_accuracy"].item() == pytest.approx(np.mean(right))


def test_it_does_not_see_the_length_of_features_nor_the_order_of_the_tracks() -> None:
    torch.manual_seed(0)
    objective = Tracking(SmallCNN(5))
    objective.after_step(1.0)
    features = torch.randn(8, 2, 5)
    loss, _ = objective.ranking(features, torch.arange(len(features)))
    torch.testing.assert_close(objective.ranking(features * torch.rand(8, 2, 1), torch.arange(8))[0], loss)
    torch.testing.assert_close(objective.ranking(features[torch.randperm(8)], torch.arange(8))[0], loss)
    constant = torch.ones(8, 2, 5, requires_grad=True)
    assert objective.ranking(constant, torch.arange(len(constant)))[0].item() == pytest.approx(0.5), (
        "a collapse costs the margin"
    )
    for count in (0, 1):
        alone, _ = objective.ranking(features[:count], torch.arange(count))
        assert alone == 0


def test_it_learns_to_find_a_thing_again() -> None:
    # no thing is in two windows
    once, new = (replace(sliding(2, ("instance",), 60, seed), windows=Windows(5)) for seed in (0, 1))
    before = measured(built("tracking", once, 32), new)
    after = measured(trained("tracking", once, 40, rate=5e-3), new)
    assert after["tracked"] == 1
    assert after["track_accuracy"] > before["track_accuracy"] + 0.2
    assert after["track_accuracy"] > 0.55, "chance is 1 / 119"


def test_without_masks_it_follows_optical_flow() -> None:
    windows = textured()
    with pytest.raises(UserError, match="needs instance"):
        TrainingModel.build(PretrainConfig(objective="tracking"), windows)
    config = PretrainConfig(objective="tracking", settings=("tracks=optical_flow",))
    torch.manual_seed(0)
    objective = TrainingModel.build(config, windows).objective
    outcome = objective.loss(windows.batch(np.arange(len(windows))))
    outcome.loss.backward()
    assert outcome.metrics["tracked"] > 0.7
    assert outcome.metrics["track_accuracy"] > 0.5, "chance is 1 / 47"
    assert objective.encoder.convolutions[0].weight.grad.abs().sum() > 0
    with pytest.raises(UserError, match="did you mean 'optical_flow'"):
        TrackingSettings(tracks="optical-flow")
