"""Claims of the objectives, against references written out with loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, scaled, trained
from objective_windows import sliding, windows_for

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.config import PretrainConfig
from activevision.encoders.motion_patterns import MotionPatterns
from activevision.encoders.objectives import OBJECTIVES, objective_class
from activevision.encoders.objectives.equivariance import EgomotionEquivariance, EquivarianceSettings
from activevision.encoders.objectives.slow_features import SlowFeatures, SlowFeaturesSettings
from activevision.encoders.training_model import TrainingModel
from activevision.rollouts.dataset import WindowDataset

PATTERNS = MotionPatterns(np.array([[0, 0, 0, 0, -1.0, 0], [0, 0, 0, 0, 0.0, 0], [0, 0, 0, 0, 1.0, 0]]), np.ones(6))


@pytest.fixture
def equivariance() -> EgomotionEquivariance:
    torch.manual_seed(0)
    objective = EgomotionEquivariance(SmallCNN(5), PATTERNS, EquivarianceSettings(margin=2.0))
    torch.nn.init.normal_(objective.maps, std=0.4)
    return objective


def test_equivariance_agrees_with_the_formula(equivariance: EgomotionEquivariance) -> None:
    before, after = torch.randn(7, 5), torch.randn(7, 5)
    pattern = torch.tensor([0, 1, 2, 0, 1, 2, 2])
    maps = equivariance.maps.detach().numpy()
    expected = []
    for x, y, p in zip(before.numpy(), after.numpy(), pattern.tolist(), strict=True):
        distances = [np.sqrt(((maps[g] @ x - y) ** 2).mean()) for g in range(3)]
        negatives = [max(0.0, 2.0 - distances[g]) ** 2 for g in range(3) if g != p]
        expected.append(distances[p] ** 2 + np.mean(negatives))
    loss, _ = equivariance.contrastive(before, after, pattern)
    assert loss.item() == pytest.approx(np.mean(expected), rel=1e-5)


def test_equivariance_is_zero_for_equivariant_features_that_the_motion_moves(
    equivariance: EgomotionEquivariance,
) -> None:
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    with torch.no_grad():
        for g, block in enumerate((turn, torch.eye(2), turn.T)):
            equivariance.maps[g] = torch.block_diag(block, torch.eye(3))
    before = torch.randn(9, 5)
    before[:, :2] *= 6 / before[:, :2].norm(dim=1, keepdim=True)  # far enough from the axis to move by the margin
    pattern = torch.arange(9) % 3
    after = torch.einsum("nij,nj->ni", equivariance.maps[pattern], before)
    assert equivariance.contrastive(before, after, pattern)[0].item() < 1e-9
    metrics = equivariance.contrastive(before, after, pattern)[1]
    assert metrics["pattern_accuracy"] == 1.0
    assert equivariance.contrastive(before, after, (pattern + 1) % 3)[0].item() > 1, "the wrong motion must cost"


def test_invariant_and_constant_features_cost_the_margin() -> None:
    objective = EgomotionEquivariance(SmallCNN(5), PATTERNS, EquivarianceSettings(margin=2.0))  # maps are identities
    features, pattern = torch.randn(6, 5), torch.tensor([0, 1, 2, 0, 1, 2])
    assert objective.contrastive(features, features, pattern)[0].item() == pytest.approx(4.0, rel=1e-4)
    zeros = torch.zeros(6, 5, requires_grad=True)
    loss, _ = objective.contrastive(zeros, zeros, pattern)
    loss.backward()
    assert loss.item() == pytest.approx(4.0, rel=1e-4)
    assert torch.isfinite(zeros.grad).all()


def test_twists_choose_the_map_of_their_pattern(equivariance: EgomotionEquivariance, windows: WindowDataset) -> None:
    """A pair costs what its own pattern makes it cost, seen forwards and, with the opposite motion, backwards."""
    batch = windows.batch(np.arange(20))
    equivariance.eval()
    pattern = equivariance.patterns.assign(batch.twists.numpy().reshape(-1, 6))
    np.testing.assert_array_equal(pattern, np.sign(batch.twists[:, 0, 4].numpy()) + 1)
    z = equivariance.encoder(batch.frames.flatten(0, 1)).unflatten(0, (20, 2))
    forwards, _ = equivariance.contrastive(z[:, 0], z[:, 1], torch.from_numpy(pattern))
    backwards, _ = equivariance.contrastive(z[:, 1], z[:, 0], torch.from_numpy(2 - pattern))  # the opposite turn
    expected = (forwards + backwards) / 2
    assert equivariance.loss(batch)[0].item() == pytest.approx(expected.item(), rel=1e-5)


def test_slow_features_agree_with_the_formula() -> None:
    objective = SlowFeatures(SmallCNN(5), SlowFeaturesSettings(margin=3.0))
    z = torch.randn(4, 3, 5)
    n = z.numpy()
    positive, negative = [], []
    for t in range(2):
        for a in range(4):
            for b in range(4):
                distance = np.sqrt(((n[a, t] - n[b, t + 1]) ** 2).mean())
                (positive if a == b else negative).append(distance**2 if a == b else max(0.0, 3.0 - distance) ** 2)
    loss, _ = objective.contrastive(z, torch.arange(len(z)))
    assert loss.item() == pytest.approx(np.mean(positive) + np.mean(negative), rel=1e-4)


def test_slow_features_do_not_see_the_motion(windows: WindowDataset) -> None:
    torch.manual_seed(0)
    objective = SlowFeatures(SmallCNN(8)).eval()
    batch = windows.batch(np.arange(16))
    other = batch._replace(twists=torch.randn_like(batch.twists))
    assert torch.equal(objective.loss(batch)[0], objective.loss(other)[0])


def test_slow_features_survive_equal_frames_and_a_single_window() -> None:
    objective = SlowFeatures(SmallCNN(5))
    for z in (torch.zeros(4, 2, 5, requires_grad=True), torch.randn(1, 2, 5, requires_grad=True)):
        loss, _ = objective.contrastive(z, torch.arange(len(z)))
        loss.backward()
        assert torch.isfinite(loss)
        assert torch.isfinite(z.grad).all()


def test_slow_features_learn_which_view_comes_next_in_new_windows() -> None:
    batch = scaled(sliding(2, seed=1), np.arange(0, 160, 4))  # one window of each episode
    found = []
    for objective in (built("slow_features", sliding(2), 32), trained("slow_features", sliding(2), 60)):
        loss, metrics, features = objective.loss(batch)
        nearest = torch.cdist(features[:, 0], features[:, 1]).argmin(1)
        found.append((float((nearest == torch.arange(40)).float().mean()), loss.item(), float(metrics["negative"])))
    (_, constant, _), (retrieved, loss, negative) = found
    assert retrieved > 0.25, "chance is 1 in 40"
    assert loss < constant / 2
    assert negative < 2, "features that have collapsed pay 4"


@pytest.mark.parametrize("name", OBJECTIVES)
def test_labels_add_their_weighted_cross_entropy_or_only_watch(name: str) -> None:
    windows = windows_for(objective_class(name))
    batch = windows.batch(np.arange(8))
    for weight in (0.5, 0.0):
        torch.manual_seed(0)
        config = PretrainConfig(objective=name, embedding=8, label_weight=weight)
        model = TrainingModel.build(config, windows).eval()
        torch.manual_seed(1)
        alone, _, features = model.objective.loss(batch)
        torch.manual_seed(1)
        loss, metrics, _ = model(batch)
        logits = model.labels.classifier(features.flatten(0, 1))
        reference = torch.nn.functional.cross_entropy(logits, batch.labels.repeat_interleave(features.shape[1]))
        assert metrics["classification"].item() == pytest.approx(reference.item(), rel=1e-5)
        assert loss.item() == pytest.approx(alone.item() + (weight or 1.0) * reference.item(), rel=1e-5)
        reached = torch.autograd.grad(model.labels(features, batch.labels)[0], features, allow_unused=True)[0]
        assert (reached is not None) == (weight > 0), "without a weight no label reaches the features"
