"""What holds of every registered environment, with each kind of action, all its sensors and noise."""

import builtins
import functools
import pickle
import warnings
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from box_rooms import BoxRooms
from gymnasium.utils.env_checker import check_env
from solids import Solids

from activevision.envs.actuation import LOCOBOT
from activevision.envs.registration import ACTIVE_OBJECT, ACTIVE_SCENE, EXPLORE, LOOK_AROUND
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND as OBJECTS
from activevision.protocol import LOOK_AROUND_SCENES as PLACES
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.noise import GaussianNoise

FLOWS = ("flow_backward", "flow_forward")
SENSORS = ("rgb", "depth", "instance", "normal", "position", *FLOWS)


def standing(load):
    return replace(load(), station=(-1.0, 1.2, 1.0))


class StandingRooms(BoxRooms):
    """The box rooms with a place to stand in."""

    def scenes(self, split):
        return [
            replace(entry, key=f"standing {entry.key}", load=functools.partial(standing, entry.load))
            for entry in super().scenes(split)
        ]


SMALL_OBJECTS = replace(OBJECTS, height=12, width=16, views=3)
SMALL_PLACES = replace(PLACES, height=12, width=16, views=3, hfov_deg=100.0, elevations_deg=(-20.0, 10.0, 40.0))
OPTIONS = {
    ACTIVE_OBJECT: {"catalogue": Solids(), "protocol": SMALL_OBJECTS, "sensors": SENSORS},
    ACTIVE_SCENE: {"catalogue": StandingRooms(), "protocol": SMALL_PLACES, "sensors": (*SENSORS, "category")},
    LOOK_AROUND: {"catalogue": Solids(), "protocol": SMALL_OBJECTS, "sensors": SENSORS},
    EXPLORE: {"catalogue": BoxRooms(), "height": 12, "width": 16, "views": 3, "sensors": (*SENSORS, "category")},
}
ACTIONS = dict.fromkeys(OPTIONS, ("grid", "continuous")) | {EXPLORE: ("discrete", "continuous")}
NOISE = ("gaussian", "redwood")
EVERY = pytest.mark.parametrize(("id", "action"), [(id, action) for id in OPTIONS for action in ACTIONS[id]])


def single(id, **options):
    options = {**OPTIONS[id], "render_mode": "rgb_array", **options}
    return gym.make(id, disable_env_checker=True, **options).unwrapped


def vector(id, num_envs=3, **options):
    options = {**OPTIONS[id], "render_mode": "rgb_array", **options}
    return gym.make_vec(id, num_envs=num_envs, vectorization_mode="vector_entry_point", **options)


def same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


def test_no_registered_environment_is_left_out():
    assert {id for id in gym.registry if id.startswith("activevision/")} == set(OPTIONS)


@EVERY
@pytest.mark.parametrize("noise", [None, NOISE], ids=["true", "noisy"])
def test_gymnasium_finds_nothing_to_warn_of(id, action, noise):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(single(id, action=action, sensor_noise=noise))


@EVERY
def test_a_vector_keeps_to_its_spaces_and_is_the_single_ones_to_the_byte(id, action):
    many, ones = vector(id, action=action, sensor_noise=NOISE), []
    many.action_space.seed(2)
    observation, _ = many.reset(seed=7)
    for i in range(3):
        ones.append(single(id, action=action, sensor_noise=NOISE))
        same({name: value[i] for name, value in observation.items()}, ones[i].reset(seed=7 + i)[0])
    ended = np.zeros(3, bool)
    for _ in range(6):
        assert observation in many.observation_space
        actions = many.action_space.sample()
        observation, _, terminated, _, info = many.step(actions)
        for i, one in enumerate(ones):
            action_i = {key: part[i] for key, part in actions.items()} if isinstance(actions, dict) else actions[i]
            result = one.reset() if ended[i] else one.step(action_i)
            same({name: value[i] for name, value in observation.items()}, result[0])
            np.testing.assert_array_equal(info["pose"][i], result[-1]["pose"])
        ended = terminated
    pictures = many.render()
    assert len(pictures) == 3
    assert all(picture.dtype == np.uint8 and picture.ndim == 3 for picture in pictures)


@EVERY
def test_a_pickled_episode_goes_on_and_the_same_seed_gives_the_same_bytes(id, action):
    env, again = (single(id, action=action, sensor_noise=NOISE) for _ in range(2))
    env.action_space.seed(5)
    same(env.reset(seed=3)[0], again.reset(seed=3)[0])
    copy = pickle.loads(pickle.dumps(env))
    motion = env.action_space.sample()
    first, *_ = env.step(motion)
    same(first, again.step(motion)[0])
    same(first, copy.step(motion)[0])
    np.testing.assert_array_equal(env.render(), copy.render())
    same(env.reset()[0], copy.reset()[0])
    assert pickle.loads(pickle.dumps(gym.spec(id))) == gym.spec(id)


@EVERY
def test_noise_is_on_what_is_observed_and_nothing_else(id, action):
    true, noisy = single(id, action=action), single(id, action=action, sensor_noise=NOISE)
    true.action_space.seed(1)
    pairs = [(true.reset(seed=4), noisy.reset(seed=4))]
    while len(pairs) < 3:
        motion = true.action_space.sample()
        pairs.append((true.step(motion), noisy.step(motion)))
    for one, other in pairs:
        assert (one[0]["rgb"] != other[0]["rgb"]).mean() > 0.3
        for name in one[0].keys() - {"rgb", "depth"}:
            np.testing.assert_array_equal(one[0][name], other[0][name], err_msg=name)
        same(one[-1], other[-1])
        assert one[1:-1] == other[1:-1]  # the reward too


def test_a_camera_that_stays_sees_new_noise_and_the_protocol_tells_of_it():
    env = single(EXPLORE, sensor_noise=GaussianNoise(sigma=0.1), sensors=("rgb",))
    first, _ = env.reset(seed=0)
    second, *_ = env.step(env.protocol.stay)
    difference = first["rgb"].astype(float) - second["rgb"]
    assert 0.08 * 255 < difference.std() < 0.15 * 255  # of two draws, less what is cut off at black and white
    assert env.protocol.sensor_noise == "GaussianNoise(sigma=0.1, mean=0.0)"


@EVERY
def test_flow_joins_the_last_view_and_the_present_one(id, action):
    """Judged by positions, which are rendered apart from it: where a point lies in the other view."""
    env = single(id, action=action)
    env.action_space.seed(8)
    before, info_before = env.reset(seed=11)
    for name in FLOWS:
        assert not any(before[f"{name}{part}"].any() for part in ("", "_valid", "_covisible"))
    seen = 0
    while True:
        motion = env.action_space.sample()
        now, _, ended, _, info = env.step(motion)
        if id == LOOK_AROUND and ended:  # its last action moves nothing
            assert not any(now[f"{name}{part}"].any() for name in FLOWS for part in ("", "_valid", "_covisible"))
            break
        views = ((now, info, info_before), (before, info_before, info))
        for name, (here, _, there) in zip(FLOWS, views, strict=True):
            columns, rows = np.meshgrid(np.arange(16) + 0.5, np.arange(12) + 0.5)
            lands = now[name] + np.stack([columns, rows], axis=-1)
            world = there["pose"]
            local = (here["position"].astype(np.float64) - world[:3, 3]) @ world[:3, :3]
            valid = now[f"{name}_valid"] == 1
            assert np.abs(lands - env.camera.project(local)[0])[valid].max(initial=0) < 0.01
            assert (now[f"{name}_covisible"] <= now[f"{name}_valid"]).all()
            seen += now[f"{name}_covisible"].sum()
        before, info_before = now, info
        if ended:
            break
    assert seen > 0


def test_flow_costs_no_rendering():
    calls = []

    class Counting:
        def __init__(self, scenes):
            from activevision.simulators.registry import default_simulator

            self._simulator = default_simulator(scenes)
            self.settings = self._simulator.settings

        def render(self, scene_ids, poses, camera, sensors=("rgb",)):
            calls.append((len(poses), tuple(sensors)))
            return self._simulator.render(scene_ids, poses, camera, sensors)

    for id in (ACTIVE_OBJECT, EXPLORE):
        env = vector(id, action="continuous", sensors=("rgb", *FLOWS), simulator=Counting)
        env.reset(seed=0)
        calls.clear()
        env.step(env.action_space.sample())
        assert calls == [(3, ("rgb", "depth"))]


REFUSED = [
    *[(id, {"scene": 1, "viewpoint": (9.0, 99.0)}) for id in (ACTIVE_OBJECT, ACTIVE_SCENE, LOOK_AROUND)],
    *[(id, {"viewpoint": (0, 0), "scene": 99}) for id in (ACTIVE_OBJECT, ACTIVE_SCENE, LOOK_AROUND)],
    *[(id, {"scene": 1, "viewpoint": (1, 1, 1)}) for id in (ACTIVE_OBJECT, EXPLORE)],
    *[(EXPLORE, {"scene": 1, "goal": goal}) for goal in (-1, 99, BoxRooms.categories.index("marble"))],
    (EXPLORE, {"scene": 1, "viewpoint": (0.0, 0.0, 0.0, 0.0)}),  # in the pillar
    (EXPLORE, {"scene": 1, "gaol": 0}),
    *[(id, {"scene": scene}) for id in OPTIONS for scene in ("first", 0.5)],
    *[(id, {"viewpoint": viewpoint}) for id in OPTIONS for viewpoint in ("here", np.nan, 5)],
]


@pytest.mark.parametrize(("id", "options"), REFUSED)
def test_an_episode_goes_on_after_a_reset_whose_options_are_refused(id, options):
    more = {"task": "find"} if id == EXPLORE else {}
    env, other = (single(id, views=4, **more) if id == EXPLORE else single(id) for _ in range(2))
    for one in (env, other):
        one.action_space.seed(3)
        one.reset(seed=2, options={"scene": 0})
        one.step(one.action_space.sample())
    with pytest.raises(UserError):
        env.reset(options=options)
    result, expected = env.step(env.action_space.sample()), other.step(other.action_space.sample())
    same(result[0], expected[0])
    same(result[-1], expected[-1])
    assert result[1:-1] == expected[1:-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sensors": ("rgb", "flow_backwards")}, "unknown sensor 'flow_backwards': did you mean 'flow_backward'"),
        ({"sensors": ("rbg",)}, "did you mean 'rgb'"),
        ({"sensor_noise": "gausian"}, "unknown noise 'gausian': did you mean 'gaussian'"),
        ({"sensor_noise": 3}, "give a model of activevision.simulators.noise, or one of gaussian"),
        ({"sensor_noise": ("gaussian", "kinect"), "sensors": ("rgb",)}, "noise of depth, which is not among"),
        ({"sensors": "rgb"}, r"is one word: give them as \('rgb',\)"),
        ({"simulator": "embre"}, "unknown simulator 'embre': did you mean 'embree'"),
        ({"simulator": 3}, "give a name .* or a callable that makes one of scenes"),
    ],
)
@pytest.mark.parametrize("id", OPTIONS)
def test_wrong_sensors_noise_and_simulators_are_named(id, options, message):
    with pytest.raises(UserError, match=message):
        single(id, **options)


def test_a_viewpoint_that_is_no_number_is_refused_on_a_sphere_too():
    env = single(ACTIVE_OBJECT, action="continuous")
    for viewpoint, message in (((0.0, np.nan), "outside of the sphere"), ((9.0, 0.0), r"\(9.0, 0.0\) is outside")):
        with pytest.raises(UserError, match=message):
            env.reset(options={"viewpoint": viewpoint})


def test_wrong_words_for_a_vector_and_a_catalogue_are_named():
    with pytest.raises(UserError, match="unknown autoreset_mode 'Next': did you mean 'NextStep'"):
        vector(ACTIVE_OBJECT, autoreset_mode="Next")
    with pytest.raises(UserError, match="unknown option of ProceduralCatalogue 'perclass': did you mean 'per_class'"):
        single(ACTIVE_OBJECT, catalogue="procedural", catalogue_options={"perclass": 3})


def test_motions_have_noise_by_name_too():
    env, other = single(EXPLORE, noise="locobot"), single(EXPLORE, noise=LOCOBOT)
    env.reset(seed=1), other.reset(seed=1)
    np.testing.assert_array_equal(env.step(0)[-1]["pose"], other.step(0)[-1]["pose"])
    assert env.protocol == other.protocol
    with pytest.raises(UserError, match="did you mean 'locobot'"):
        single(EXPLORE, noise="locbot")
    with pytest.raises(UserError, match="one of locobot"):
        single(EXPLORE, noise=0.1)


@EVERY
def test_closing_an_environment_closes_what_renders(id, action):
    closed = []

    class Noted(EmbreeSimulator):
        one_thread = True  # so that a view grid keeps it open, too

        def close(self):
            closed.append(self)
            super().close()

    for env in (single(id, action=action, simulator=Noted), vector(id, action=action, simulator=Noted)):
        env.reset(seed=0)
        closed.clear()
        env.close()
        assert len({*map(builtins.id, closed)}) == 1
        env.close()
