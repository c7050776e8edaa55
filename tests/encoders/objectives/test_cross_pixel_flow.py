"""Claims of cross-pixel flow."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from brief_training import measured, trained
from objective_windows import sliding

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.cross_pixel_flow import CrossPixelFlow, CrossPixelFlowSettings
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import FrameStore
from activevision.rollouts.windows import Windows

SETTINGS = CrossPixelFlowSettings(pixels=6, embedding=3, width=0.7, temperature=0.2)


@pytest.fixture
def objective() -> CrossPixelFlow:
    torch.manual_seed(0)
    return CrossPixelFlow(SmallCNN(8), (16, 16), SETTINGS).eval()


def passing(episodes: int = 48, size: int = 32, seed: int = 0) -> WindowDataset:
    """A bright ball anywhere before a dark wall: the camera slides, and the ball, being near, moves thrice as far."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    frames = np.zeros((episodes, 2, size, size, 3), np.uint8)
    flow = np.zeros((episodes, size, size, 2), np.float32)
    for e in range(episodes):
        wall = generator.integers(0, 90, (size, size, 3))
        (y, x), speed = generator.integers(8, size - 8, 2), generator.choice([-1, 1])
        for t in range(2):
            ball = np.hypot(rows - y, columns - x - 3 * speed * t) < 7
            frames[e, t] = np.where(ball[..., None], [220, 180, 60], np.roll(wall, speed * t, 1))
            if t == 0:
                flow[e, ..., 0] = np.where(ball, 3 * speed, speed)
    names = np.array([f"ball-{e}" for e in range(episodes)])
    twists = np.zeros((episodes, 1, 6), np.float32)
    store = FrameStore.of_episodes(frames, twists, np.zeros(episodes, np.int64), names, ("ball",))
    store.motions.update({"flow_forward": flow, "flow_forward_valid": np.ones(flow.shape[:3], bool)})
    return WindowDataset(store, Windows(2), np.arange(episodes), CrossPixelFlow.fields)


def test_it_agrees_with_the_formula(objective: CrossPixelFlow) -> None:
    embeddings, flow = torch.randn(3, 6, 3), 2 * torch.randn(3, 6, 2)
    valid = torch.ones(3, 6, dtype=torch.bool)
    valid[0, 2] = valid[1, :5] = False  # of the second frame's pixels none is left to compare with
    losses = []
    for n in range(3):
        seen = [p for p in range(6) if valid[n, p]]
        f, phi = flow[n].numpy(), embeddings[n].numpy()
        sigma = 0.7 * np.sqrt(((f[seen] - f[seen].mean(0)) ** 2).sum(1).mean())
        for p in seen:
            others = [q for q in seen if q != p]
            if not others:
                continue
            alike = [math.exp(-((f[p] - f[q]) ** 2).sum() / (2 * sigma**2)) / 0.2 for q in others]
            cosine = [phi[p] @ phi[q] / np.linalg.norm(phi[p]) / np.linalg.norm(phi[q]) / 0.2 for q in others]
            wanted, given = np.exp(alike) / np.exp(alike).sum(), np.exp(cosine) / np.exp(cosine).sum()
            losses.append(-(wanted * np.log(given)).sum())
    assert len(losses) == 11
    assert objective.matching(embeddings, flow, valid)[0].item() == pytest.approx(np.mean(losses), rel=1e-4)


def test_the_temperature_divides_full_precision_under_autocast(objective: CrossPixelFlow) -> None:
    generator = torch.Generator().manual_seed(0)
    embeddings, flow = (torch.randn(2, 6, n, generator=generator) for n in (3, 2))
    valid = torch.ones(2, 6, dtype=torch.bool)
    loss, _ = objective.matching(embeddings, flow, valid)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(objective.matching(embeddings, flow, valid)[0], loss)


def test_neither_the_direction_nor_the_speed_nor_a_common_flow_matters(objective: CrossPixelFlow) -> None:
    embeddings, flow, valid = torch.randn(3, 6, 3), torch.randn(3, 6, 2), torch.ones(3, 6, dtype=torch.bool)
    loss = objective.matching(embeddings, flow, valid)[0].item()
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]])
    for other in (-flow, 5 * flow, flow + 7, flow @ turn):
        assert objective.matching(embeddings, other, valid)[0].item() == pytest.approx(loss, rel=1e-4)
    turned = embeddings @ torch.linalg.qr(torch.randn(3, 3)).Q
    assert objective.matching(turned, flow, valid)[0].item() == pytest.approx(loss, rel=1e-4)


def test_embeddings_that_group_as_the_flow_does_are_better_than_any_other_grouping(objective: CrossPixelFlow) -> None:
    flow = torch.tensor([[0.0, 0], [0, 0], [0, 0], [9, 0], [9, 0], [9, 0]])[None]
    valid, one_hot = torch.ones(1, 6, dtype=torch.bool), torch.eye(3)
    right, metrics = objective.matching(one_hot[[0, 0, 0, 1, 1, 1]][None], flow, valid)
    assert metrics["similarity_correlation"].item() == pytest.approx(1, abs=1e-3)
    for groups in ([0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 2, 2]):
        assert objective.matching(one_hot[groups][None], flow, valid)[0] > right + 0.1


def test_frames_without_flow_cost_nothing_and_their_gradient_is_finite(objective: CrossPixelFlow) -> None:
    batch = sliding(2, CrossPixelFlow.fields).batch(np.arange(4))
    none = {**batch.fields, "flow_forward_valid": torch.zeros_like(batch.fields["flow_forward_valid"])}
    outcome = objective.loss(batch._replace(fields=none))
    outcome.loss.backward()
    assert outcome.loss == 0
    assert all(torch.isfinite(p.grad).all() for p in objective.parameters() if p.grad is not None)


def test_neither_the_order_of_windows_nor_the_motion_nor_the_last_frame_matters() -> None:
    windows = passing(3)
    torch.manual_seed(0)
    objective = CrossPixelFlow(SmallCNN(8), (16, 16), CrossPixelFlowSettings(pixels=32 * 32)).eval()  # all of them
    batch, order = windows.batch(np.arange(3)), torch.tensor([2, 0, 1])
    loss = objective.loss(batch).loss.item()
    fields = {name: values[order] for name, values in batch.fields.items()}
    assert objective.loss(batch._replace(frames=batch.frames[order], fields=fields)).loss.item() == pytest.approx(
        loss, rel=1e-4
    )
    last = batch.frames.clone()
    last[:, 1] = 0
    other = batch._replace(frames=last, twists=torch.randn_like(batch.twists))
    assert objective.loss(other).loss.item() == pytest.approx(loss, rel=1e-4)


def test_it_learns_what_moves_together() -> None:
    after = measured(trained("cross_pixel_flow", passing(), 15), passing(seed=1))
    assert after["similarity_correlation"] > 0.5, "0 by chance"


def test_frames_too_small_for_two_cells_and_too_few_pixels_are_refused() -> None:
    windows = sliding(2, CrossPixelFlow.fields)
    with pytest.raises(UserError, match="one cell"):
        CrossPixelFlow.from_config(PretrainConfig(settings=("density=1",)), SmallCNN(8), windows)
    with pytest.raises(UserError, match="pixels=2"):
        CrossPixelFlowSettings(pixels=2)
