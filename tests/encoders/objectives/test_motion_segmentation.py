"""Claims of motion segmentation: parallax tells how near things are, what tells nothing counts for nothing, and figures
are found in single frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, measured, trained
from objective_windows import SIZE, sliding, windows_for
from scipy.ndimage import gaussian_filter

from activevision.camera import Camera
from activevision.encoders.backbones import SmallCNN
from activevision.encoders.objectives.motion_segmentation import (
    MotionSegmentation,
    MotionSegmentationSettings,
    segmentation,
)
from activevision.encoders.objectives.parallax import inverse_depth, two_groups
from activevision.errors import UserError
from activevision.geometry import exp_se3
from activevision.rollouts.frames import Batch
from activevision.simulators.flow import optical_flow


def parallax_of(depth: np.ndarray, twists: np.ndarray) -> tuple[torch.Tensor, ...]:
    """Flow, validity, twists and intrinsics of views of such depth (N, 24, 32) that move by twists (N, 6)."""
    camera = Camera(32, 24, 80.0)
    here = np.tile(np.eye(4), (len(depth), 1, 1))
    flow = optical_flow(depth, depth, here, exp_se3(twists), camera)
    intrinsics = torch.from_numpy(camera.intrinsics()).expand(len(depth), 3, 3)
    return torch.from_numpy(flow.flow), torch.from_numpy(flow.valid), torch.from_numpy(twists).float(), intrinsics


def test_flow_and_the_cameras_motion_give_back_the_depth() -> None:
    generator = np.random.default_rng(0)
    depth = 2 + gaussian_filter(generator.normal(size=(6, 24, 32)), (0, 3, 3)) * 10
    twists = generator.normal(size=(6, 6)) * [0.2, 0.2, 0.3, 0.1, 0.1, 0.1]
    flow, valid, motions, intrinsics = parallax_of(depth, twists)
    near, parallax = inverse_depth(flow, motions, intrinsics)
    clear = valid & (parallax > 1)
    assert clear.float().mean() > 0.5
    np.testing.assert_allclose(near[clear].numpy(), 1 / depth[clear.numpy()], rtol=2e-3)
    still = motions.clone()
    still[:, :3] = 0
    assert inverse_depth(flow, still, intrinsics)[1].abs().max() < 1e-4, "a turn has no parallax"


def test_two_groups_are_parted_between_their_means() -> None:
    generator = np.random.default_rng(0)
    values = np.concatenate([generator.normal(1, 0.1, (3, 80)), generator.normal(3, 0.2, (3, 20))], 1)
    values[:, 50] = 1000.0
    known = torch.ones(3, 100, dtype=torch.bool)
    known[:, 50] = False
    found = two_groups(torch.from_numpy(values), known)
    for row, threshold in zip(values, found.tolist(), strict=True):
        row = np.delete(row, 50)
        assert threshold == pytest.approx((row[row > threshold].mean() + row[row <= threshold].mean()) / 2)
        assert 1.5 < threshold < 2.4
    assert two_groups(torch.zeros(1, 4), torch.zeros(1, 4, dtype=torch.bool)) == 0


def test_a_thing_before_a_backdrop_is_the_figure() -> None:
    objective = MotionSegmentation(SmallCNN(5), MotionSegmentationSettings(cells=SIZE))
    batch = sliding(2, (*MotionSegmentation.fields, "instance"), thing_depth=0.5).batch(np.arange(20))
    flow, valid, intrinsics = (batch.fields[name] for name in MotionSegmentation.fields)
    share, weight = objective.figures(flow[:, 0], valid[:, 0], batch.twists[:, 0], intrinsics)
    thing = batch.fields["instance"][:, 0].flatten(1) > 0
    assert (weight.sum(1) > 0).float().mean() > 0.9
    trusted = weight.sum(1) > 0
    assert torch.equal(share[trusted] > 0.5, thing[trusted])
    assert (weight[trusted] == 1).all()


def test_a_thing_before_nothing_is_the_figure_too() -> None:
    depth = np.zeros((1, 24, 32))
    depth[:, 8:16, 10:20] = 2.0
    objective = MotionSegmentation(SmallCNN(5), MotionSegmentationSettings(cells=8))
    share, weight = objective.figures(*parallax_of(depth, np.array([[0.3, 0, 0, 0, 0.1, 0]])))
    expected = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(depth / 2).float(), 8).flatten(1)
    torch.testing.assert_close(share, expected)
    assert (weight == 1).all()


@pytest.mark.parametrize(
    ("twist", "least"),
    [([0, 0, 0, 0, 0.2, 0.1], 0.5), ([0.002, 0, 0, 0, 0.2, 0], 0.5), ([0.3, 0, 0, 0, 0, 0], 100.0)],
)
def test_frames_without_parallax_count_for_nothing(twist: list[float], least: float) -> None:
    depth = np.full((1, 24, 32), 4.0)
    depth[:, 8:16, 10:20] = 2.0
    objective = MotionSegmentation(SmallCNN(5), MotionSegmentationSettings(least=least))
    share, weight = objective.figures(*parallax_of(depth, np.array([twist])))
    assert not weight.any()
    loss, metrics = segmentation(torch.randn(1, 256), share, weight)
    assert loss == 0
    assert metrics["segmented"] == 0


def test_a_mirrored_world_has_the_mirrored_figures() -> None:
    depth = np.full((1, 24, 32), 4.0)
    depth[:, 8:16, 4:14] = 2.0
    objective = MotionSegmentation(SmallCNN(5), MotionSegmentationSettings(cells=8))
    twist = np.array([0.3, 0.1, 0, 0.02, 0.1, -0.05])
    mirror = np.array([-1, 1, 1, 1, -1, -1])  # a turn is an axial vector
    own, mirrored = (
        [part.view(8, 8) for part in objective.figures(*parallax_of(world, motion[None]))]
        for world, motion in ((depth, twist), (depth[:, :, ::-1].copy(), mirror * twist))
    )
    assert own[1].sum() > 32, "most cells count"
    assert not torch.allclose(own[0], own[0].flip(1), atol=0.1)
    for ours, theirs in zip(own, mirrored, strict=True):
        torch.testing.assert_close(theirs.flip(1), ours, rtol=1e-3, atol=1e-3)


def test_cells_towards_which_the_camera_travels_count_for_nothing() -> None:
    depth = np.full((1, 24, 32), 4.0)
    depth[:, 4:20, 2:9] = 1.5
    objective = MotionSegmentation(SmallCNN(5), MotionSegmentationSettings(cells=8))
    _, weight = objective.figures(*parallax_of(depth, np.array([[0, 0, -0.5, 0, 0, 0]])))
    grid = weight.view(8, 8)
    assert grid[3:5, 3:5].max() == 0
    assert grid[[0, 0, 7, 7], [0, 7, 0, 7]].min() == 1


def test_the_loss_is_a_weighted_cross_entropy_of_cells() -> None:
    torch.manual_seed(0)
    logits, share, weight = torch.randn(3, 9), torch.rand(3, 9), torch.rand(3, 9)
    p, y, k = torch.sigmoid(logits).double().numpy(), share.double().numpy(), weight.double().numpy()
    loss, metrics = segmentation(logits, share, weight)
    expected = -(k * (y * np.log(p) + (1 - y) * np.log(1 - p))).sum() / k.sum()
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    rates = [(k * ((y > 0.5) == side) * ((p > 0.5) == side)).sum() / (k * ((y > 0.5) == side)).sum() for side in (1, 0)]
    assert metrics["balanced_accuracy"].item() == pytest.approx(np.mean(rates), rel=1e-5)
    constant = segmentation(torch.ones(3, 9), share, weight)[1]
    assert constant["balanced_accuracy"].item() == pytest.approx(0.5)


def of_other_windows(batch: Batch) -> Batch:
    return batch._replace(frames=batch.frames[torch.randperm(len(batch.frames))])


def test_it_learns_to_find_the_figure_in_one_frame() -> None:
    seen, new = (windows_for(MotionSegmentation, seed=seed) for seed in (0, 1))
    objective = trained("motion_segmentation", seen, 60, rate=5e-3)
    before, after = measured(built("motion_segmentation", seen, 32), new), measured(objective, new)
    assert after["segmented"] > 0.9
    assert before["balanced_accuracy"] < 0.6
    assert after["balanced_accuracy"] > 0.85
    other = measured(objective, new, of_other_windows)["balanced_accuracy"]
    assert other < after["balanced_accuracy"] - 0.1, "more than where things tend to be"


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UserError, match=r"smallest=0\.5"):
        MotionSegmentationSettings(smallest=0.5)
    with pytest.raises(UserError, match="cells=0"):
        MotionSegmentationSettings(cells=0)
