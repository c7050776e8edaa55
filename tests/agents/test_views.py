"""Views of every scene: all of a grid, random starts elsewhere, the same for a seed, and back from disk."""

from __future__ import annotations

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest

from activevision.agents.views import SceneViews
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND
from activevision.scenes.rooms import RoomsCatalogue

SMALL = replace(LOOK_AROUND, height=8, width=8)


def grid(solids, num_envs=84):
    return gym.make_vec(
        "activevision/ActiveObject-v0", num_envs=num_envs, vectorization_mode="vector_entry_point",
        catalogue=solids, split="train", protocol=SMALL, autoreset_mode="Disabled",
    )  # fmt: skip


def test_on_a_grid_they_are_its_views_in_raster_order(solids):
    env = grid(solids)
    views = SceneViews.gather(env, 0)
    assert views.frames.shape == (8, 84, 8, 8, 3)
    assert views.scenes.tolist() == [entry.id for entry in solids.scenes("train")]
    assert [views.classes[label] for label in views.labels] == [entry.label for entry in solids.scenes("train")]
    for scene in range(8):
        np.testing.assert_array_equal(views.frames[scene], env.unwrapped.task.viewpoints.grid.scene(scene))
    assert SceneViews.gather(env, 5).key == views.key
    with pytest.raises(ValueError, match="84"):
        SceneViews.gather(grid(solids, 10), 0)


def test_elsewhere_they_are_random_starts_and_any_heading_and_tilt_that_the_seed_decides():
    catalogue = RoomsCatalogue(per_class=1, classes=("bathroom", "hallway"))
    env = gym.make_vec(
        "activevision/Explore-v0", num_envs=3, vectorization_mode="vector_entry_point", catalogue=catalogue,
        height=8, width=8, autoreset_mode="Disabled",
    )  # fmt: skip
    looked = []
    task = env.unwrapped.task
    look = task._look
    task._look = lambda rows: (looked.append(task.stance.viewpoints.copy()), look(rows))[1]
    views = SceneViews.gather(env, 0)
    assert views.frames.shape == (2, 6, 8, 8, 3)
    assert len(np.unique(views.frames.reshape(12, -1), axis=0)) == 12
    begun, turned = looked[0], looked[1]
    np.testing.assert_allclose(begun[:, :2], turned[:, :2])
    assert (begun[:, 3] == 0).all()
    assert (np.abs(turned[:, 3]) > 0.01).all()
    assert SceneViews.gather(env, 0).key == views.key
    assert SceneViews.gather(env, 1).key != views.key


def test_a_part_of_them_and_all_of_them_from_disk(solids, tmp_path):
    views = SceneViews.gather(grid(solids), 0)
    some = views.take(views.labels == 1)
    assert set(some.labels.tolist()) == {1}
    assert len(some.frames) == len(some.scenes) == 4
    views.save(tmp_path / "views.npz")
    assert SceneViews.load(tmp_path / "views.npz").key == views.key
    (tmp_path / "views.npz").write_bytes((tmp_path / "views.npz").read_bytes()[:1000])
    with pytest.raises(UserError, match="missing or damaged"):
        SceneViews.load(tmp_path / "views.npz")
