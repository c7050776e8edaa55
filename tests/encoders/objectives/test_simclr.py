"""Claims of SimCLR: NT-Xent as it is written, blind to the motion, and it finds the other view."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, measured, scaled, trained
from objective_windows import sliding

from activevision.encoders.objectives.two_views import nt_xent, retrieved


def reference(first: np.ndarray, second: np.ndarray, temperature: float, scenes: list[int]) -> float:
    views, scenes = [v / np.linalg.norm(v) for v in (*first, *second)], scenes * 2
    losses = []
    for i in range(len(views)):
        j = (i + len(first)) % len(views)
        compared = [k for k in range(len(views)) if k == j or scenes[k] != scenes[i]]
        others = sum(np.exp(views[i] @ views[k] / temperature) for k in compared)
        losses.append(-np.log(np.exp(views[i] @ views[j] / temperature) / others))
    return float(np.mean(losses))


def test_the_loss_is_nt_xent_averaged_over_the_pairs_of_a_window() -> None:
    objective, batch = built("simclr", sliding(3), temperature=0.3), scaled(sliding(3), np.arange(5))
    z = objective.projector(objective.encoder(batch.frames.flatten(0, 1))).unflatten(0, (5, 3)).detach().numpy()
    expected = np.mean([reference(z[:, t], z[:, t + 1], 0.3, batch.scenes.tolist()) for t in range(2)])
    assert objective.loss(batch).loss.item() == pytest.approx(expected, rel=1e-4)


def test_it_sees_neither_the_motion_nor_which_view_comes_first_nor_the_order_of_windows() -> None:
    objective, batch = built("simclr", sliding(2)), scaled(sliding(2), np.arange(8))
    loss = objective.loss(batch).loss
    assert torch.equal(objective.loss(batch._replace(twists=torch.randn_like(batch.twists))).loss, loss)
    for other in (batch.frames.flip(0), batch.frames.flip(1)):
        torch.testing.assert_close(objective.loss(batch._replace(frames=other)).loss, loss)


def test_the_loss_of_known_views() -> None:
    views = torch.eye(4)
    apart = np.log(1 + 6 * np.exp(-1 / 0.5))  # the positive at cosine 1, six negatives at 0
    assert nt_xent(views, 3 * views, 0.5, torch.arange(len(views))).item() == pytest.approx(apart, rel=1e-5), (
        "lengths do not count"
    )
    same = torch.ones(4, 3)
    assert nt_xent(same, same, 0.5, torch.arange(len(same))).item() == pytest.approx(np.log(7), rel=1e-5), (
        "collapse is chance"
    )
    assert nt_xent(views[:1], views[:1], 0.5, torch.arange(1)).item() == 0.0, "one window has no negatives"
    assert retrieved(views, views.flip(0), torch.arange(len(views))) == 0
    assert retrieved(views, views, torch.arange(len(views))) == 1


def test_it_learns_to_find_the_other_view_of_new_windows() -> None:
    before = measured(built("simclr", sliding(2), 32), sliding(2, seed=1), count=32)["retrieved"]
    after = measured(trained("simclr", sliding(2), 60), sliding(2, seed=1), count=32)["retrieved"]
    assert after > 0.45, "chance is 1 in 32"
    assert after > before + 0.1
