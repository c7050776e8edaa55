"""Claims of action-conditional prediction."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import measured, opposite, trained
from objective_windows import sliding

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.objectives.action_conditional_prediction import ActionConditionalPrediction
from activevision.encoders.objectives.frame_decoder import FrameDecoder, explained
from activevision.encoders.objectives.twist_scale import twist_scale


@pytest.fixture
def objective() -> ActionConditionalPrediction:
    torch.manual_seed(0)
    return ActionConditionalPrediction(SmallCNN(6), torch.full((6,), 0.5), 16, 16).eval()


def test_it_agrees_with_the_formula(objective: ActionConditionalPrediction) -> None:
    batch = sliding(3).batch(np.arange(5))
    pixels = batch.frames.numpy() / 255
    encode, gate, decode = (m.weight.detach().numpy() for m in (objective.factors, objective.gates, objective.mix))
    errors = []
    with torch.no_grad():
        for b in range(5):
            for t in range(2):
                z = objective.encoder(batch.frames[b, t : t + 1])[0].numpy()
                h = decode @ ((encode @ z) * (gate @ (batch.twists[b, t].numpy() / 0.5) + 1))
                frame = objective.decoder(torch.from_numpy(h + objective.mix.bias.numpy())[None])[0]
                errors.append(((frame.numpy() - pixels[b, t + 1]) ** 2).mean() / 2)
    assert objective.loss(batch).loss.item() == pytest.approx(np.mean(errors), rel=1e-4)


def test_a_camera_at_rest_leaves_every_factor_as_it_is(objective: ActionConditionalPrediction) -> None:
    z = torch.randn(4, 6)
    still = objective.decoder(objective.mix(objective.factors(z)))
    torch.testing.assert_close(objective.predict(z, torch.zeros(4, 6)), still)
    assert not torch.allclose(objective.predict(z, torch.randn(4, 6)), still, atol=1e-3)


def test_opposite_motions_move_the_code_in_opposite_directions(objective: ActionConditionalPrediction) -> None:
    z, twist = torch.randn(4, 6), torch.randn(4, 6)
    codes: list[torch.Tensor] = []
    objective.decoder.register_forward_pre_hook(lambda module, inputs: codes.append(inputs[0]))
    for sign in (1, 0, -1):
        objective.predict(z, sign * twist)
    torch.testing.assert_close(codes[0] - codes[1], codes[1] - codes[2], rtol=1e-4, atol=1e-5)


def test_the_order_of_windows_does_not_matter(objective: ActionConditionalPrediction) -> None:
    batch, order = sliding(3).batch(np.arange(8)), torch.randperm(8)
    shuffled = batch._replace(frames=batch.frames[order], twists=batch.twists[order])
    assert objective.loss(shuffled).loss.item() == pytest.approx(objective.loss(batch).loss.item(), rel=1e-4)


@pytest.mark.parametrize("size", [(16, 16), (64, 64), (24, 40)])
def test_the_decoder_gives_frames_of_any_size(size: tuple[int, int]) -> None:
    assert FrameDecoder(5, *size)(torch.randn(2, 5)).shape == (2, 3, *size)


def test_explained_is_one_for_the_truth_and_nothing_for_the_mean() -> None:
    frames = torch.rand(6, 3, 4, 4)
    assert explained(frames, frames).item() == 1
    assert explained(frames.mean(0), frames).item() == pytest.approx(0, abs=1e-6)


def test_the_scale_is_that_of_the_motions() -> None:
    windows = sliding(2)
    scale = twist_scale(windows).numpy()
    assert scale[0] == pytest.approx(np.sqrt((windows.motions[:, 0] ** 2).mean()), rel=1e-5)
    np.testing.assert_array_equal(scale[1:], 1)


def test_it_learns_to_predict_and_heeds_the_motion() -> None:
    objective, windows = trained("action_conditional_prediction", sliding(2), 60), sliding(2, seed=1)
    right = measured(objective, windows)
    assert right["explained"] > 0.25, "0 for the mean frame"
    assert measured(objective, windows, opposite)["loss"] > 1.15 * right["loss"], "the opposite motion must cost"
