"""Claims of transitive invariance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import measured, trained
from objective_windows import sliding

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.objectives.transitive_invariance import (
    TransitiveInvariance,
    TransitiveInvarianceSettings,
    mutual_neighbours,
)


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return 1 - float(a @ b / a.norm() / b.norm())


def test_it_agrees_with_the_formula() -> None:
    torch.manual_seed(0)
    objective = TransitiveInvariance(SmallCNN(3), TransitiveInvarianceSettings(margin=0.4))
    z = torch.randn(7, 2, 3)
    nearest = [min((b for b in range(7) if b != a), key=lambda b: distance(z[a, 0], z[b, 0])) for a in range(7)]
    partner = [b if nearest[b] == a else None for a, b in enumerate(nearest)]
    terms, transitive = [], []
    for a in range(7):
        others = [z[n, k] for n in range(7) if n not in (a, partner[a]) for k in (0, 1)]
        for i in (0, 1):
            positives = [(z[a, 1 - i], False)]
            if partner[a] is not None:
                positives += [(z[partner[a], j], (i, j) == (1, 1)) for j in (0, 1)]
            for x, both_last in positives:
                for n in others:
                    excess = distance(z[a, i], x) - distance(z[a, i], n)
                    terms.append(max(0.0, excess + 0.4))
                    if both_last:
                        transitive.append(excess < 0)
    assert transitive, "the case has edges"
    loss, metrics = objective.ranking(z, torch.arange(len(z)))
    assert loss.item() == pytest.approx(np.mean(terms), rel=1e-5)
    assert metrics["transitive_accuracy"].item() == pytest.approx(np.mean(transitive))
    assert metrics["joined"].item() == pytest.approx(np.mean([p is not None for p in partner]))
    assert objective.ranking(z[torch.randperm(7)], torch.arange(7))[0].item() == pytest.approx(loss.item(), rel=1e-5)


def test_neighbours_are_mutual_or_none() -> None:
    place = torch.tensor([0.0, 1.0, 1.5, 10.0, 11.0])
    partner = mutual_neighbours((place[:, None] - place).abs())
    assert partner.tolist() == [-1, 2, 1, 4, 3]
    assert mutual_neighbours(torch.zeros(1, 1)).tolist() == [-1]


def test_it_pulls_the_last_frames_of_neighbours_together() -> None:
    """A′ and B′ have a gradient towards each other that time alone would not give them."""
    objective = TransitiveInvariance(SmallCNN(4))
    z = torch.zeros(4, 2, 4)
    z[0, 0], z[1, 0] = torch.tensor([1.0, 0, 0, 0]), torch.tensor([1.0, 0.1, 0, 0])  # A and B look alike
    z[0, 1], z[1, 1] = torch.tensor([0, 1.0, 0, 0]), torch.tensor([0, 0, 1.0, 0])  # A′ and B′ do not, yet
    z[2:], z[3, 1, 0] = torch.tensor([0, 0, 0, 1.0]), -0.5
    z.requires_grad_()
    objective.ranking(z, torch.arange(len(z)))[0].backward()
    step = z.detach() - 0.1 * z.grad
    assert distance(step[0, 1], step[1, 1]) < distance(z[0, 1].detach(), z[1, 1].detach()) - 1e-3


def test_classes_that_look_alike_from_everywhere_cost_nothing_and_constant_features_the_margin() -> None:
    objective = TransitiveInvariance(SmallCNN(4), TransitiveInvarianceSettings(margin=0.5))
    classes = torch.eye(4).repeat_interleave(2, 0)  # two windows of each of four classes
    loss, metrics = objective.ranking(classes[:, None].expand(8, 2, 4), torch.arange(8))
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert metrics["joined"] == 1
    assert metrics["transitive_accuracy"] == 1
    assert objective.ranking(torch.ones(8, 2, 4), torch.arange(8))[0].item() == pytest.approx(0.5)


def test_few_windows_have_finite_gradients_and_the_motion_does_not_matter() -> None:
    objective = TransitiveInvariance(SmallCNN(4)).eval()
    for windows in (1, 2, 3):
        z = torch.randn(windows, 2, 4, requires_grad=True)
        objective.ranking(z, torch.arange(len(z)))[0].backward()
        assert torch.isfinite(z.grad).all()
    batch = sliding(3).batch(np.arange(8))
    other = batch._replace(twists=torch.randn_like(batch.twists))
    assert torch.equal(objective.loss(batch).loss, objective.loss(other).loss)


def test_it_learns_what_stays_over_views_and_neighbours() -> None:
    metrics = measured(trained("transitive_invariance", sliding(3), 60), sliding(3, seed=1), count=32)
    assert metrics["intra_accuracy"] > 0.8, "½ by chance"
    assert metrics["transitive_accuracy"] > 0.8
    assert 0.1 < metrics["joined"] < 1
