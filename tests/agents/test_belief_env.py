from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from activevision.agents.belief_env import LEAST_LOG_PROBABILITY, BeliefVectorEnv
from activevision.agents.config import PPOConfig
from activevision.agents.evidence import Evidence, EvidenceTable
from activevision.agents.fusion import MeanPosterior, ProductOfExperts
from activevision.agents.policies.ceilings import Oracle, all_views
from activevision.agents.policies.policy_input import policy_input
from activevision.agents.policies.ppo import PPOPolicy
from activevision.agents.sb3 import SB3VecEnv
from activevision.errors import UserError
from activevision.geometry import invert
from activevision.protocol import LOOK_AROUND

SMALL = replace(LOOK_AROUND, height=8, width=8)


def objects(solids, num_envs=6, split="train", autoreset_mode=AutoresetMode.DISABLED, protocol=SMALL):
    return gym.make_vec(
        "activevision/ActiveObject-v0", num_envs=num_envs, vectorization_mode="vector_entry_point",
        catalogue=solids, split=split, protocol=protocol, autoreset_mode=autoreset_mode,
    )  # fmt: skip


def random_table(scenes=8, labels=None):
    generator = np.random.default_rng(1)
    scores = np.log(generator.dirichlet([0.7, 0.7], (scenes, 7, 12))).astype(np.float32)
    features = generator.normal(size=(scenes, 7, 12, 5)).astype(np.float32)
    label = np.repeat([0, 1], scenes // 2) if labels is None else labels
    return EvidenceTable(("ball", "box"), scores, features, label)


def front_table():
    """Says the class on the top row alone and nothing elsewhere; the feature tells the row."""
    label = np.repeat([0, 1], 4)
    scores = np.full((8, 7, 12, 2), np.log(0.5), np.float32)
    scores[np.arange(8), 6, :, label] = np.log(0.99)
    scores[np.arange(8), 6, :, 1 - label] = np.log(0.01)
    feature = np.broadcast_to(np.eye(7, dtype=np.float32)[None, :, None], (8, 7, 12, 7)).copy()
    return EvidenceTable(("ball", "box"), scores, feature, label)


def test_rewards_add_up_to_the_gain_in_log_probability(solids):
    env = BeliefVectorEnv(objects(solids), random_table(), ProductOfExperts(2))
    _, info = env.reset(seed=0)
    truth = np.arange(6), info["label"]
    first = env.belief.log_probs[truth]
    total = np.zeros(6)
    for motion in (3, 11, 24):
        observation, reward, terminated, _, _ = env.step(np.full(6, motion))
        total += reward
    assert terminated.all()
    assert env.belief.log_probs.min() > LEAST_LOG_PROBABILITY
    np.testing.assert_allclose(total, env.belief.log_probs[truth] - first, atol=1e-5)
    assert env.observation_space.contains(observation)


def test_the_belief_is_the_fusion_of_the_views_seen(solids):
    table, fusion = random_table(), MeanPosterior(2)
    env = BeliefVectorEnv(objects(solids), table, fusion)
    _, info = env.reset(seed=0)
    seen = [(info["scene"], info["viewpoint"])]
    for motion in (0, 7, 20):
        observation, _, _, _, info = env.step(np.full(6, motion))
        seen.append((info["scene"], info["viewpoint"]))
    posterior = np.mean([np.exp(table.at(*view).log_likelihood) for view in seen], axis=0)
    np.testing.assert_allclose(np.exp(observation["belief"]), posterior, atol=1e-5)
    np.testing.assert_allclose(observation["evidence"], table.at(*seen[-1]).log_likelihood, atol=1e-5)


def test_the_path_is_where_the_camera_was_seen_from_where_it_is(solids):
    env = BeliefVectorEnv(objects(solids), random_table(), MeanPosterior(2))
    observation, info = env.reset(seed=0)
    assert not observation["path"].any()
    poses = [info["pose"]]
    for motion in (0, 7, 20):
        observation, _, _, _, info = env.step(np.full(6, motion))
        earlier = np.stack([pose[:, :, 3] for pose in poses[::-1]], axis=1)  # (N, k, 4) in the world, latest first
        expected = np.einsum("nij,nkj->nki", invert(info["pose"]), earlier)[..., :3]
        np.testing.assert_allclose(observation["path"][:, : len(poses)], expected, atol=1e-5)
        assert not observation["path"][:, len(poses) :].any()
        poses.append(info["pose"])


def test_a_new_episode_begins_with_no_belief_in_both_autoreset_modes(solids):
    runs = []
    for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED):
        env = BeliefVectorEnv(objects(solids, autoreset_mode=mode), random_table(), ProductOfExperts(2))
        env.reset(seed=0)
        for motion in (1, 2, 3):
            env.step(np.full(6, motion))
        if mode == AutoresetMode.NEXT_STEP:
            observation, reward, terminated, *_ = env.step(np.zeros(6, np.int64))
            assert not reward.any()
            assert not terminated.any()
        else:
            observation, _ = env.reset(options={"reset_mask": np.ones(6, bool)})
        np.testing.assert_allclose(observation["belief"], observation["evidence"], atol=1e-5)
        assert not observation["path"].any()
        runs.append(observation)
    for name in runs[0]:
        np.testing.assert_array_equal(runs[0][name], runs[1][name])


def test_a_partial_reset_leaves_the_other_episodes_alone(solids):
    env = BeliefVectorEnv(objects(solids), random_table(), ProductOfExperts(2))
    env.reset(seed=0)
    before, *_ = env.step(np.full(6, 4))
    mask = np.array([True, False, True, False, False, False])
    after, _ = env.reset(options={"reset_mask": mask})
    for name in ("belief", "path", "evidence"):
        np.testing.assert_array_equal(after[name][~mask], before[name][~mask])
    np.testing.assert_allclose(after["belief"][mask], after["evidence"][mask], atol=1e-5)


def test_same_step_autoreset_and_other_classes_are_refused(solids):
    with pytest.raises(UserError, match="NEXT_STEP or DISABLED"):
        BeliefVectorEnv(objects(solids, autoreset_mode=AutoresetMode.SAME_STEP), random_table(), MeanPosterior(2))
    other = replace(random_table(), classes=("cat", "dog"))
    with pytest.raises(UserError, match="classes"):
        BeliefVectorEnv(objects(solids), other, MeanPosterior(2))


def test_a_table_is_the_recogniser_it_was_made_with(solids):
    class Brightness:
        classes = ("ball", "box")
        feature_size = 3

        def evidence(self, observation, info):
            mean = observation["rgb"].reshape(len(observation["rgb"]), -1, 3).mean(1).astype(np.float32)
            return Evidence(np.log(mean[:, :2]), mean)

    env = objects(solids, num_envs=50)  # 8 × 84 views are no multiple of 50
    table = EvidenceTable.build(Brightness(), env)
    assert table.label.tolist() == [0] * 4 + [1] * 4
    observation, info = env.reset(seed=1)
    live, cached = Brightness().evidence(observation, info), table.evidence(observation, info)
    np.testing.assert_array_equal(live.log_likelihood, cached.log_likelihood)
    np.testing.assert_array_equal(live.feature, cached.feature)


def test_the_oracle_takes_the_motion_that_an_exhaustive_search_finds(solids):
    table, fusion = random_table(), ProductOfExperts(2, 1.3)
    env = BeliefVectorEnv(objects(solids), table, fusion)
    observation, info = env.reset(seed=2)
    chosen = Oracle(env, table, fusion, SMALL).act(observation, env.belief)
    for i in range(6):
        truths = []
        for motion in range(25):
            target = SMALL.move(info["viewpoint"][i], motion)
            evidence = table.at(info["scene"][i : i + 1], target[None])
            prior = type(env.belief)(env.belief.log_probs[i : i + 1], env.belief.state[i : i + 1])
            truths.append(fusion.update(prior, evidence, np.zeros((1, 6)))[0][0, info["label"][i]])
        assert truths[chosen[i]] == pytest.approx(max(truths), abs=1e-6)


def test_all_views_is_the_mean_over_the_grid():
    table = random_table()
    posterior = np.exp(table.log_likelihood).reshape(8, 84, 2).mean(axis=1)
    beliefs = all_views(table, MeanPosterior(2), SMALL, np.array([3, 3, 0]))
    np.testing.assert_allclose(np.exp(beliefs), posterior[[3, 3, 0]], atol=1e-5)


def test_sb3_sees_the_last_observation_and_the_next_episode(solids):
    env = SB3VecEnv(
        BeliefVectorEnv(objects(solids), random_table(), MeanPosterior(2)), policy_input, gym.spaces.Box(-1, 1, (1,))
    )
    env.seed(0)
    env.reset()
    for step in range(3):
        rows, reward, done, infos = env.step(np.full(6, 2 * step))
    assert done.all()
    for row, info in zip(rows, infos, strict=True):
        assert info["terminal_observation"].shape == row.shape
        assert not np.array_equal(info["terminal_observation"], row)
    assert reward.dtype == np.float32


def test_ppo_learns_to_go_where_the_class_can_be_told_and_is_the_same_for_a_seed(solids, tmp_path):
    protocol = replace(SMALL, neighbourhood=(5, 1))
    config = PPOConfig(12_288, warm_up=0, rollout_steps=12, batch_size=128, layers=(32,), learning_rate=3e-3)

    def train():
        env = BeliefVectorEnv(objects(solids, 32, protocol=protocol), front_table(), MeanPosterior(2))
        return PPOPolicy.train(env, config, 1), env

    (policy, env), (again, _) = train(), train()
    policy.save(tmp_path / "ppo.zip")
    loaded = PPOPolicy.load(tmp_path / "ppo.zip", protocol, MeanPosterior(2))
    observation, _ = env.reset(seed=123)
    for _ in range(3):
        motion = policy.act(observation, env.belief)
        np.testing.assert_array_equal(motion, again.act(observation, env.belief))
        np.testing.assert_array_equal(motion, loaded.act(observation, env.belief))
        observation, _, _, _, info = env.step(motion)
    # from the bottom row the top is three moves away, so that every episode can end on it
    assert (info["viewpoint"][:, 0] == 6).mean() > 0.9
    (tmp_path / "ppo.zip").write_bytes((tmp_path / "ppo.zip").read_bytes()[:500])
    with pytest.raises(UserError, match="damaged"):
        PPOPolicy.load(tmp_path / "ppo.zip", LOOK_AROUND, MeanPosterior(2))
