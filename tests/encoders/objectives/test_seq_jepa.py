"""Claims of seq-JEPA: it predicts a view that it has not seen, from views whose order the motions alone tell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, measured, scaled, trained
from objective_windows import sliding

from activevision.errors import UserError

LENGTH = 4


def test_the_loss_agrees_with_the_formula() -> None:
    """Token by token, prediction by prediction, and every window as well from its end."""
    windows = sliding(LENGTH)
    objective, batch = built("seq_jepa", windows, layers=1), scaled(windows, np.arange(4))
    objective.target.network.head.weight.data += 0.1
    losses = []
    for frames, twists in zip(batch.frames, batch.twists, strict=True):
        for way, motions in ((frames, twists), (frames.flip(0), -twists.flip(0))):
            actions = [objective.embed_action((motion / objective.actions.scale)[None])[0] for motion in motions]
            z = [objective.encoder(frame[None])[0] for frame in way]
            for last in range(LENGTH - 1):
                after = [*actions[:last], torch.zeros_like(actions[0])]
                tokens = [objective.token(torch.cat(pair)) for pair in zip(z[: last + 1], after, strict=True)]
                aggregate = objective.transformer(torch.stack([objective.start, *tokens])[None])[0, 0]
                predicted = objective.predictor(torch.cat([aggregate, actions[last]])[None])[0]
                target = objective.target.network(way[last + 1][None])[0]
                losses.append(1 - (predicted @ target / predicted.norm() / target.norm()).item())
    assert objective.loss(batch).loss.item() == pytest.approx(np.mean(losses), rel=1e-4)


def test_what_is_predicted_is_not_seen() -> None:
    """A frame is in no prediction of itself or of what comes before it, whichever way the window is played."""
    objective, batch = built("seq_jepa", sliding(LENGTH)), scaled(sliding(LENGTH), np.arange(4))
    predictions = []
    objective.predictor.register_forward_hook(lambda module, inputs, output: predictions.append(output))
    changed = batch.frames.clone()
    changed[:, 2] = 0.5
    outcome, other = objective.loss(batch), objective.loss(batch._replace(frames=changed))
    first, second = (given.unflatten(0, (2, len(batch.frames), LENGTH - 1)) for given in predictions)
    same = (first == second).all(-1).all(1)  # (2, LENGTH − 1): forwards 1 2 3 from 0, backwards 2 1 0 from 3
    assert same.tolist() == [[True, True, False], [True, False, False]]
    assert not torch.equal(outcome.loss, other.loss)


def test_a_window_played_backwards_is_no_other_window() -> None:
    """log(T⁻¹) = −log(T): that it is told already."""
    objective, batch = built("seq_jepa", sliding(LENGTH)), scaled(sliding(LENGTH), np.arange(4))
    backwards = batch._replace(frames=batch.frames.flip(1), twists=-batch.twists.flip(1))
    torch.testing.assert_close(objective.loss(backwards).loss, objective.loss(batch).loss)


def test_views_have_no_places_but_those_that_motions_give_them() -> None:
    objective = built("seq_jepa", sliding(LENGTH))
    features, actions = torch.randn(3, 3, 8), torch.randn(3, 2, 32)
    whole = objective._aggregate(features, actions)
    swapped = objective._aggregate(features[:, [1, 0, 2]], actions.flip(1))
    torch.testing.assert_close(swapped, whole)
    assert not torch.allclose(objective._aggregate(features, actions.flip(1)), whole), "views keep their motions"
    twists = torch.randn(3, 2, 6)
    assert objective.aggregate(features, twists).shape == (3, 128)


def test_the_ablation_is_blind_to_motions_and_the_method_is_not() -> None:
    batch = scaled(sliding(LENGTH), np.arange(4))
    other = batch._replace(twists=2 * batch.twists.flip(0))
    for conditioned in ("true", "false"):
        objective = built("seq_jepa", sliding(LENGTH), conditioned=conditioned)
        same = torch.equal(objective.loss(batch).loss, objective.loss(other).loss)
        assert same == (conditioned == "false")


def test_the_target_follows_the_encoder_and_gets_no_gradient() -> None:
    objective = built("seq_jepa", sliding(LENGTH), momentum=0.75).train()
    objective.loss(scaled(sliding(LENGTH), np.arange(8))).loss.backward()
    assert all(p.grad is None for p in objective.target.parameters())
    before, online = objective.target.network.head.weight.clone(), objective.encoder.head.weight
    online.data += 1
    objective.after_step(0.5)
    torch.testing.assert_close(objective.target.network.head.weight, 0.75 * before + 0.25 * online)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UserError, match="4 heads must divide it"):
        built("seq_jepa", sliding(LENGTH), width=30)


def test_it_learns_to_tell_what_comes_in_new_windows() -> None:
    after = measured(trained("seq_jepa", sliding(3), 100, layers=1, momentum=0.95), sliding(3, seed=1), count=32)
    assert after["retrieved"] > 0.15, "chance is 1 in 32"
    assert after["similarity"] > 0.4
