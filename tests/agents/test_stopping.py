from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from test_belief_env import SMALL, front_table, objects, random_table

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.config import AgentConfig, PPOConfig
from activevision.agents.fusion import MeanPosterior, ProductOfExperts
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.policy_input import policy_input
from activevision.agents.policies.ppo_stop import PPOStopPolicy
from activevision.agents.sb3 import SB3VecEnv
from activevision.agents.stopping import StoppingVectorEnv
from activevision.errors import UserError

STOP = 25


def stopping(solids, price=0.1, num_envs=6, **options):
    return StoppingVectorEnv(
        BeliefVectorEnv(objects(solids, num_envs, **options), random_table(), MeanPosterior(2)), price
    )


def test_spaces_hold_what_it_gives_and_a_seed_decides_it(solids):
    env, again = stopping(solids), stopping(solids)
    env.action_space.seed(5)
    observation, info = env.reset(seed=3)
    other, _ = again.reset(seed=3)
    for _ in range(40):
        assert env.observation_space.contains(observation)
        for name in observation:
            np.testing.assert_array_equal(observation[name], other[name])
        action = env.action_space.sample()
        assert env.action_space.contains(action)
        observation, reward, terminated, truncated, info = env.step(action)
        other, *_ = again.step(action)
        assert reward.shape == terminated.shape == truncated.shape == (6,)
        assert not truncated.any()
        assert (terminated >= (action == STOP)).all()
        assert info["label"].shape == (6,)
        if terminated.any():
            observation, _ = env.reset(options={"reset_mask": terminated})
            other, _ = again.reset(options={"reset_mask": terminated})


def test_rewards_are_the_gain_less_the_price_of_every_further_view(solids):
    table, fusion = random_table(), ProductOfExperts(2)
    env = StoppingVectorEnv(BeliefVectorEnv(objects(solids, 6), table, fusion), 0.1)
    plain = BeliefVectorEnv(objects(solids, 6), table, fusion)
    env.reset(seed=0)
    plain.reset(seed=0)
    for motion in (3, 11):
        _, reward, terminated, *_ = env.step(np.full(6, motion))
        _, gain, *_ = plain.step(np.full(6, motion))
        np.testing.assert_allclose(reward, gain - 0.1)
        assert not terminated.any()
    _, reward, terminated, *_ = env.step(np.full(6, STOP))
    assert not reward.any()
    assert terminated.all()


def test_what_stopped_stays_as_it_was_and_the_others_go_on(solids):
    env, plain = stopping(solids), BeliefVectorEnv(objects(solids), random_table(), MeanPosterior(2))
    before, info_before = env.reset(seed=0)
    plain.reset(seed=0)
    stops = np.array([True, False, True, False, False, False])
    after, _, terminated, _, info = env.step(np.where(stops, STOP, 7))
    others, _, _, _, others_info = plain.step(np.full(6, 7))
    np.testing.assert_array_equal(terminated, stops)
    for name in after:
        np.testing.assert_array_equal(after[name][stops], before[name][stops])
        np.testing.assert_array_equal(after[name][~stops], others[name][~stops])
    for name in ("pose", "viewpoint", "egomotion", "scene"):
        np.testing.assert_array_equal(info[name][stops], info_before[name][stops])
        np.testing.assert_array_equal(info[name][~stops], others_info[name][~stops])
    with pytest.raises(gym.error.ResetNeeded):
        env.step(np.zeros(6, int))
    fresh, _ = env.reset(options={"reset_mask": stops})
    assert (fresh["steps_left"][stops] == 3).all()
    assert (fresh["steps_left"][~stops] == 2).all()
    env.step(np.zeros(6, int))


def test_what_every_motion_would_bring_is_what_it_brings(solids):
    env = stopping(solids, num_envs=STOP + 1)
    env.reset(seed=0, options={"scene": 2, "viewpoint": (3, 5)})
    promised = env.prospects()
    _, reward, *_ = env.step(np.arange(STOP + 1))
    np.testing.assert_allclose(np.diag(promised), reward, atol=1e-6)


def test_sb3_begins_anew_where_an_episode_stopped(solids):
    beliefs = stopping(solids)
    env = SB3VecEnv(beliefs, policy_input, gym.spaces.Box(-1, 1, (1,)))
    env.seed(0)
    first = env.reset()
    rows, _, done, infos = env.step(np.array([STOP, 0, 0, 0, 0, STOP]))
    assert done.tolist() == [True, False, False, False, False, True]
    np.testing.assert_array_equal(infos[0]["terminal_observation"], first[0])
    assert not np.array_equal(rows[0], first[0])


def test_a_motion_that_is_none_and_an_environment_that_resets_itself_are_errors(solids):
    env = stopping(solids)
    env.reset(seed=0)
    with pytest.raises(UserError, match=r"Discrete\(26\)"):
        env.step(np.full(6, STOP + 1))
    with pytest.raises(UserError, match="DISABLED"):
        stopping(solids, autoreset_mode=AutoresetMode.NEXT_STEP)
    with pytest.raises(UserError, match="view_price"):
        stopping(solids, price=-1.0)


def test_to_stop_is_no_motion_where_nothing_may_stop(solids):
    env = BeliefVectorEnv(objects(solids), random_table(), MeanPosterior(2))
    env.reset(seed=0)
    with pytest.raises(UserError, match="motion 25 is not in") as raised:
        env.step(np.full(6, STOP))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("price", "looks_on"), [(5.0, False), (0.0, True)])
def test_it_learns_to_stop_at_once_where_views_are_dear_and_to_go_on_where_they_are_cheap(solids, price, looks_on):
    protocol = replace(SMALL, neighbourhood=(5, 1))
    train_env = objects(solids, 32, protocol=protocol)
    lessons = GridLessons(protocol, front_table(), front_table(), train_env)
    ppo = PPOConfig(6_144, warm_up=4_096, rollout_steps=12, batch_size=128, layers=(32,), learning_rate=3e-3)
    policy = PPOStopPolicy.fit(lessons, MeanPosterior(2), AgentConfig(ppo=ppo, view_price=price), 0)
    beliefs = BeliefVectorEnv(train_env, front_table(), MeanPosterior(2))
    observation, info = beliefs.reset(seed=99)
    motion = policy.act(observation, beliefs.belief)
    # who sees the top row already knows all that there is to know
    undecided = info["viewpoint"][:, 0] < 6
    assert (motion[undecided] != 5).mean() == pytest.approx(float(looks_on), abs=0.1)
