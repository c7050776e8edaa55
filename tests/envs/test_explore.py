import pickle
import warnings
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from box_rooms import PILLAR, BoxRooms, half_size
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from activevision.envs.actuation import LOCOBOT, ProportionalNoise
from activevision.errors import UserError
from activevision.explore_protocol import EXPLORE_ROOM, MOTIONS, Locomotion
from activevision.geometry import egomotion, exp_se3, log_se3
from activevision.scenes.navigable import Agent, NavigableArea
from activevision.simulators.registry import default_simulator

ID = "activevision/Explore-v0"
KINDS = [(task, action) for task in ("room", "find", "cover") for action in ("discrete", "continuous")]
FORWARD, LEFT, RIGHT, UP, DOWN, STAY = range(len(MOTIONS))


def single(**options):
    options = {"catalogue": BoxRooms(), "height": 16, "width": 16, **options}
    return gym.make(ID, disable_env_checker=True, **options).unwrapped


def vector(num_envs=5, **options):
    options = {"catalogue": BoxRooms(), "height": 16, "width": 16, **options}
    return gym.make_vec(ID, num_envs=num_envs, vectorization_mode="vector_entry_point", **options)


def clearance(info):
    """(N,) metres from each camera to the nearest wall or side of the pillar, from the rooms' known sizes."""
    labels = [BoxRooms.classes[label] for label in info["label"]]
    numbers = [int(str(id).rpartition("-")[2]) for id in info["scene_id"]]
    size = np.array([half_size(label, number) for label, number in zip(labels, numbers, strict=True)])
    place = np.abs(info["pose"][:, [0, 2], 3])
    walls = (size - place).min(1)
    return np.minimum(walls, np.linalg.norm(np.maximum(place - PILLAR, 0), axis=1))


@pytest.mark.parametrize(("task", "action"), KINDS)
def test_gymnasium_finds_nothing_to_warn_of(task, action):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(single(task=task, action=action, render_mode="rgb_array", sensors=("rgb", "depth", "instance")))


@pytest.mark.parametrize(("task", "action"), KINDS)
def test_a_vector_of_environments_is_the_single_ones(task, action):
    settings = {"task": task, "action": action, "views": 6, "noise": ProportionalNoise()}
    many, ones = vector(4, **settings), [single(**settings) for _ in range(4)]
    observation, info = many.reset(seed=40)
    expected = [(*one.reset(seed=40 + i), 0.0, False) for i, one in enumerate(ones)]
    done = np.zeros(4, bool)
    many.action_space.seed(1)
    reward, terminated = np.zeros(4), np.zeros(4, bool)
    for _ in range(9):
        for i, (single_observation, single_info, single_reward, single_done) in enumerate(expected):
            assert (reward[i], terminated[i]) == (single_reward, single_done)
            for name, value in single_observation.items():
                np.testing.assert_array_equal(observation[name][i], value, err_msg=name)
            for name, value in single_info.items():
                np.testing.assert_array_equal(info[name][i], value, err_msg=name)
        done = terminated
        actions = many.action_space.sample()
        observation, reward, terminated, _, info = many.step(actions)
        for i, one in enumerate(ones):  # NEXT_STEP: the step after an end resets
            if done[i]:
                expected[i] = (*one.reset(), 0.0, False)
            else:
                result = one.step(actions[i])
                expected[i] = (result[0], result[4], result[1], result[2])


def test_same_seed_same_bytes_other_seed_other_walk():
    def play(seed):
        env = vector(3, noise=LOCOBOT)
        frames = [env.reset(seed=seed)[0]["rgb"]]
        frames += [env.step(np.full(3, action))[0]["rgb"] for action in (FORWARD, LEFT, DOWN, FORWARD)]
        return np.stack(frames).tobytes()

    assert play(5) == play(5)
    assert len({play(seed) for seed in range(4)}) == 4


def test_the_start_does_not_depend_on_what_an_earlier_reset_was_given():
    env, other = single(), single()
    env.reset(seed=1, options={"scene": 2})
    other.reset(seed=1)
    np.testing.assert_array_equal(env.reset()[1]["pose"], other.reset()[1]["pose"])


@pytest.mark.parametrize("action", ["discrete", "continuous"])
@pytest.mark.parametrize("noise", [None, ProportionalNoise(0.5, 0.1, 0.5, 0.1)])
def test_the_camera_never_enters_walls_or_furniture(action, noise):
    """However it is driven: judged by the rooms' sizes, not by the map that collisions are found with."""
    env = vector(24, action=action, noise=noise, views=40, height=4, width=4, locomotion=Locomotion(step=0.5))
    env.action_space.seed(3)
    _, info = env.reset(seed=0)
    move = env.unwrapped.protocol.locomotion
    collisions = 0
    for _ in range(39):
        actions = env.action_space.sample()
        if action == "discrete":
            actions[actions == STAY] = FORWARD
        observation, _, _, _, info = env.step(actions)
        # the map is made of cells of 5 cm: a point of a cell may be half of its diagonal nearer than its middle
        assert clearance(info).min() > EXPLORE_ROOM.radius - 0.05 * 2**0.5 / 2 - 1e-6
        lowest = move.lowest if action == "continuous" else 1.5
        assert (info["pose"][:, 1, 3] >= lowest - 1e-9).all()
        assert (info["pose"][:, 1, 3] <= 1.5 + 1e-9).all()
        assert np.abs(info["viewpoint"][:, 3]).max() <= np.radians(60) + 1e-9
        roll = np.arctan2(info["pose"][:, 1, 0], info["pose"][:, 1, 1])
        assert np.abs(roll).max() <= np.radians(30.0 if action == "continuous" else 0.0) + 1e-9
        np.testing.assert_array_equal(observation["collided"][:, 0], info["collided"])
        collisions += info["collided"].sum()
    assert collisions > 50


def test_it_stops_at_a_wall_and_slides_along_it():
    env = single(views=40)
    _, info = env.reset(seed=0, options={"scene": 0, "viewpoint": (0.0, 1.5, -np.pi / 4, 0.0)})
    assert not info["collided"]
    for _ in range(12):
        before = info["viewpoint"]
        observation, _, _, _, info = env.step(FORWARD)
    assert observation["collided"].tolist() == [1]
    assert 0.1 < 2.0 - info["viewpoint"][0] < 0.3  # at the wall x = 2 …
    np.testing.assert_allclose(info["viewpoint"][1], before[1] - 0.25 * np.sqrt(0.5), atol=1e-6)  # … and along it
    np.testing.assert_allclose(log_se3(info["commanded"]), [0, 0, -0.25, 0, 0, 0], atol=1e-9)
    assert 0.1 < np.linalg.norm(info["egomotion"][:3, 3]) < 0.2
    assert not env.step(LEFT)[4]["collided"]  # who turns on the spot meets nothing


def test_discrete_motions_are_what_their_names_say():
    env = single(views=40)
    reset = {"scene": 1, "viewpoint": (-1.0, 1.0, 0.3, 0.0)}
    step = np.radians(15)
    for action, change in ((LEFT, (0, 0, step, 0)), (RIGHT, (0, 0, -step, 0)), (UP, (0, 0, 0, step)),
                           (DOWN, (0, 0, 0, -step)), (STAY, (0, 0, 0, 0)),
                           (FORWARD, (-0.25 * np.sin(0.3), -0.25 * np.cos(0.3), 0, 0))):  # fmt: skip
        _, before = env.reset(seed=0, options=reset)
        observation, _, _, _, info = env.step(action)
        np.testing.assert_allclose(info["viewpoint"] - before["viewpoint"], change, atol=1e-12)
        np.testing.assert_allclose(info["egomotion"], info["commanded"], atol=1e-12)
        np.testing.assert_allclose(observation["egomotion"], log_se3(info["egomotion"]), atol=1e-6)
    # a step is level, and by the heading, wherever the camera looks
    env.reset(seed=0, options={**reset, "viewpoint": (-1.0, 1.0, 0.0, np.radians(45))})
    _, _, _, _, info = env.step(FORWARD)
    np.testing.assert_allclose(info["viewpoint"], [-1.0, 0.75, 0.0, np.radians(45)], atol=1e-12)
    half = 0.25 * np.sqrt(0.5)
    np.testing.assert_allclose(info["egomotion"][:3, 3], [0, -half, -half], atol=1e-12)


def test_tilt_ends_at_its_limit_and_is_felt():
    env = single(views=40)
    env.reset(seed=0)
    for k in range(1, 6):
        observation, _, _, _, info = env.step(DOWN)
        np.testing.assert_allclose(observation["proprioception"], -np.radians(min(15 * k, 60)), atol=1e-6)
    np.testing.assert_allclose(observation["egomotion"], np.zeros(6), atol=1e-12)
    np.testing.assert_allclose(log_se3(info["commanded"])[3], -np.radians(15), atol=1e-9)


def test_continuous_motion_follows_its_twist_where_nothing_is_in_the_way():
    env = vector(16, action="continuous", locomotion=Locomotion(step=0.05, turn_deg=9, tilt_deg=6))
    env.reset(seed=0, options={"scene": 3, "viewpoint": (-1.2, 1.2, 0.5, 0.2)})
    for twist in np.random.default_rng(0).uniform(-1, 1, (4, 16, 6)).astype(np.float32):
        twist[:, 1] = -np.abs(twist[:, 1])  # it starts at eye height, which is also its highest
        observation, _, _, _, info = env.step(twist)
        expected = twist * np.array([0.05, 0.05, 0.05, *np.radians([6, 9, 6])])
        np.testing.assert_allclose(info["commanded"], exp_se3(expected), atol=1e-9)
        within = info["pose"][:, 1, 3] < 1.5 - 1e-6
        np.testing.assert_allclose(info["egomotion"][within], exp_se3(expected)[within], atol=1e-9)
        np.testing.assert_allclose(observation["proprioception"][:, 2], info["pose"][:, 1, 3], atol=1e-6)
    assert within.sum() > 8


def test_without_its_freedoms_a_continuous_camera_walks_upright():
    env = single(action="continuous", locomotion=Locomotion(lowest=1.5, roll_limit_deg=0))
    env.reset(seed=0)
    for twist in np.random.default_rng(0).uniform(-1, 1, (8, 6)):
        _, _, _, _, info = env.step(twist.astype(np.float32))
        assert info["pose"][1, 3] == 1.5
        np.testing.assert_allclose(info["pose"][1, 0], 0.0, atol=1e-12)


@pytest.mark.parametrize("action", ["discrete", "continuous"])
def test_the_egomotion_is_that_of_the_poses(action):
    env = vector(8, action=action, noise=ProportionalNoise())
    observation, info = env.reset(seed=0)
    assert not observation["egomotion"].any()
    env.action_space.seed(0)
    for _ in range(12):
        before = info["pose"]
        observation, _, _, _, info = env.step(env.action_space.sample())
        np.testing.assert_allclose(info["egomotion"], egomotion(before, info["pose"]), atol=1e-12)
        np.testing.assert_allclose(observation["egomotion"], log_se3(info["egomotion"]), atol=1e-6)


def test_noise_parts_what_is_realised_from_what_is_commanded():
    start = {"scene": 0, "viewpoint": (-1.0, 1.5, 0.3, -0.5)}
    realised, commanded = (vector(64, noise=LOCOBOT, odometry=odometry) for odometry in ("realised", "commanded"))
    for env in (realised, commanded):
        env.reset(seed=0, options=start)
    turns = np.full(64, LEFT)
    (told, *_, info), (asked, *_) = realised.step(turns), commanded.step(turns)
    heading = info["viewpoint"][:, 2] - 0.3
    assert 0.005 < heading.std() < 0.2
    np.testing.assert_allclose(np.median(heading), np.radians(15) + LOCOBOT.turn.yaw[0], atol=0.08)
    # a robot turns about the vertical, also with a camera that looks down
    np.testing.assert_allclose(info["viewpoint"][:, 3], -0.5, atol=1e-9)
    np.testing.assert_allclose(info["commanded"], np.broadcast_to(info["commanded"][0], (64, 4, 4)), atol=1e-12)
    np.testing.assert_allclose(asked["egomotion"], log_se3(info["commanded"]), atol=1e-6)
    assert np.abs(told["egomotion"] - asked["egomotion"]).max() > 0.01
    *_, info = realised.step(np.full(64, STAY))
    np.testing.assert_allclose(info["egomotion"], np.broadcast_to(np.eye(4), (64, 4, 4)), atol=1e-12)
    assert "RobotNoise" in realised.unwrapped.protocol.to_json()["noise"]


@pytest.mark.parametrize("task", ["room", "find", "cover"])
def test_no_label_in_the_observation(task):
    """Rooms that differ in label and id alone give the same observations and rewards, byte for byte."""

    class Relabelled(BoxRooms):
        def scenes(self, split):
            swap = dict(zip(self.classes, self.classes[::-1], strict=True))
            return [replace(e, id=f"secret {e.label}", label=swap[e.label]) for e in super().scenes(split)]

    plain, relabelled = vector(task=task), vector(task=task, catalogue=Relabelled())
    (a, a_info), (b, b_info) = plain.reset(seed=0), relabelled.reset(seed=0)
    keys = {"rgb", "egomotion", "proprioception", "collided", "steps_left"} | ({"goal"} if task == "find" else set())
    for step in range(6):
        assert (a_info["label"] != b_info["label"]).all()
        assert a.keys() == b.keys() == keys
        for name in a:
            assert a[name].tobytes() == b[name].tobytes()
        actions = np.full(5, step % 5)
        (a, a_reward, _, _, a_info), (b, b_reward, _, _, b_info) = plain.step(actions), relabelled.step(actions)
        np.testing.assert_array_equal(a_reward, b_reward)


def test_starts_are_uniform_over_scenes_floor_and_headings():
    env = vector(3000, height=2, width=2)
    _, info = env.reset(seed=0)
    assert clearance(info).min() > 0.1
    assert (info["pose"][:, 1, 3] == 1.5).all()
    assert not info["viewpoint"][:, 3].any()
    room = info["scene"] == 3  # the square of half size 2.5, symmetric but for the crate in one corner
    x, z, heading = info["viewpoint"][room, :3].T
    quarters = np.bincount(2 * (x > 0) + (z > 0), minlength=4)
    eighths = np.bincount(np.floor((heading + np.pi) / (np.pi / 4)).astype(int), minlength=8)
    scenes = np.bincount(info["scene"], minlength=4)
    reach, beside = 2.5 - 0.18, 0.3 + 0.18  # of the walls and of the pillar; the crate takes the corner from 1.67 m on
    quarter = reach**2 - beside**2
    share = np.array([1, 1, 1 - (reach - 1.67) ** 2 / quarter, 1])
    for counts, expected in ((scenes, np.ones(4)), (quarters, share), (eighths, np.ones(8))):
        expected = expected / expected.sum() * counts.sum()
        assert ((counts - expected) ** 2 / expected).sum() < len(counts) + 4 * np.sqrt(2 * len(counts))


def test_reset_options_fix_the_start_and_bad_ones_are_named():
    env = single(task="find")
    goal = env.goals.index("crate")
    _, info = env.reset(seed=0, options={"scene": 2, "viewpoint": (-1.5, 1.0, 0.7, -0.2), "goal": goal})
    assert (info["scene"], info["goal"]) == (2, goal)
    np.testing.assert_allclose(info["viewpoint"], (-1.5, 1.0, 0.7, -0.2))
    for options, message in (
        ({"viewpoint": (0.0, 0.0, 0.0, 0.0)}, "inside a wall or furniture of scene .*nearest place to stand is x="),
        ({"viewpoint": (9.0, 0.0, 0.0, 0.0)}, "inside a wall"),
        ({"viewpoint": (-1.5, 1.0, 0.0, 1.3)}, "tilt within ±1.047"),
        ({"viewpoint": (-1.5, 1.0)}, "shape"),
        ({"scene": 4}, "has 0 to 3"),
        ({"goal": env.goals.index("marble")}, "no good view of it; give the index in `goals` of one of .*crate"),
        ({"viewpont": (1, 0, 0, 0)}, "did you mean 'viewpoint'"),
    ):
        with pytest.raises(UserError, match=message) as error:
            env.reset(options={"scene": 0, **options})
        assert "\n" not in str(error.value)


def test_bad_arguments_are_named():
    for options, message in (
        ({"action": "grid"}, "no view grid"),
        ({"task": "fnd"}, "did you mean 'find'"),
        ({"split": "tset"}, "did you mean 'test'"),
        ({"sensors": ("rg",)}, "did you mean 'rgb'"),
        ({"view": 9}, "did you mean 'views'"),
        ({"protocol": "explore-rooms"}, "did you mean 'explore-room'"),
        ({"task": "find", "goals": ("crat",)}, "did you mean 'crate'"),
        ({"noise": None, "protocol": replace(EXPLORE_ROOM, noise="LOCOBOT")}, "give that model as `noise`"),
    ):
        with pytest.raises(UserError, match=message):
            single(**options)
    with pytest.raises(gym.error.ResetNeeded):
        single().step(0)
    env = single()
    env.reset(seed=0)
    with pytest.raises(UserError, match="motion"):
        env.step(6)
    env = single(action="continuous")
    env.reset(seed=0)
    with pytest.raises(UserError, match="within ±1"):
        env.step(np.array([0, 0, 0, 0, 0, np.nan]))


def test_all_that_a_step_needs_is_rendered_in_one_call():
    calls = []

    class Counting:
        def __init__(self, scenes):
            self._simulator = default_simulator(scenes)
            self.settings = self._simulator.settings

        def render(self, scene_ids, poses, camera, sensors=("rgb",)):
            calls.append((len(poses), sensors))
            return self._simulator.render(scene_ids, poses, camera, sensors)

    env = vector(7, task="find", simulator=Counting, sensors=("rgb", "depth"), autoreset_mode=AutoresetMode.DISABLED)
    env.reset(seed=0)
    for _ in range(3):
        calls.clear()
        env.step(np.full(7, LEFT))
        assert calls == [(7, ("rgb", "depth", "instance"))]


def test_a_simulator_that_knows_where_one_can_walk_is_believed():
    class Fenced:
        def __init__(self, scenes):
            self._scenes, self._simulator = scenes, default_simulator(scenes)
            self.settings, self.render = self._simulator.settings, self._simulator.render

        def navigable(self, scene_id, agent):
            return NavigableArea.build(self._scenes[scene_id], replace(agent, radius=0.7))

    env = vector(8, simulator=Fenced, views=40)
    _, info = env.reset(seed=0)
    assert clearance(info).min() > 0.6
    for _ in range(30):
        *_, info = env.step(np.full(8, FORWARD))
        assert clearance(info).min() > 0.6


def test_it_runs_in_the_rooms_of_the_catalogue():
    env = gym.make(
        ID, task="cover", catalogue="rooms-procedural", height=16, width=16, disable_env_checker=True,
        catalogue_options={"per_class": 3, "classes": ("bathroom",)},
    ).unwrapped  # fmt: skip
    _, info = env.reset(seed=0)
    area = NavigableArea.of(env.entries[0].load(), Agent(height=1.6))
    assert env.classes[info["label"]] == "bathroom"
    for action in (DOWN, DOWN, DOWN, LEFT, FORWARD, FORWARD, LEFT, LEFT):
        _, _, _, _, info = env.step(action)
        assert area.contains(info["pose"][:3, 3] - [0, 1.5, 0])
    assert info["coverage"] > 0


def test_the_spec_can_be_pickled_and_made_again():
    assert pickle.loads(pickle.dumps(gym.spec(ID))) == gym.spec(ID)


@pytest.mark.parametrize("task", ["find", "cover"])
def test_a_pickled_episode_goes_on(task):
    env = single(task=task, noise=ProportionalNoise(), render_mode="rgb_array")
    env.reset(seed=3)
    env.step(FORWARD)
    copy = pickle.loads(pickle.dumps(env))
    for action in (LEFT, FORWARD, DOWN, FORWARD):
        (a, *rewards, _, a_info), (b, *others, _, b_info) = env.step(action), copy.step(action)
        assert rewards == others
        np.testing.assert_array_equal(a["rgb"], b["rgb"])
        np.testing.assert_array_equal(a_info["pose"], b_info["pose"])
    np.testing.assert_array_equal(env.render(), copy.render())
    np.testing.assert_array_equal(env.reset()[0]["rgb"], copy.reset()[0]["rgb"])


@pytest.mark.parametrize("task", ["room", "find", "cover"])
def test_render_shows_view_way_and_belief(task):
    env = single(task=task, render_mode="rgb_array")
    env.reset(seed=0, options={"scene": 0, "viewpoint": (-1.0, 1.5, 0.0, 0.0)})
    plain = env.render()
    assert plain.dtype == np.uint8
    env.step(FORWARD)
    after = env.render()
    left, right = slice(0, 350), slice(350, 700)
    assert (after[:, left] != plain[:, left]).any()
    assert (after[:, right] != plain[:, right]).any()
    env.show_belief([0.9, 0.1])
    assert env.render().shape[1] > after.shape[1]
