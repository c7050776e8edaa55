import pickle
import warnings
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from solids import Solids

from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND, LOOK_AROUND_SCENES

ID = "activevision/LookAround-v0"
OBJECTS = replace(LOOK_AROUND, name="small objects", height=12, width=12)
PLACES = replace(LOOK_AROUND_SCENES, name="small places", height=12, width=12, proprioception=("elevation", "azimuth"))
VIEWS = OBJECTS.views
BOTH = pytest.mark.parametrize("kind", ["orbit", "turn"])


class Hollows(Solids):
    """The solids from inside: the camera turns in place off their middle."""

    def scenes(self, split):
        def inside(entry):
            return replace(
                entry, key=f"inside {entry.key}", load=lambda: replace(entry.load(), station=(0.1, 0.0, 0.2))
            )

        return [inside(entry) for entry in super().scenes(split)]


KINDS = {"orbit": (Solids(), OBJECTS), "turn": (Hollows(), PLACES)}


def single(solids, protocol=OBJECTS, **options):
    return gym.make(ID, catalogue=solids, protocol=protocol, **options).unwrapped


def vector(solids, num_envs=4, protocol=OBJECTS, **options):
    return gym.make_vec(
        ID, num_envs=num_envs, vectorization_mode="vector_entry_point", catalogue=solids, protocol=protocol, **options
    )


def guess(env, value=0):
    return np.full_like(env.target, value)


def mean_squares(prediction, target):
    """MSE × 1000 of values in [0, 1], over the axes of one grid, written out."""
    squares = (prediction.astype(np.float64) / 255 - target.astype(np.float64) / 255) ** 2
    return 1000 * squares.mean(axis=(-5, -4, -3, -2, -1))


@BOTH
@pytest.mark.parametrize("action", ["grid", "continuous"])
def test_gymnasium_finds_nothing_to_warn_of(kind, action):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(single(*KINDS[kind], action=action, render_mode="rgb_array"))


@BOTH
def test_column_0_of_the_target_is_the_azimuth_of_the_first_view(kind):
    catalogue, protocol = KINDS[kind]
    env = vector(catalogue, 40, protocol)
    observation, info = env.reset(seed=0)
    env.action_space.seed(0)
    start = info["viewpoint"][:, 1]
    assert len(np.unique(start)) > 4
    for _ in range(protocol.views):
        row, column = info["viewpoint"].T
        relative = (column - start) % protocol.azimuths
        np.testing.assert_array_equal(env.target[np.arange(40), row, relative], observation["rgb"])
        observation, _, _, _, info = env.step(env.action_space.sample())


def test_the_target_is_the_view_grid_of_the_scene_turned(solids):
    env = single(solids)
    env.reset(seed=0, options={"scene": 5, "viewpoint": (2, 0)})
    straight = env.target.copy()
    grid = env.task.task.viewpoints.grid.scene(5).reshape(straight.shape)
    np.testing.assert_array_equal(straight, grid)
    env.reset(options={"scene": 5, "viewpoint": (4, 3)})
    np.testing.assert_array_equal(env.target, np.roll(grid, -3, axis=1))
    with pytest.raises(ValueError, match="read-only"):
        env.target[:] = 0


def test_continuous_starts_have_a_target_of_their_own_azimuth(solids):
    grid, free = single(solids), single(solids, action="continuous")
    grid.reset(seed=0, options={"scene": 6, "viewpoint": (2, 4)})
    elevation, azimuth = OBJECTS.elevations[2], 4 * OBJECTS.azimuth_step
    free.reset(seed=0, options={"scene": 6, "viewpoint": (elevation, azimuth)})
    assert np.abs(free.target.astype(int) - grid.target).mean() < 0.5
    observation, _ = free.reset(options={"scene": 6, "viewpoint": (elevation, azimuth + 0.2)})
    assert np.abs(free.target.astype(int) - grid.target).mean() > 0.5
    np.testing.assert_array_equal(free.target[2, 0], observation["rgb"])


def test_the_error_is_the_mean_squared_error_and_the_reward_its_fall(solids):
    env = vector(solids)
    _, info = env.reset(seed=1)
    generator = np.random.default_rng(0)
    error = mean_squares(np.full(env.target.shape, 127.5), env.target)
    np.testing.assert_allclose(info["error"], error, rtol=1e-9)
    for _ in range(VIEWS):
        prediction = generator.integers(0, 256, env.target.shape, np.uint8)
        _, reward, _, _, info = env.step({"motion": np.zeros(4, np.int64), "prediction": prediction})
        now = mean_squares(prediction, env.target)
        np.testing.assert_allclose(info["error"], now, rtol=1e-9)
        np.testing.assert_allclose(reward, error - now, rtol=1e-9)
        error = now


def test_the_return_is_what_was_learnt_in_all(solids):
    env = single(solids)
    _, info = env.reset(seed=3)
    grey, total = info["error"], 0.0
    for prediction in (guess(env), guess(env, 200), guess(env, 90), env.target):
        _, reward, terminated, _, info = env.step({"motion": 3, "prediction": prediction})
        total += reward
    assert terminated
    assert info["error"] == 0
    assert total == pytest.approx(grey)


def test_every_view_is_followed_by_a_prediction_and_the_last_motion_has_no_effect(solids):
    env = single(solids)
    observation, info = env.reset(seed=0, options={"viewpoint": (3, 0)})
    left = [int(observation["steps_left"][0])]
    for _ in range(VIEWS):
        before, pose = observation, info["pose"]
        observation, _, terminated, truncated, info = env.step({"motion": 1, "prediction": guess(env)})
        left.append(int(observation["steps_left"][0]))
        assert terminated == (left[-1] == 0)
        assert not truncated
    assert left == list(range(VIEWS, -1, -1))
    np.testing.assert_array_equal(observation["rgb"], before["rgb"])
    np.testing.assert_array_equal(info["pose"], pose)
    assert before["egomotion"].any()
    assert not observation["egomotion"].any()
    np.testing.assert_array_equal(info["egomotion"], np.eye(4))


def test_predictions_do_not_change_what_is_seen_and_nothing_else_is_told(solids):
    """Neither the label, nor the target, nor the error, nor the azimuth that the target is turned by."""

    class Relabelled(type(solids)):
        def scenes(self, split):
            swap = {"ball": "box", "box": "ball"}
            return [replace(entry, id="secret", label=swap[entry.label]) for entry in super().scenes(split)]

    good, bad = single(solids), single(Relabelled())
    (a, a_info), (b, b_info) = good.reset(seed=0), bad.reset(seed=0)
    for step in range(VIEWS + 1):
        assert a_info["label"] != b_info["label"]
        assert a.keys() == b.keys() == {"rgb", "egomotion", "proprioception", "steps_left"}
        assert all(a[name].tobytes() == b[name].tobytes() for name in a)
        assert a["proprioception"].shape == (1,)
        if step < VIEWS:
            a, _, _, _, a_info = good.step({"motion": 7, "prediction": good.target})
            b, _, _, _, b_info = bad.step({"motion": 7, "prediction": guess(bad)})


@pytest.mark.parametrize("action", ["grid", "continuous"])
def test_a_vector_of_environments_is_the_single_ones(solids, action):
    many = vector(solids, 3, action=action)
    ones = [single(solids, action=action) for _ in range(3)]
    observation, info = many.reset(seed=40)
    expected = [one.reset(seed=40 + i) for i, one in enumerate(ones)]
    many.action_space.seed(1)
    for step in range(2 * VIEWS + 2):
        for i, (single_observation, single_info) in enumerate(expected):
            np.testing.assert_array_equal(many.target[i], ones[i].target)
            for name, value in single_observation.items():
                np.testing.assert_array_equal(observation[name][i], value)
            for name, value in single_info.items():
                np.testing.assert_array_equal(info[name][i], value)
        actions = many.action_space.sample()
        observation, reward, terminated, _, info = many.step(actions)
        if step % (VIEWS + 1) == VIEWS:  # NEXT_STEP: this step was the reset
            expected = [one.reset() for one in ones]
            assert not reward.any()
            assert not terminated.any()
        else:
            parts = [{name: actions[name][i] for name in actions} for i in range(3)]
            results = [one.step(part) for one, part in zip(ones, parts, strict=True)]
            expected = [(result[0], result[4]) for result in results]
            assert reward.tolist() == [result[1] for result in results]
            assert terminated.tolist() == [result[2] for result in results]


def test_same_step_reset_keeps_the_last_error(solids):
    env = vector(solids, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=3)
    for _ in range(VIEWS):
        prediction = env.target.copy()
        observation, _, terminated, _, info = env.step({"motion": np.full(4, 2), "prediction": prediction})
    assert terminated.all()
    assert (info["final_info"]["error"] == 0).all()
    assert (info["error"] > 0).all()
    assert (observation["steps_left"] == VIEWS).all()


def test_same_seed_same_bytes_and_a_pickled_episode_goes_on(solids):
    def play(env, steps):
        frames = []
        for motion in range(steps):
            observation, reward, *_ = env.step({"motion": motion, "prediction": guess(env, 40 * motion)})
            frames.append(observation["rgb"].tobytes() + np.float64(reward).tobytes())
        return frames

    first, second = single(solids), single(solids)
    for env in (first, second):
        env.reset(seed=8)
    assert play(first, VIEWS) == play(second, VIEWS)
    first.reset(seed=9)
    play(first, 2)
    copy = pickle.loads(pickle.dumps(first))
    assert play(first, 2) == play(copy, 2)
    np.testing.assert_array_equal(first.reset()[0]["rgb"], copy.reset()[0]["rgb"])


def test_the_presets_have_the_published_sizes_and_catalogues_of_their_own():
    env = gym.make(ID, catalogue_options={"per_class": 4, "classes": ("mug", "cup")}).unwrapped
    assert env.action_space["prediction"].shape == (7, 12, 32, 32, 3)
    assert env.action_space["motion"].n == 25
    assert env.protocol.views == 4
    assert env.task.catalogue.name == "procedural"
    options = {"per_class": 4, "classes": ("office",)}
    env = gym.make(ID, protocol="look-around-scenes", catalogue_options=options).unwrapped
    assert env.action_space["prediction"].shape == (5, 8, 32, 32, 3)
    assert env.action_space["motion"].n == 15
    assert env.protocol.views == 6
    assert env.task.catalogue.name == "rooms-procedural"


def test_mistakes_are_named(solids):
    with pytest.raises(UserError, match="add 'rgb'"):
        single(solids, sensors=("depth",))
    env = single(solids)
    with pytest.raises(gym.error.ResetNeeded):
        env.step({"motion": 0, "prediction": guess(env)})
    env.reset(seed=0)
    with pytest.raises(UserError, match="'motion' and 'prediction'"):
        env.step(3)
    with pytest.raises(UserError, match="'motion' and 'prediction'"):
        env.step({"motion": 3})
    with pytest.raises(UserError, match="type float64"):
        env.step({"motion": 3, "prediction": env.target / 255})
    with pytest.raises(UserError, match="of shape"):
        env.step({"motion": 3, "prediction": env.target[0]})
    with pytest.raises(UserError, match="motion"):
        env.step({"motion": 25, "prediction": guess(env)})


def test_a_refused_action_changes_nothing(solids):
    env = single(solids)
    _, info = env.reset(seed=0)
    with pytest.raises(UserError):
        env.step({"motion": 25, "prediction": guess(env)})
    for _ in range(VIEWS):
        _, reward, terminated, _, after = env.step({"motion": 0, "prediction": env.target})
        assert reward == info["error"] - after["error"]
        info = after
    assert terminated


@BOTH
def test_render_shows_the_prediction_as_it_was_made(kind):
    env = single(*KINDS[kind], render_mode="rgb_array")
    env.reset(seed=0)
    before = env.render()
    canvas = guess(env, 250)
    env.step({"motion": 0, "prediction": canvas})
    shown = env.render()
    canvas[:] = 0  # the caller's own array, to be used again
    np.testing.assert_array_equal(env.render(), shown)
    assert shown.shape == before.shape
    assert (shown != before).any()
    env.step({"motion": 0, "prediction": canvas})
    assert env.render().mean() < shown.mean()
