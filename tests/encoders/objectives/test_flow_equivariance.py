"""Claims of flow equivariance: maps that move with the image cost nothing, and encoders learn to give such maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, measured, trained
from objective_windows import windows_for
from scipy.ndimage import map_coordinates

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.dense_maps import cell_size, dense_maps
from activevision.encoders.objectives.flow_equivariance import FlowEquivariance, agreement, warped
from activevision.errors import UserError


def test_a_cell_is_found_where_its_pixels_went() -> None:
    generator = np.random.default_rng(0)
    maps = generator.normal(size=(2, 3, 4, 5))
    flow = generator.normal(size=(2, 8, 15, 2)) * 2
    covisible = generator.random((2, 8, 15)) < 0.6
    found, weight = warped(*(torch.from_numpy(a) for a in (maps, flow, covisible)))
    for n in range(2):
        for i in range(4):
            for j in range(5):
                pixels = np.s_[n, 2 * i : 2 * i + 2, 3 * j : 3 * j + 3]
                assert weight[n, i, j].item() == pytest.approx(covisible[pixels].mean())
                across, down = flow[pixels][covisible[pixels]].mean(0) if covisible[pixels].any() else (0, 0)
                for k in range(3):
                    expected = map_coordinates(maps[n, k], [[i + down / 2], [j + across / 3]], order=1, mode="nearest")
                    assert found[n, k, i, j].item() == pytest.approx(expected.item(), abs=1e-6)


def test_the_loss_is_the_weighted_distance_of_directions() -> None:
    torch.manual_seed(0)
    predicted, targets, weight = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5), torch.rand(2, 4, 5)
    total = 0.0
    for n in range(2):
        for i in range(4):
            for j in range(5):
                p, t = predicted[n, :, i, j].numpy(), targets[n, :, i, j].numpy()
                total += weight[n, i, j].item() * (2 - 2 * p @ t / np.linalg.norm(p) / np.linalg.norm(t))
    loss, _ = agreement(predicted, targets, weight)
    assert loss.item() == pytest.approx(total / weight.sum().item(), rel=1e-5)


def test_maps_that_move_with_the_image_cost_nothing_and_others_do() -> None:
    """Pixels themselves are such maps."""
    batch = windows_for(FlowEquivariance).batch(np.arange(12))
    first, second = batch.frames[:, 0].float(), batch.frames[:, 1].float()
    flow, covisible = batch.fields["flow_forward"][:, 0], batch.fields["flow_forward_covisible"][:, 0]
    loss, metrics = agreement(first, *warped(second, flow, covisible))
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert agreement(first, *warped(second, 0 * flow, covisible))[0] > 1e-3
    assert agreement(first, *warped(second, -flow, covisible))[0] > 1e-3
    constant = torch.ones_like(first)
    assert agreement(constant, constant, covisible.float())[1]["cell_accuracy"] < 0.02, "the metric shows a collapse"
    assert metrics["cell_chance"] < 0.01


def test_what_is_seen_in_one_frame_alone_counts_for_nothing() -> None:
    torch.manual_seed(0)
    windows = windows_for(FlowEquivariance)
    objective = FlowEquivariance.from_config(PretrainConfig(objective="flow_equivariance"), SmallCNN(8), windows).eval()
    batch = windows.batch(np.arange(12))
    flow, covisible = batch.fields["flow_forward"], batch.fields["flow_forward_covisible"]
    other = torch.where(covisible[..., None], flow, 100 * torch.randn_like(flow))
    losses = [objective.loss(batch._replace(fields={**batch.fields, "flow_forward": f})).loss for f in (flow, other)]
    assert torch.equal(*losses)
    nothing = {**batch.fields, "flow_forward_covisible": torch.zeros_like(covisible)}
    assert objective.loss(batch._replace(fields=nothing)).loss == 0


def test_dense_maps_are_the_encoders_own_of_moved_images() -> None:
    torch.manual_seed(0)
    encoder = SmallCNN(8).eval()
    images = torch.rand(2, 3, 48, 64)
    cell = cell_size(encoder, 48, 64)
    assert cell == (16, 16)
    assert not encoder.training
    dense, own = dense_maps(encoder, images, 4, cell)
    assert dense.shape == (2, 128, 12, 16)
    assert torch.equal(own, encoder.maps(images))
    torch.testing.assert_close(dense[:, :, ::4, ::4], own)
    moved = torch.nn.functional.pad(images, (0, 12, 0, 4), mode="replicate")[:, :, 4:, 12:]
    torch.testing.assert_close(dense[:, :, 1::4, 3::4], encoder.maps(moved))


def test_the_target_follows_slowly_and_gets_no_gradient() -> None:
    torch.manual_seed(0)
    windows = windows_for(FlowEquivariance)
    objective = FlowEquivariance.from_config(PretrainConfig(objective="flow_equivariance"), SmallCNN(8), windows)
    outcome = objective.loss(windows.batch(np.arange(6)))
    outcome.loss.backward()
    assert all(p.grad is None for p in objective.target.parameters())
    assert objective.encoder.head.weight.grad is None, "as the docstring says"
    with torch.no_grad():
        objective.projector[0].weight += 1.0
    before = objective.target_projector.network[0].weight.clone()
    objective.after_step(0.0)
    change = objective.target_projector.network[0].weight - before
    torch.testing.assert_close(change, torch.full_like(change, 0.01), rtol=1e-2, atol=1e-5)


def test_it_learns_which_cell_is_which() -> None:
    seen, new = (windows_for(FlowEquivariance, seed=seed) for seed in (0, 1))
    before = measured(built("flow_equivariance", seen, 32, density=4), new)
    after = measured(trained("flow_equivariance", seen, 30, rate=5e-3, density=4), new)
    assert after["loss"] < before["loss"] - 0.5
    assert after["cell_accuracy"] > before["cell_accuracy"] + 0.1
    assert after["cell_accuracy"] > 2 * after["cell_chance"]


def test_a_density_that_the_pixels_do_not_have_is_refused() -> None:
    config = PretrainConfig(objective="flow_equivariance", settings=("density=20",))
    with pytest.raises(UserError, match="only 16 pixels wide"):
        FlowEquivariance.from_config(config, SmallCNN(8), windows_for(FlowEquivariance))
