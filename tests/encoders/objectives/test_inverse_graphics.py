"""Claims of inverse graphics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import measured, opposite, trained
from objective_windows import sliding
from scipy.linalg import expm

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.objectives.inverse_graphics import InverseGraphics, InverseGraphicsSettings
from activevision.errors import UserError
from activevision.geometry import exp_se3


@pytest.fixture
def objective() -> InverseGraphics:
    torch.manual_seed(0)
    settings = InverseGraphicsSettings(pose=0.5, clamp=0.3)
    objective = InverseGraphics(SmallCNN(6), torch.full((6,), 0.5), 16, 16, settings).eval()
    torch.nn.init.normal_(objective.generators, std=0.3)
    return objective


def test_it_agrees_with_the_formula(objective: InverseGraphics) -> None:
    batch = sliding(3).batch(np.arange(5))
    own, moved, unclamped = [], [], []
    generators = objective.generators.detach().numpy()
    with torch.no_grad():
        for frames, twists in zip(batch.frames, batch.twists.numpy(), strict=True):
            codes, pixels = objective.encoder(frames).numpy(), frames.numpy() / 255
            rest = codes[:, 3:].mean(0)
            unclamped += [((code[3:] - rest) ** 2).mean() for code in codes]
            for t in range(3):
                shown = objective.decoder(torch.from_numpy(np.concatenate([codes[t, :3], rest]))[None])[0].numpy()
                own.append(((shown - pixels[t]) ** 2).mean())
            for t in range(2):
                turn = expm(sum(twists[t, i] / 0.5 * generators[i] for i in range(6)))
                code = np.concatenate([turn @ codes[t, :3], rest]).astype(np.float32)
                shown = objective.decoder(torch.from_numpy(code)[None])[0].numpy()
                moved.append(((shown - pixels[t + 1]) ** 2).mean())
    expected = np.mean(own) + np.mean(moved) + 0.3 * np.mean(unclamped)
    assert objective.loss(batch).loss.item() == pytest.approx(expected, rel=1e-4)


def test_rest_leaves_the_pose_and_the_way_back_undoes_the_way_there(objective: InverseGraphics) -> None:
    poses, twists = torch.randn(4, 3), torch.randn(4, 6)
    torch.testing.assert_close(objective.move(poses, torch.zeros(4, 6)), poses)
    there = objective.move(poses, twists)
    assert not torch.allclose(there, poses, atol=0.1)
    torch.testing.assert_close(objective.move(there, -twists), poses, rtol=1e-4, atol=1e-4)
    twice = objective.move(objective.move(poses, twists / 2), twists / 2)
    torch.testing.assert_close(twice, there, rtol=1e-4, atol=1e-4)


def test_the_true_generators_of_rigid_motions_move_points_as_the_camera_does(objective: InverseGraphics) -> None:
    """A code that is a point's place before the camera, homogeneous, can be moved exactly: the loss can be met."""
    objective = InverseGraphics(SmallCNN(16), torch.ones(6), 16, 16)
    unit = 1e-3 * np.eye(6)
    with torch.no_grad():  # derivatives of the inverse motion, since the point moves against the camera
        objective.generators.copy_(torch.from_numpy((exp_se3(-unit) - exp_se3(unit)) / 2e-3))
        point, twists = torch.tensor([[0.3, -0.2, -2.0, 1.0]]), np.array([[0.1, 0.2, -0.3, 0.4, -0.5, 0.6]])
        expected = np.linalg.inv(exp_se3(twists)[0]) @ point[0].numpy()
        found = objective.move(point, torch.from_numpy(twists).float())
    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-4)


def test_what_differs_within_a_window_beside_the_pose_is_not_decoded(objective: InverseGraphics) -> None:
    seen: list[torch.Tensor] = []
    objective.decoder.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    objective.loss(sliding(3).batch(np.arange(5)))
    rest = seen[0].unflatten(0, (5, 5))[..., 3:]  # 3 frames and 2 moved ones of each window
    assert torch.equal(rest, rest[:, :1].expand_as(rest))


def test_the_order_of_windows_does_not_matter(objective: InverseGraphics) -> None:
    batch, order = sliding(3).batch(np.arange(8)), torch.randperm(8)
    shuffled = batch._replace(frames=batch.frames[order], twists=batch.twists[order])
    assert objective.loss(shuffled).loss.item() == pytest.approx(objective.loss(batch).loss.item(), rel=1e-4)


def test_it_learns_to_render_after_a_motion() -> None:
    objective, windows = trained("inverse_graphics", sliding(2), 60, embedding=64), sliding(2, seed=1)
    right = measured(objective, windows)
    assert right["explained"] > 0.25, "0 for the mean frame"
    assert measured(objective, windows, opposite)["loss"] > 1.2 * right["loss"], "the opposite motion must cost"


def test_a_pose_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="pose=1"):
        InverseGraphicsSettings(pose=1.0)
    with pytest.raises(UserError, match="leaves none"):
        InverseGraphics(SmallCNN(4), torch.ones(6), 16, 16, InverseGraphicsSettings(pose=0.01))
