"""Claims of object-centric features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brief_training import built, measured, trained
from objective_windows import sliding

from activevision.encoders.backbones import SmallCNN
from activevision.encoders.objectives.object_centric import ObjectCentric, ObjectCentricSettings
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import FrameStore
from activevision.rollouts.windows import Windows


@pytest.fixture
def objective() -> ObjectCentric:
    torch.manual_seed(0)
    return ObjectCentric(SmallCNN(4), ObjectCentricSettings(objects=2, margin=0.7, context=1.0)).eval()


def crossing(episodes: int = 48, size: int = 24, seed: int = 0) -> WindowDataset:
    """Two squares of any hues that cross a wall, one above the other, each on its own way and in changing light."""
    generator = np.random.default_rng(seed)
    frames = generator.integers(0, 60, (episodes, 3, size, size, 3)).astype(np.uint8)
    instance = np.zeros((episodes, 3, size, size), np.int32)
    for e in range(episodes):
        for thing in (1, 2):
            colour, speed, x = generator.integers(60, 255, 3), generator.integers(-3, 4), generator.integers(6, 12)
            for t in range(3):
                place = np.s_[e, t, 12 * thing - 10 : 12 * thing - 4, x + speed * t : x + speed * t + 6]
                frames[place], instance[place] = colour * generator.uniform(0.3, 1), thing
    names = np.array([f"wall-{e}" for e in range(episodes)])
    store = FrameStore.of_episodes(
        frames, np.zeros((episodes, 2, 6), np.float32), np.zeros(episodes, np.int64), names, ("wall",)
    )
    store.views.update({"instance": instance.reshape(-1, size, size)})
    return WindowDataset(store, Windows(3), np.arange(episodes), ("instance",))


def test_it_agrees_with_the_formula(objective: ObjectCentric) -> None:
    before, after = torch.randn(6, 4), torch.randn(6, 4)
    thing = torch.tensor([7, 8, 5, 5, 1, 9])  # the fourth is the third once more
    other = thing[:, None] != thing
    known = torch.tensor([True, True, True, True, False, True])

    def distance(a: torch.Tensor, b: torch.Tensor) -> float:
        return 1 - float(a @ b / a.norm() / b.norm())

    terms, right = [], []
    for i in (0, 1, 2, 3, 5):
        others = [j for j in (0, 1, 2, 3, 5) if thing[i] != thing[j]]
        own = distance(before[i], after[i])
        terms += [max(0.0, own - distance(before[i], after[j]) + 0.7) for j in others]
        right.append(all(own < distance(before[i], after[j]) for j in others))
    loss, metrics = objective.ranking(before, after, other, known)
    assert loss.item() == pytest.approx(np.mean(terms), rel=1e-5)
    assert metrics["object_accuracy"].item() == pytest.approx(np.mean(right))
    order = torch.randperm(6)
    shuffled = objective.ranking(before[order], after[order], other[order][:, order], known[order])[0]
    assert shuffled.item() == pytest.approx(loss.item(), rel=1e-5)


def test_things_that_keep_features_of_their_own_cost_nothing(objective: ObjectCentric) -> None:
    features, other = torch.eye(4), ~torch.eye(4, dtype=torch.bool)
    loss, metrics = objective.ranking(features, 3 * features, other, torch.ones(4, dtype=torch.bool))
    assert loss == 0
    assert metrics["object_accuracy"] == 1
    same = objective.ranking(torch.ones(4, 4), torch.ones(4, 4), other, torch.ones(4, dtype=torch.bool))
    assert same[0].item() == pytest.approx(0.7), "features that do not tell things apart cost the margin"


def test_regions_are_the_boxes_of_things_in_both_frames(objective: ObjectCentric) -> None:
    instance = torch.zeros(4, 2, 20, 40, dtype=torch.int32)
    instance[0, 0, 4:8, 10:16], instance[0, 1, 5:9, 12:18] = 3, 3  # wider than the frame's proportions
    instance[1, 0, 4:12, 10:16] = 5  # gone in the later frame
    instance[2, :, 4, 10] = 6  # too small
    ids, boxes, known = objective.regions(instance)
    assert ids[:3].tolist() == [[3, 3], [5, 5], [6, 6]]
    assert known.tolist() == [[True, True], [False, False], [False, False], [False, False]]
    torch.testing.assert_close(boxes[0, :, 0], torch.tensor([[9.0, 4, 17, 8], [11.0, 5, 19, 9]]))
    torch.testing.assert_close(boxes[1, 1, 0], torch.tensor([0.0, 0, 40, 20]))


def test_large_things_are_drawn_more_often_and_the_background_never(objective: ObjectCentric) -> None:
    instance = torch.zeros(500, 2, 10, 10, dtype=torch.int32)
    instance[:, :, :3, :3], instance[:, :, 5:6, 5:8] = 1, 2
    ids = objective.regions(instance)[0]
    assert set(ids.unique().tolist()) == {1, 2}
    assert 0.68 < (ids == 1).float().mean() < 0.82, "9 of 12 pixels"


def test_a_batch_without_things_costs_nothing_and_the_motion_does_not_matter(objective: ObjectCentric) -> None:
    batch = sliding(3, ("instance",)).batch(np.arange(8))
    outcome = objective.loss(batch._replace(fields={"instance": torch.zeros_like(batch.fields["instance"])}))
    outcome.loss.backward()
    assert outcome.loss == 0
    losses = []
    for twists in (batch.twists, torch.randn_like(batch.twists)):
        torch.manual_seed(1)
        losses.append(objective.loss(batch._replace(twists=twists)).loss)
    assert torch.equal(*losses)


def test_ids_say_nothing_of_other_windows_of_the_scene(objective: ObjectCentric) -> None:
    """Two episodes of a scene may give one thing two ids, or two things one: neither is a negative."""
    batch = crossing(4).batch(np.arange(4))
    renamed = batch.fields["instance"].clone()
    renamed[1] = torch.where(renamed[1] > 0, 8 - renamed[1], 0)
    losses = []
    for instance in (batch.fields["instance"], renamed):
        torch.manual_seed(0)
        there = batch._replace(fields={"instance": instance}, scenes=torch.tensor([0, 0, 1, 1]))
        losses.append(objective.loss(there).loss.item())
    assert losses[0] == losses[1]


def test_it_learns_to_tell_things_apart() -> None:
    before = measured(built("object_centric", crossing(), 32), crossing(seed=1))
    after = measured(trained("object_centric", crossing(), 40), crossing(seed=1))
    assert before["object_accuracy"] < 0.35
    assert after["object_accuracy"] > 0.5, "1 of 64 by chance"
    assert after["objects"] > 0.8
