"""Against the real package: what its agents, wrappers and tools ask of an environment."""

import pickle
import warnings
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from scipy.special import log_softmax, softmax

from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND, LOOK_AROUND_SCENES

ap_gym = pytest.importorskip("ap_gym", reason="ap_gym is not installed: pip install 'activevision[ap-gym]'")
form = pytest.importorskip("activevision.envs.ap_gym")

OBJECT = "activevision/ActiveObject-v0"
ID = "activevision-ap/ActiveObject-v0"
SMALL = replace(LOOK_AROUND, height=12, width=12)
T = SMALL.views


def options(solids, **more):
    return {"catalogue": solids, "protocol": SMALL, **more}


def single(solids, **more):
    return form.RecognitionEnv(gym.make(OBJECT, **options(solids, **more)))


def vector(solids, num_envs=4, **more):
    mode = {"vectorization_mode": "vector_entry_point"}
    return form.RecognitionVectorEnv(gym.make_vec(OBJECT, num_envs=num_envs, **mode, **options(solids, **more)))


def surprise(logits, label, classes=2):
    """Cross-entropy over that of a blind guess, written out."""
    return -log_softmax(np.asarray(logits, np.float64), axis=-1)[..., label] / np.log(classes)


def test_it_is_what_ap_gym_means_by_an_environment_for_classification(solids):
    one, many = single(solids), vector(solids)
    assert isinstance(one, ap_gym.ActiveClassificationEnv)
    assert isinstance(many, ap_gym.ActiveClassificationVectorEnv)
    assert ap_gym.ensure_active_perception_env(one) is one
    assert ap_gym.ensure_active_perception_vector_env(many) is many
    assert isinstance(one.prediction_space, ap_gym.LogitSpace)
    assert one.prediction_target_space.n == 2
    assert one.inner_action_space.n == 25
    image = one.observation_space["rgb"]
    assert isinstance(image, ap_gym.ImageSpace)
    assert isinstance(many.observation_space["rgb"], ap_gym.ImageSpace)
    assert (image.height, image.width, image.channels, image.dtype) == (12, 12, 3, np.float32)


def test_gymnasium_warns_of_nothing_but_the_logits_that_ap_gym_has(solids):
    env = gym.make(ID, **options(solids, sensors=("rgb", "depth", "normal", "instance")), render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*infinity.*|.*symmetric and normalized.*")
        check_env(env.unwrapped)


def test_reward_is_less_the_loss_of_the_prediction_after_every_view(solids):
    env, plain = single(solids), gym.make(OBJECT, **options(solids)).unwrapped
    observation, info = env.reset(seed=2)
    seen, told = plain.reset(seed=2)
    generator = np.random.default_rng(0)
    for step in range(T):
        np.testing.assert_allclose(observation["rgb"] * 255, seen["rgb"], atol=1e-4)
        assert observation["time_step"] == pytest.approx(2 * step / T - 1)
        logits = generator.normal(size=2).astype(np.float32)
        observation, reward, terminated, _, info = env.step({"action": step + 1, "prediction": logits})
        label = told["label"]
        assert info["prediction"]["target"] == label
        assert info["prediction"]["loss"] == pytest.approx(surprise(logits, label), rel=1e-6)
        assert info["prediction"]["metrics"]["quality"] == pytest.approx(softmax(logits)[label], rel=1e-6)
        assert info["base_reward"] == 0
        assert reward == pytest.approx(-surprise(logits, label), rel=1e-6)
        assert terminated == (step == T - 1)
        if not terminated:
            seen, _, _, _, told = plain.step(step + 1)
        np.testing.assert_array_equal(info["pose"], told["pose"])
    assert observation["time_step"] == 1
    np.testing.assert_allclose(observation["rgb"] * 255, seen["rgb"], atol=1e-4)
    assert not observation["egomotion"].any()


ROOMS = {"catalogue_options": {"per_class": 4, "classes": ("bathroom", "store room")}, "split": "val"}
SCENE = replace(LOOK_AROUND_SCENES, height=12, width=12, views=3)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("ActiveScene", {"protocol": SCENE}),
        ("Explore", {"views": 3, "height": 12, "width": 12, "sensors": ("rgb", "depth")}),
        ("Explore", {"views": 3, "height": 12, "width": 12, "action": "continuous"}),
    ],
    ids=["scene", "explore", "continuous"],
)
def test_rooms_have_the_form_too(name, more):
    env = ap_gym.make_vec(f"activevision-ap/{name}-v0", num_envs=2, **ROOMS, **more)
    observation, info = env.reset(seed=0, options={"scene": np.array([0, 1])})
    env.action_space.seed(0)
    labels = info["label"]
    for step in range(3):
        assert observation in env.observation_space
        pose = info["pose"]
        observation, reward, terminated, _, info = env.step(env.action_space.sample())
        assert info["prediction"]["target"].tolist() == labels.tolist() == [0, 1]
        np.testing.assert_allclose(reward, -info["prediction"]["loss"])
        assert terminated.all() == (step == 2)
    assert not observation["egomotion"].any()
    np.testing.assert_array_equal(info["pose"], pose)
    np.testing.assert_array_equal(info["egomotion"], [np.eye(4)] * 2)
    np.testing.assert_array_equal(info.get("commanded", info["egomotion"]), [np.eye(4)] * 2)


def test_the_loss_has_a_gradient_and_is_1_for_a_blind_guess(solids):
    loss = vector(solids).loss_fn
    logits = torch.zeros(3, 2, requires_grad=True)
    value = loss.torch(logits, torch.tensor([0, 1, 1]), (3,))
    np.testing.assert_allclose(value.detach(), 1.0, rtol=1e-6)
    value.sum().backward()
    assert torch.sign(logits.grad).tolist() == [[-1, 1], [1, -1], [1, -1]]


def test_a_vector_of_environments_is_the_single_ones(solids):
    many, ones = vector(solids, 3), [single(solids) for _ in range(3)]
    observation, _ = many.reset(seed=40)
    expected = [one.reset(seed=40 + i)[0] for i, one in enumerate(ones)]
    many.action_space.seed(1)
    for step in range(2 * T + 2):
        for name, values in observation.items():
            np.testing.assert_array_equal(values, np.stack([each[name] for each in expected]))
        actions = many.action_space.sample()
        observation, reward, terminated, _, info = many.step(actions)
        if step % (T + 1) == T:  # the reset
            expected = [one.reset()[0] for one in ones]
            assert not reward.any()
            assert not info["prediction"]["loss"].any()
            assert not terminated.any()
            continue
        results = [one.step({name: actions[name][i] for name in actions}) for i, one in enumerate(ones)]
        expected = [result[0] for result in results]
        assert terminated.tolist() == [result[2] for result in results]
        np.testing.assert_allclose(reward, [result[1] for result in results], rtol=1e-6)
        for name in ("target", "loss"):
            np.testing.assert_allclose(info["prediction"][name], [r[4]["prediction"][name] for r in results], rtol=1e-6)
        qualities = [r[4]["prediction"]["metrics"]["quality"] for r in results]
        np.testing.assert_allclose(info["prediction"]["metrics"]["quality"], qualities, rtol=1e-6)


def test_ap_gym_makes_it_by_id_with_its_log_wrapper(solids):
    env = ap_gym.make(ID, **options(solids))
    env.reset(seed=0, options={"scene": 6})
    wrong, right = np.array([3, 0], np.float32), np.array([0, 3], np.float32)
    for prediction in (wrong, right, wrong, right):
        *_, info = env.step({"action": 0, "prediction": prediction})
    stats = info["stats"]["scalar"]
    assert stats["avg_accuracy"] == 0.5
    assert stats["final_accuracy"] == 1.0
    assert stats["first_correct"] == 1
    assert stats["last_incorrect"] == 2
    assert stats["final_correct_label_prob"] == pytest.approx(stats["final_quality"], rel=1e-6)


def test_ap_gym_makes_a_vector_with_its_log_wrapper(solids):
    env = ap_gym.make_vec(ID, num_envs=8, **options(solids))
    _, info = env.reset(seed=0)
    labels = info["label"]
    for _ in range(2):
        for step in range(T):
            logits = 5 * np.eye(2, dtype=np.float32)[labels if step >= 2 else 1 - labels]
            _, _, terminated, _, info = env.step({"action": np.full(8, 9), "prediction": logits})
        assert terminated.all()
        stats = info["stats"]["scalar"]
        assert (stats["avg_accuracy"] == 0.5).all()
        assert (stats["first_correct"] == 2).all()
        assert (stats["last_incorrect"] == 1).all()
        _, reward, _, _, info = env.step({"action": np.zeros(8, int), "prediction": logits})
        assert not reward.any()
        assert (info["label"] != labels).any()
        labels = info["label"]


@pytest.mark.parametrize("count", [None, 3])
def test_the_sparse_variant_pays_for_the_last_prediction_alone(solids, count):
    name = "activevision-ap/ActiveObject-sparse-v0"
    made = ap_gym.make(name, **options(solids)) if count is None else ap_gym.make_vec(name, count, **options(solids))
    made.reset(seed=0)
    prediction = np.zeros(2 if count is None else (count, 2), np.float32)
    motion = 3 if count is None else np.full(count, 3)
    rewards = [made.step({"action": motion, "prediction": prediction})[1] for _ in range(T)]
    np.testing.assert_allclose(rewards[:-1], 0)
    np.testing.assert_allclose(rewards[-1], -1, rtol=1e-6)


def test_gymnasium_vectors_of_the_single_environment_are_understood_by_ap_gym(solids):
    env = gym.vector.SyncVectorEnv([lambda: single(solids)] * 2)
    env = ap_gym.ensure_active_perception_vector_env(env)
    assert isinstance(env, ap_gym.ActivePerceptionVectorRestoreWrapper)
    env = ap_gym.ActiveClassificationVectorLogWrapper(env)
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(T):
        _, reward, terminated, _, info = env.step(env.action_space.sample())
    np.testing.assert_allclose(reward, -info["prediction"]["loss"], rtol=1e-6)
    assert terminated.all()
    assert info["stats"]["scalar"]["avg_accuracy"].shape == (2,)


def test_ap_gyms_single_face_of_a_vector_works(solids):
    env = ap_gym.ActivePerceptionVectorToSingleWrapper(vector(solids, 1))
    env.reset(seed=0)
    observation, reward, *_, info = env.step({"action": np.int64(3), "prediction": np.zeros(2, np.float32)})
    assert observation["rgb"].shape == (12, 12, 3)
    assert reward == pytest.approx(-1)
    assert info["prediction"]["loss"] == pytest.approx(1)


class SoftmaxLearner:
    """An agent that knows ap_gym alone: colours to logits, trained on the environment's own loss; moves at random."""

    def __init__(self, env):
        torch.manual_seed(0)
        self.env = env
        size = sum(np.prod(s.shape) for s in env.single_observation_space.values() if isinstance(s, ap_gym.ImageSpace))
        self.model = torch.nn.Linear(int(size), env.single_prediction_space.shape[0])
        self.optimiser = torch.optim.Adam(self.model.parameters(), 1e-2)

    def predict(self, observation):
        spaces = self.env.single_observation_space
        images = [torch.from_numpy(observation[n]) for n, s in spaces.items() if isinstance(s, ap_gym.ImageSpace)]
        return self.model(torch.cat([image.flatten(1) - 0.5 for image in images], dim=1))

    def play(self, steps):
        losses, observation = [], self.env.reset(seed=0)[0]
        self.env.action_space.seed(0)
        for _ in range(steps):
            logits = self.predict(observation)
            action = {"action": self.env.inner_action_space.sample(), "prediction": logits.detach().numpy()}
            observation, _, _, _, info = self.env.step(action)
            target = torch.as_tensor(info["prediction"]["target"])
            loss = self.env.loss_fn.torch(logits, target, (self.env.num_envs,)).mean()
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            losses.append(float(loss.detach()))
        return losses


def test_an_agent_that_knows_ap_gym_alone_learns(solids):
    """A blind guess costs 1."""
    losses = SoftmaxLearner(ap_gym.make_vec(ID, num_envs=32, **options(solids))).play(150)
    assert np.mean(losses[-20:]) < 0.7


def test_render_draws_what_was_predicted(solids):
    env = single(solids, render_mode="rgb_array")
    env.reset(seed=0)
    plain = env.render()
    env.step({"action": 0, "prediction": np.array([4, 0], np.float32)})
    shown = env.render()
    assert shown.shape[1] > plain.shape[1]
    many = vector(solids, 2, render_mode="rgb_array")
    many.reset(seed=0)
    many.step({"action": np.zeros(2, int), "prediction": np.zeros((2, 2), np.float32)})
    assert [picture.shape for picture in many.render()] == [shown.shape] * 2


def test_a_pickled_episode_goes_on(solids):
    env = single(solids)
    env.reset(seed=4)
    copy = pickle.loads(pickle.dumps(env))
    action = {"action": 2, "prediction": np.zeros(2, np.float32)}
    first, second = env.step(action), copy.step(action)
    np.testing.assert_array_equal(first[0]["rgb"], second[0]["rgb"])
    assert first[1] == second[1]


def test_mistakes_are_named(solids):
    with pytest.raises(UserError, match="not of a CartPoleEnv"):
        form.RecognitionEnv(gym.make("CartPole-v1").unwrapped)
    with pytest.raises(UserError, match="not of a TimeLimit"):
        form.RecognitionEnv(gym.wrappers.TimeLimit(gym.make(OBJECT, **options(solids)), 3))
    with pytest.raises(UserError, match="vector_entry_point"):
        form.RecognitionVectorEnv(gym.make_vec("CartPole-v1", num_envs=2, vectorization_mode="sync"))
    with pytest.raises(UserError, match="NextStep"):
        vector(solids, autoreset_mode=AutoresetMode.SAME_STEP)
    with pytest.raises(UserError, match="has a prediction already"):
        form.RecognitionEnv(gym.make("activevision/LookAround-v0", **options(solids)))
    with pytest.raises(UserError, match="give task='room'"):
        ap_gym.make("activevision-ap/Explore-v0", task="cover", **ROOMS)
    env = single(solids)
    env.reset(seed=0)
    with pytest.raises(UserError, match="logits"):
        env.step({"action": 0, "prediction": np.zeros(3)})
    with pytest.raises(UserError, match="not finite"):
        env.step({"action": 0, "prediction": np.array([np.nan, 0])})
    with pytest.raises(UserError, match="motion"):
        env.step({"action": 99, "prediction": np.zeros(2)})
