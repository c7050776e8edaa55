"""Claims of EquiMod: both losses as they are written, and the motion counts in one of them alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, measured, scaled, trained
from objective_windows import sliding

from activevision.encoders.objectives.standard_twists import StandardTwists


def nt_xent(first: np.ndarray, second: np.ndarray, scenes: list[int], temperature: float = 0.3) -> float:
    views, scenes = [v / np.linalg.norm(v) for v in (*first, *second)], scenes * 2
    losses = []
    for i in range(len(views)):
        own = (i + len(first)) % len(views)
        compared = [k for k in range(len(views)) if k == own or scenes[k] != scenes[i]]
        cosines = {k: np.exp(views[i] @ views[k] / temperature) for k in compared}
        losses.append(-np.log(cosines[own] / sum(cosines.values())))
    return float(np.mean(losses))


def test_the_loss_agrees_with_the_formula() -> None:
    windows = sliding(3)
    objective, batch = built("equimod", windows, temperature=0.3, weight=2.0), scaled(windows, np.arange(5))
    scale = np.sqrt((windows.motions.astype(np.float64) ** 2).mean(0))
    z = objective.encoder(batch.frames.flatten(0, 1))
    g, h = (net(z).unflatten(0, (5, 3)).detach() for net in (objective.invariant, objective.equivariant))
    expected = []
    for t in range(2):
        action = batch.twists[:, t] / torch.tensor(np.where(scale > 0, scale, 1), dtype=torch.float32)
        invariance = nt_xent(g[:, t].numpy(), g[:, t + 1].numpy(), batch.scenes.tolist())
        for source, target, a in ((h[:, t], h[:, t + 1], action), (h[:, t + 1], h[:, t], -action)):
            predicted = objective.predictor(torch.cat([source, a], 1)).detach()
            expected.append(invariance + 2.0 * nt_xent(target.numpy(), predicted.numpy(), batch.scenes.tolist()))
    assert objective.loss(batch).loss.item() == pytest.approx(np.mean(expected), rel=1e-4)


def test_the_motion_counts_in_the_equivariance_alone() -> None:
    objective, batch = built("equimod", sliding(2)), scaled(sliding(2), np.arange(8))
    outcome, other = objective.loss(batch), objective.loss(batch._replace(twists=-2 * batch.twists))
    assert torch.equal(outcome.metrics["invariance"], other.metrics["invariance"])
    assert not torch.equal(outcome.metrics["equivariance"], other.metrics["equivariance"])


def test_windows_have_no_order_and_a_film_may_run_backwards() -> None:
    """Frames in the opposite order with the opposite motions are the same pairs."""
    objective, batch = built("equimod", sliding(2)), scaled(sliding(2), np.arange(8))
    loss = objective.loss(batch).loss
    backwards = batch._replace(frames=batch.frames.flip(1), twists=-batch.twists)
    shuffled = batch._replace(frames=batch.frames.flip(0), twists=batch.twists.flip(0))
    for same in (backwards, shuffled):
        torch.testing.assert_close(objective.loss(same).loss, loss)


def test_twists_are_on_one_scale_and_kept_in_checkpoints() -> None:
    twists = np.array([[0.1, 0, 0, 0, 0.02, 0], [-0.3, 0, 0, 0, 0.02, 1e-9]])
    standard = StandardTwists.fit(twists)
    result = standard(torch.tensor(twists, dtype=torch.float32)).numpy()
    np.testing.assert_allclose((result**2).mean(0), [1, 0, 0, 0, 1, 0], atol=1e-5)
    other = StandardTwists(np.ones(6))
    other.load_state_dict(standard.state_dict())
    assert torch.equal(other.scale, standard.scale)


def test_it_learns_to_predict_what_a_motion_makes_of_new_windows() -> None:
    before = measured(built("equimod", sliding(2), 32), sliding(2, seed=1), count=32)
    after = measured(trained("equimod", sliding(2), 60), sliding(2, seed=1), count=32)
    assert before["retrieved"] < 0.15
    assert after["retrieved"] > 0.4, "chance is 1 in 32"
