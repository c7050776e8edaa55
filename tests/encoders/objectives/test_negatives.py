"""What shows the same scene is no negative: not in another window of an episode, nor in another episode."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, scaled
from objective_windows import sliding

from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives import objective_class
from activevision.rollouts.dataset import WindowDataset

CONTRASTIVE = ("slow_features", "steady_features", "tracking", "object_centric", "simclr", "equimod",
               "transitive_invariance", "look_ahead")  # fmt: skip


@pytest.mark.parametrize("name", CONTRASTIVE)
def test_a_window_of_the_same_scene_is_no_negative(name: str) -> None:
    """The loss of two scenes' windows does not change when negatives of one's own scene come nearer or move away."""
    fields = objective_class(name).needed(PretrainConfig(objective=name))
    windows = sliding(3, fields)
    objective, batch = built(name, windows), scaled(windows, np.arange(8))
    apart = batch._replace(scenes=torch.arange(8))
    together = batch._replace(scenes=torch.zeros(8, dtype=torch.int64))
    losses = []
    for one in (apart, together):
        torch.manual_seed(0)
        losses.append(objective.loss(one).loss.item())
    assert np.isfinite(losses).all()
    assert losses[1] < losses[0], "without negatives there is less to pay for"


@pytest.mark.parametrize("name", CONTRASTIVE)
def test_a_batch_of_one_scene_has_finite_gradients(name: str) -> None:
    windows = sliding(3, objective_class(name).needed(PretrainConfig(objective=name)))
    objective, batch = built(name, windows), scaled(windows, np.arange(6))
    objective.loss(batch._replace(scenes=torch.zeros(6, dtype=torch.int64))).loss.backward()
    for parameter in objective.parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all()


def test_two_episodes_of_one_scene_have_its_number_and_other_scenes_have_others() -> None:
    frames, twists = np.zeros((3, 2, 4, 4, 3), np.uint8), np.zeros((3, 1, 6), np.float32)
    names = np.array(["kitchen", "hall", "kitchen"])
    batch = WindowDataset.of_episodes(frames, twists, np.zeros(3, np.int64), names, ("a",)).batch(np.arange(3))
    assert batch.scenes[0] == batch.scenes[2] != batch.scenes[1]
    alone = WindowDataset.of_episodes(frames[:1], twists[:1], np.zeros(1, np.int64), names[:1], ("a",))
    assert alone.batch(np.arange(1)).scenes[0] == batch.scenes[0], "whatever data set it is in"
