import pickle
import subprocess
import sys
import threading
import warnings
from dataclasses import replace
from typing import ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import activevision
from activevision.errors import UserError
from activevision.geometry import egomotion, log_se3
from activevision.protocol import LOOK_AHEAD, LOOK_AROUND
from activevision.simulators.embree_simulator import EmbreeSimulator

ID = "activevision/ActiveObject-v0"
SMALL = replace(LOOK_AROUND, height=16, width=16, proprioception=("elevation", "azimuth"))


def single(solids, **options):
    return gym.make(ID, catalogue=solids, protocol=SMALL, **options).unwrapped


def vector(solids, num_envs=5, **options):
    return gym.make_vec(
        ID, num_envs=num_envs, vectorization_mode="vector_entry_point", catalogue=solids, protocol=SMALL, **options
    )


def test_the_environments_are_registered_without_heavy_imports():
    code = (
        "import sys, activevision, gymnasium; gymnasium.spec('activevision/ActiveObject-v0');"
        "bad = {'torch', 'numba', 'trimesh', 'embreex', 'cv2', 'stable_baselines3'} & set(sys.modules);"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert activevision.__version__


def test_make_by_module_name_needs_no_import():
    code = (
        "import gymnasium; env = gymnasium.make('activevision:activevision/ActiveObject-v0',"
        " catalogue_options={'per_class': 4, 'classes': ('mug',)}); env.reset(seed=0); env.step(3)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("motion", ["grid", "continuous"])
@pytest.mark.parametrize("sensors", [("rgb",), ("rgb", "depth", "instance", "normal", "position")])
def test_gymnasium_finds_nothing_to_warn_of(solids, motion, sensors):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(single(solids, action=motion, sensors=sensors, render_mode="rgb_array"))


@pytest.mark.parametrize("motion", ["grid", "continuous"])
def test_a_vector_of_environments_is_the_single_ones(solids, motion):
    many = vector(solids, action=motion, autoreset_mode=AutoresetMode.NEXT_STEP)
    ones = [single(solids, action=motion) for _ in range(5)]
    observation, info = many.reset(seed=40)
    expected = [one.reset(seed=40 + i) for i, one in enumerate(ones)]
    many.action_space.seed(1)
    for step in range(9):
        for i, (single_observation, single_info) in enumerate(expected):
            for name, value in single_observation.items():
                np.testing.assert_array_equal(observation[name][i], value)
            for name, value in single_info.items():
                np.testing.assert_array_equal(info[name][i], value)
        actions = many.action_space.sample()
        observation, reward, terminated, truncated, info = many.step(actions)
        if step % SMALL.views == SMALL.views - 1:  # NEXT_STEP: this step was the reset
            expected = [one.reset() for one in ones]
        else:
            results = [one.step(action) for one, action in zip(ones, actions, strict=True)]
            expected = [(result[0], result[4]) for result in results]
            assert terminated.tolist() == [result[2] for result in results]
        assert not reward.any()
        assert not truncated.any()


def test_same_step_reset_keeps_the_last_observation(solids):
    slow = vector(solids, autoreset_mode=AutoresetMode.DISABLED)
    quick = vector(solids, autoreset_mode=AutoresetMode.SAME_STEP)
    slow.reset(seed=3)
    quick.reset(seed=3)
    for step in range(SMALL.views - 1):
        actions = np.full(5, step)
        last, _, terminated, _, last_info = slow.step(actions)
        first, _, quick_terminated, _, info = quick.step(actions)
    assert terminated.all()
    assert quick_terminated.all()
    for i in range(5):
        np.testing.assert_array_equal(info["final_obs"][i]["rgb"], last["rgb"][i])
    np.testing.assert_array_equal(info["final_info"]["pose"], last_info["pose"])
    fresh, _ = slow.reset(options={"reset_mask": np.ones(5, bool)})
    np.testing.assert_array_equal(first["rgb"], fresh["rgb"])
    assert (first["steps_left"] == SMALL.views - 1).all()


def test_disabled_autoreset_refuses_to_step_an_ended_episode(solids):
    env = vector(solids, autoreset_mode=AutoresetMode.DISABLED)
    env.reset(seed=0)
    for _ in range(SMALL.views - 1):
        env.step(np.zeros(5, np.int64))
    with pytest.raises(gym.error.ResetNeeded):
        env.step(np.zeros(5, np.int64))
    mask = np.array([True, False, False, False, False])
    before = env.unwrapped.task.viewpoint.copy()
    env.reset(options={"reset_mask": mask})
    np.testing.assert_array_equal(env.unwrapped.task.viewpoint[1:], before[1:])


def test_same_seed_same_bytes_other_seed_other_episode(solids):
    def play(seed):
        env = single(solids)
        frames = [env.reset(seed=seed)[0]["rgb"]]
        frames += [env.step(action)[0]["rgb"] for action in (3, 21, 9)]
        return np.stack(frames).tobytes()

    assert play(5) == play(5)
    assert len({play(seed) for seed in range(8)}) > 4


@pytest.mark.parametrize("motion", ["grid", "continuous"])
def test_the_egomotion_is_that_of_the_poses(solids, motion):
    env = vector(solids, num_envs=16, action=motion)
    observation, info = env.reset(seed=0)
    assert not observation["egomotion"].any()
    env.action_space.seed(0)
    for _ in range(SMALL.views - 1):
        before = info["pose"]
        observation, _, _, _, info = env.step(env.action_space.sample())
        expected = egomotion(before, info["pose"])
        np.testing.assert_allclose(info["egomotion"], expected, atol=1e-12)
        half_turn = np.linalg.norm(log_se3(expected)[:, 3:], axis=1) > np.pi - 1e-3
        np.testing.assert_allclose(observation["egomotion"][~half_turn], log_se3(expected)[~half_turn], atol=1e-4)


def test_at_the_pole_the_realised_motion_is_not_the_commanded_one(solids):
    env = single(solids)
    env.reset(seed=0, options={"viewpoint": (6, 0)})
    up = int(np.flatnonzero((SMALL.motions == [2, 0]).all(axis=1))[0])
    observation, *_ = env.step(up)
    assert not observation["egomotion"].any()


def test_no_label_in_the_observation(solids):
    """Two scenes that differ in label alone give the same observations, byte for byte."""

    class Relabelled(type(solids)):
        def scenes(self, split):
            swap = {"ball": "box", "box": "ball"}
            return [
                replace(entry, id=f"secret {entry.label}", label=swap[entry.label]) for entry in super().scenes(split)
            ]

    plain, relabelled = vector(solids), vector(Relabelled())
    (a, a_info), (b, b_info) = plain.reset(seed=0), relabelled.reset(seed=0)
    for _ in range(SMALL.views):
        assert (a_info["label"] != b_info["label"]).all()
        assert a.keys() == b.keys() == {"rgb", "egomotion", "proprioception", "steps_left"}
        for name in a:
            assert a[name].tobytes() == b[name].tobytes()
        actions = np.arange(5)
        (a, _, _, _, a_info), (b, _, _, _, b_info) = plain.step(actions), relabelled.step(actions)


def test_the_size_of_an_object_cannot_be_told_from_the_motion(solids):
    """Objects are fitted to unit radius, so the camera's translation is the same round a thimble and round a house."""
    env = vector(solids, num_envs=8)
    env.reset(seed=0, options={"scene": np.arange(8), "viewpoint": (3, 0)})
    observation, *_ = env.step(np.full(8, 0))
    assert len(np.unique(observation["egomotion"], axis=0)) == 1


def test_starts_are_uniform_over_scenes_and_grid(solids):
    env = vector(solids, num_envs=4000)
    _, info = env.reset(seed=0)
    scenes = np.bincount(info["scene"], minlength=8)
    views = np.bincount(SMALL.viewpoint_index(info["viewpoint"]), minlength=84)
    for counts in (scenes, views):
        expected = 4000 / len(counts)
        assert ((counts - expected) ** 2 / expected).sum() < len(counts) + 4 * np.sqrt(2 * len(counts))


def test_reset_options_fix_the_start_and_bad_ones_are_named(solids):
    env = single(solids)
    _, info = env.reset(seed=0, options={"scene": 6, "viewpoint": (2, 7)})
    assert info["scene"] == 6
    assert info["viewpoint"].tolist() == [2, 7]
    with pytest.raises(UserError, match="not on the look-around grid"):
        env.reset(options={"viewpoint": (7, 0)})
    with pytest.raises(UserError, match="has 0 to 7"):
        env.reset(options={"scene": 8})
    with pytest.raises(UserError, match="did you mean 'viewpoint'"):
        env.reset(options={"viewpont": (1, 0)})


def test_bad_arguments_are_named(solids):
    with pytest.raises(UserError, match="did you mean 'test'"):
        single(solids, split="tset")
    with pytest.raises(UserError, match="did you mean 'continuous'"):
        single(solids, action="continous")
    with pytest.raises(UserError, match="T=1"):
        gym.make(ID, catalogue=solids, protocol=replace(SMALL, views=1))
    with pytest.raises(UserError, match="did you mean 'rgb'"):
        single(solids, sensors=("rg",))
    with pytest.raises(gym.error.ResetNeeded):
        single(solids).step(0)
    env = single(solids)
    env.reset(seed=0)
    with pytest.raises(UserError, match="motion"):
        env.step(25)


def test_the_wrapping_protocol_runs(solids):
    env = gym.make(ID, catalogue=solids, protocol=replace(LOOK_AHEAD, height=8, width=8)).unwrapped
    env.reset(seed=0, options={"viewpoint": (11, 0)})
    up = int(np.flatnonzero((LOOK_AHEAD.motions == [1, 0]).all(axis=1))[0])
    *_, info = env.step(up)
    assert info["viewpoint"].tolist() == [0, 0]


def test_the_spec_can_be_pickled_and_made_again():
    spec = pickle.loads(pickle.dumps(gym.spec(ID)))
    assert spec == gym.spec(ID)


def test_render_shows_view_path_and_belief(solids):
    env = single(solids, render_mode="rgb_array")
    env.reset(seed=0)
    plain = env.render()
    env.show_belief([0.9, 0.1])
    with_belief = env.render()
    assert plain.dtype == np.uint8
    assert with_belief.shape[1] > plain.shape[1]
    env.show_belief([0.1, 0.9])
    assert (env.render() != with_belief).any()
    env.step(0)
    assert env.render().shape == with_belief.shape


def test_an_observation_never_tells_the_category_of_an_object(solids):
    with pytest.raises(UserError, match="is its label"):
        single(solids, sensors=("rgb", "category"))


def test_an_ended_episode_takes_no_step(solids):
    env = single(solids)
    env.reset(seed=0)
    for _ in range(SMALL.views - 1):
        env.step(0)
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    env.reset()
    env.step(0)


class OneThread(EmbreeSimulator):
    """Refuses a second thread while one has it open, as habitat-sim does."""

    one_thread = True
    users: ClassVar[set[int]] = set()
    made: ClassVar[list[int]] = []

    def __init__(self, scenes):
        super().__init__(scenes)
        self.made.append(len(scenes))

    def render(self, *arguments):
        self.users.add(threading.get_ident())
        return super().render(*arguments)


def test_a_simulator_of_one_thread_is_prepared_by_the_caller_alone_and_made_once(solids, tmp_path, monkeypatch):
    expected = vector(solids).reset(seed=3)[0]["rgb"]
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path))
    env = vector(solids, simulator=OneThread)
    env.unwrapped.task.prepare()
    assert OneThread.users == {threading.get_ident()}
    assert OneThread.made == [8]
    np.testing.assert_array_equal(env.reset(seed=3)[0]["rgb"], expected)


@pytest.mark.parametrize("action", ["grid", "continuous"])
def test_commanded_and_realised_motion_differ_where_a_limit_stops_the_camera_and_nowhere_else(solids, action):
    env = vector(solids, 64, action=action, autoreset_mode="Disabled")
    _, before = env.reset(seed=3)
    right_up = len(SMALL.motions) - 2
    motion = np.full(64, right_up) if action == "grid" else np.tile(np.float32([1.0, 0.4]), (64, 1))
    _, _, _, _, info = env.step(motion)
    np.testing.assert_allclose(info["egomotion"], egomotion(before["pose"], info["pose"]), atol=1e-9)
    free, stopped = ~info["collided"], info["collided"]
    assert free.any()
    assert stopped.any()
    np.testing.assert_array_equal(info["commanded"][free], info["egomotion"][free])
    # round the object by as much as without the limit, which is more than came of it
    whole = np.arccos(np.clip((np.trace(info["commanded"][:, :3, :3], axis1=1, axis2=2) - 1) / 2, -1, 1))
    came = np.arccos(np.clip((np.trace(info["egomotion"][:, :3, :3], axis1=1, axis2=2) - 1) / 2, -1, 1))
    assert (whole[stopped] > came[stopped] + 1e-3).all()
