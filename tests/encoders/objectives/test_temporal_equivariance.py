"""Claims of temporal equivariance: what is hidden stays hidden, displacements are exact, and views are completed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from brief_training import built, measured, of_others, trained
from objective_windows import sliding
from turning_windows import turning

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.feature_regression import feature_regression
from activevision.encoders.objectives.relative_poses import relative_poses
from activevision.encoders.objectives.temporal_equivariance import TemporalEquivariance, TemporalEquivarianceSettings
from activevision.errors import UserError
from activevision.geometry import exp_se3
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.windows import Windows


@pytest.fixture(scope="module")
def films() -> WindowDataset:
    return replace(turning(), windows=Windows(4))


@pytest.fixture
def objective() -> TemporalEquivariance:
    torch.manual_seed(0)
    return TemporalEquivariance(SmallCNN(5), 2.0, TemporalEquivarianceSettings(masked=0.75, grid=4)).eval()


def test_relative_poses_are_products_of_the_motions_between() -> None:
    twists = np.random.default_rng(0).normal(size=(3, 4, 6))
    poses = relative_poses(torch.from_numpy(twists)).numpy()
    motions = exp_se3(twists)
    for b in range(3):
        for s in range(5):
            for t in range(5):
                expected = np.eye(4)
                for k in range(min(s, t), max(s, t)):
                    expected = expected @ motions[b, k]
                np.testing.assert_allclose(poses[b, s, t], expected if s <= t else np.linalg.inv(expected), atol=1e-5)


def test_displacements_are_the_pose_in_steps_and_the_time(objective: TemporalEquivariance) -> None:
    twists = torch.zeros(1, 2, 6)
    twists[0, :, 2] = torch.tensor([-4.0, -2.0])  # straight on
    twists[0, 1, 0] = 1.0
    found = objective.displacements(twists, torch.tensor([[2, 0, 1]]))
    assert torch.equal(found[0, :, :9], torch.zeros(3, 9)), "no turn"
    torch.testing.assert_close(found[0, :, 9:12], torch.tensor([[-0.5, 0, 3], [0, 0, -2], [0.5, 0, -1]]))
    assert found[0, :, 12].tolist() == [-1.0, 0.5, 0.5]


def test_what_is_hidden_cannot_be_seen(objective: TemporalEquivariance) -> None:
    frames = torch.rand(3, 2, 3, 16, 16)
    torch.manual_seed(1)
    hidden = objective.hide(frames)
    grey = (hidden == 0.5).all(2)
    patches = grey.unflatten(2, (4, 4)).unflatten(4, (4, 4)).transpose(3, 4).flatten(4).float().mean(-1)
    assert ((patches == 0) | (patches == 1)).all()
    assert (patches.sum((2, 3)) == 12).all(), "three quarters of every frame"
    assert len({tuple(p.flatten().tolist()) for p in patches.flatten(0, 1)}) == 6, "each has its own"
    assert torch.equal(hidden[~grey[:, :, None].expand_as(hidden)], frames[~grey[:, :, None].expand_as(frames)])
    other = torch.where(grey[:, :, None], torch.rand_like(frames), frames)
    torch.manual_seed(1)
    assert torch.equal(objective.hide(other), hidden)


def test_the_loss_is_that_of_every_frame_from_another(objective: TemporalEquivariance, films: WindowDataset) -> None:
    batch = films.batch(np.arange(6))
    torch.manual_seed(2)
    loss = objective.loss(batch).loss
    torch.manual_seed(2)
    frames = batch.frames.float() / 255
    hidden = objective.hide(frames)
    away = torch.randint(1, 4, (6, 4))
    predicted, targets = [], []
    poses = relative_poses(batch.twists)
    for b in range(6):
        for t in range(4):
            s = (t + int(away[b, t])) % 4
            pose = poses[b, s, t, :3] - torch.eye(4)[:3]
            inputs = [objective.encoder(hidden[b, t][None])[0], objective.encoder(frames[b, s][None])[0]]
            inputs += [pose[:, :3].flatten(), pose[:, 3] / 2, torch.tensor([(t - s) / 3])]
            predicted.append(objective.predictor(torch.cat(inputs)))
            targets.append(objective.target(frames[b, t][None])[0])
    expected, _ = feature_regression(torch.stack(predicted)[:, None], torch.stack(targets))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)


def test_the_unit_of_length_does_not_matter() -> None:
    batch = sliding(3).batch(np.arange(8))
    centimetres = batch._replace(twists=batch.twists * torch.tensor([100.0, 100, 100, 1, 1, 1]))
    losses = []
    for scale, seen in ((0.1, batch), (10.0, centimetres), (0.1, centimetres)):
        torch.manual_seed(0)
        objective = TemporalEquivariance(SmallCNN(5), scale, TemporalEquivarianceSettings(masked=0.75, grid=4)).eval()
        losses.append(objective.loss(seen).loss.item())
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert abs(losses[2] - losses[0]) > 1e-4


def test_it_learns_to_complete_a_view_and_by_the_motion(films: WindowDataset) -> None:
    new = replace(turning(seed=1), windows=Windows(4))
    objective = trained("temporal_equivariance", films, 40, rate=5e-3, grid=4)
    before, after = measured(built("temporal_equivariance", films, 32, grid=4), new), measured(objective, new)
    assert after["explained"] > max(0.35, before["explained"] + 0.2)
    assert after["retrieval_accuracy"] > 0.03, "chance is 1 / 192"
    assert measured(objective, new, of_others)["explained"] < after["explained"] - 0.05, "other motions mislead it"


def test_a_camera_that_only_turns_has_no_length_and_settings_are_checked(films: WindowDataset) -> None:
    config = PretrainConfig(objective="temporal_equivariance")
    assert TemporalEquivariance.from_config(config, SmallCNN(8), films).length_scale == 1
    with pytest.raises(UserError, match=r"masked=1\.5"):
        TemporalEquivarianceSettings(masked=1.5)
