import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from cue_task import CueTask, share_right

from activevision.agents.config import DQNConfig, PPOConfig, RecurrentPPOConfig
from activevision.agents.fusion import MeanPosterior
from activevision.agents.policies.dqn import DQNPolicy
from activevision.agents.policies.policy_input import policy_input
from activevision.agents.policies.ppo import PPOPolicy
from activevision.agents.policies.ppo_stop import PPOStopPolicy
from activevision.agents.policies.recurrent_ppo import RecurrentPPOPolicy
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND

PPO = PPOConfig(steps=8_192, warm_up=0, rollout_steps=8, batch_size=256, layers=(16,), learning_rate=1e-2)
RECURRENT = RecurrentPPOConfig(
    steps=12_288, warm_up=0, rollout_steps=12, batch_size=192, layers=(16,), hidden=16, learning_rate=1e-2
)
DQN = DQNConfig(steps=8_192, batch_size=64, target_every=256, learning_rate=1e-2, layers=(16,))
LEARNERS = {
    "ppo": (PPOPolicy, PPO, False),
    "recurrent_ppo": (RecurrentPPOPolicy, RECURRENT, True),
    "dqn": (DQNPolicy, DQN, False),
}


def learnt(name, seed=0, **changes):
    kind, config, first_view_only = LEARNERS[name]
    return kind.train(CueTask(32, first_view_only), replace(config, **changes), seed)


@pytest.mark.parametrize("name", LEARNERS)
def test_it_learns_to_follow_a_cue(name):
    assert share_right(learnt(name), LEARNERS[name][2]) > 0.95


def test_what_was_seen_in_the_first_view_alone_takes_a_memory():
    policy = PPOPolicy.train(CueTask(32, first_view_only=True), PPO, 0)
    assert 0.4 < share_right(policy, first_view_only=True) < 0.6


@pytest.mark.parametrize("name", ["ppo", "recurrent_ppo"])
def test_knowing_what_every_motion_brings_is_a_beginning(name):
    """Of so few steps by trial nothing comes."""
    few = {"steps": 384, "rollout_steps": 12, "batch_size": 192}
    assert share_right(learnt(name, **few), LEARNERS[name][2]) < 0.8
    assert share_right(learnt(name, warm_up=12_288, **few), LEARNERS[name][2]) > 0.95


@pytest.mark.parametrize("name", LEARNERS)
def test_a_seed_decides_the_policy_and_a_file_keeps_it(name, tmp_path):
    short = {"steps": 512} if name == "dqn" else {"steps": 384, "rollout_steps": 12, "batch_size": 192, "warm_up": 512}
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    torch.manual_seed(3)
    first = random.random(), np.random.random(), torch.rand(()).item()  # noqa: NPY002
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    torch.manual_seed(3)
    policy = learnt(name, 1, **short)
    # what others draw does not depend on whether a policy was trained before
    assert first == (random.random(), np.random.random(), torch.rand(()).item())  # noqa: NPY002
    kind = LEARNERS[name][0]
    env = CueTask(50, first_view_only=False)
    policy.save(tmp_path / "policy.zip")
    loaded = kind.load(tmp_path / "policy.zip", env.protocol, MeanPosterior(2))
    again, other = learnt(name, 1, **short), learnt(name, 2, **short)

    def weights(policy):
        return torch.cat([value.flatten() for value in policy._model.policy.state_dict().values()])

    assert torch.equal(weights(policy), weights(again))
    assert torch.equal(weights(policy), weights(loaded))
    assert not torch.equal(weights(policy), weights(other))
    for _ in range(2):  # over two episodes, so that what is remembered of the first is forgotten
        observation, _ = env.reset()
        for _ in range(3):
            motion = policy.act(observation, None)
            np.testing.assert_array_equal(motion, loaded.act(observation, None))
            observation, *_ = env.step(motion)


@pytest.mark.parametrize("name", LEARNERS)
def test_a_file_that_is_missing_damaged_or_of_another_protocol_is_an_error_of_one_line(name, tmp_path):
    short = {"steps": 64} if name == "dqn" else {"steps": 384, "rollout_steps": 12, "batch_size": 192}
    kind, path = LEARNERS[name][0], tmp_path / "policy.zip"
    learnt(name, **short).save(path)
    with pytest.raises(UserError, match="does not fit protocol 'look-around'"):
        kind.load(path, LOOK_AROUND, MeanPosterior(2))
    content = path.read_bytes()
    middle = len(content) // 2
    for damaged in (content[:500], b"", b"no zip", content[:middle] + b"\0" * 200 + content[middle + 200 :]):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match="is damaged") as raised:
            kind.load(path, LOOK_AROUND, MeanPosterior(2))
        assert "\n" not in str(raised.value)
    with pytest.raises(UserError, match="no policy"):
        kind.load(tmp_path / "none.zip", LOOK_AROUND, MeanPosterior(2))


def test_a_policy_that_stops_is_not_taken_for_one_that_does_not(tmp_path):
    short = {"steps": 256, "rollout_steps": 8, "batch_size": 256}
    learnt("ppo", **short).save(tmp_path / "ppo.zip")
    with pytest.raises(UserError, match="does not fit"):
        PPOStopPolicy.load(tmp_path / "ppo.zip", CueTask(1, False).protocol, MeanPosterior(2))


def test_a_memory_is_of_the_episode_and_its_number():
    policy = learnt("recurrent_ppo")
    many, few = CueTask(20, first_view_only=True), CueTask(3, first_view_only=True)

    def episode(env):
        observation, _ = env.reset(seed=1)
        motions = []
        for _ in range(3):
            motions.append(policy.act(observation, None))
            observation, *_ = env.step(motions[-1])
        return np.stack(motions)

    first = episode(many)
    episode(few)
    np.testing.assert_array_equal(first, episode(many))


def test_what_the_network_sees_is_bounded():
    observation, _ = CueTask(5, first_view_only=False).reset(seed=0)
    rows = policy_input({**observation, "belief": np.full((5, 2), -12.0, np.float32)})
    assert rows.shape == (5, 2 + 2 + 2 + 2 + 9 + 4)
    assert rows.dtype == np.float32
    assert np.abs(rows).max() < 2
