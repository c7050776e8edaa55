"""What the completers of examples/look_around.py claim."""

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from activevision.protocol import LOOK_AROUND

PATH = Path(__file__).parents[2] / "examples" / "look_around.py"
SMALL = replace(LOOK_AROUND, height=12, width=12)


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("look_around_example", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def played(example, solids):
    """Completers of the solids, and the views of 40 episodes at random on the same solids."""
    env = gym.make_vec(
        example.ID, 40, "vector_entry_point", catalogue=solids, protocol=SMALL, autoreset_mode="Disabled"
    ).unwrapped
    env.reset(options={"scene": np.arange(40) % 8, "viewpoint": (0, 0)})
    completers = example.Completers.of(SMALL, env.target[:8].copy())
    observation, _ = env.reset(seed=0)
    views, generator = example.Views(SMALL, observation), np.random.default_rng(0)
    for _ in range(SMALL.views - 1):
        motions = generator.integers(25, size=40)
        observation, *_ = env.step({"motion": motions, "prediction": np.zeros_like(env.target)})
        views.add(motions, observation)
    return completers, views, env.target.astype(int)


def test_where_the_views_are_is_known_without_being_told(example, solids):
    _, views, target = played(example, solids)
    row, column = views.places[..., 0], views.places[..., 1]
    np.testing.assert_array_equal(target[np.arange(40)[:, None], row, column], views.images)


def test_seen_views_are_predicted_as_they_were_seen(example, solids):
    completers, views, _ = played(example, solids)
    row, column = views.places[..., 0], views.places[..., 1]
    for complete, tolerance in ((completers.paste, 0), (completers.nearest, 0), (completers.linear, 2)):
        shown = complete(views)[np.arange(40)[:, None], row, column].astype(int)
        assert np.abs(shown - views.images).mean() <= tolerance


def test_on_what_it_learnt_from_the_linear_estimate_beats_the_mean_and_copies(example, solids):
    completers, views, target = played(example, solids)
    errors = [
        ((complete(views) - target) ** 2).mean()
        for complete in (completers.linear, completers.paste, completers.nearest)
    ]
    assert errors[0] == min(errors)


def test_it_prints_a_table_and_draws_an_episode(example, capsys):
    picture = example.compare("Things", "look-around-32", per_class=4, classes=("mug", "lamp"))
    lines = capsys.readouterr().out.splitlines()
    rows = [re.findall(r"\d+\.\d\d", line) for line in lines[-3:]]
    assert all(len(row) == 3 for row in rows)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
