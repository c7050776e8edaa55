"""PPO from pixels: what it sees, that it learns from it, and that a file keeps it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from cue_task import CueTask

from activevision.agents.config import PixelPPOConfig
from activevision.agents.fusion import MeanPosterior
from activevision.agents.policies.album import Album
from activevision.agents.policies.ppo_pixels import PPOPixelsPolicy
from activevision.agents.policies.sb3_policy import rows
from activevision.agents.small_frames import SIDE
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND

TINY = PixelPPOConfig(
    steps=6_144, warm_up=0, rollout_steps=12, batch_size=192, layers=(16,), channels=(8, 8), view_size=8,
    learning_rate=5e-3,
)  # fmt: skip
SHORT = PixelPPOConfig(
    steps=384, warm_up=512, rollout_steps=12, batch_size=192, layers=(4,), channels=(4, 4), view_size=4
)


class SeenCue(CueTask):
    """The cue is a spot in the frame, bright to the left or to the right, among noise of all colours."""

    def _observation(self):
        observation = super()._observation()
        told = observation.pop("feature")
        frames = self._generator.integers(0, 128, (self.num_envs, SIDE, SIDE, 3), np.uint8)
        for side, columns in enumerate((slice(4, 12), slice(20, 28))):
            frames[told[:, side] > 0, 12:20, columns] = 250
        return {**observation, "rgb": frames, "egomotion": np.zeros((self.num_envs, 6), np.float32)}


def share_right(policy, first_view_only):
    env = SeenCue(300, first_view_only)
    observation, _ = env.reset(seed=12345)
    for _ in range(3):
        observation, reward, *_ = env.step(policy.act(observation, None))
    return reward.mean()


@pytest.mark.parametrize("warm_up", [0, 6_144])
def test_it_learns_to_follow_what_the_first_frame_alone_shows(warm_up):
    """By trial, and from what every motion would bring. It has to tell frames apart and to keep the first."""
    config = replace(TINY, warm_up=warm_up, steps=384 if warm_up else TINY.steps)
    assert share_right(PPOPixelsPolicy.train(SeenCue(32, True), config, 0), True) > 0.9


def test_of_so_few_steps_nothing_comes():
    """What is learnt above does not leak from anywhere."""
    assert 0.35 < share_right(PPOPixelsPolicy.train(SeenCue(32, True), replace(SHORT, warm_up=0), 0), True) < 0.65


def test_a_seed_decides_the_policy_and_a_file_keeps_it(tmp_path):
    policy, again, other = (PPOPixelsPolicy.train(SeenCue(32, False), SHORT, seed) for seed in (1, 1, 2))
    policy.save(tmp_path / "policy.zip")
    env = SeenCue(50, False)
    loaded = PPOPixelsPolicy.load(tmp_path / "policy.zip", env.protocol, MeanPosterior(2))

    def weights(policy):
        return torch.cat([value.flatten() for value in policy._model.policy.state_dict().values()])

    assert torch.equal(weights(policy), weights(again))
    assert torch.equal(weights(policy), weights(loaded))
    assert not torch.equal(weights(policy), weights(other))
    for _ in range(2):
        observation, _ = env.reset()
        for _ in range(3):
            motion = policy.act(observation, None)
            np.testing.assert_array_equal(motion, loaded.act(observation, None))
            observation, *_ = env.step(motion)
    with pytest.raises(UserError, match="does not fit protocol 'look-around'"):
        PPOPixelsPolicy.load(tmp_path / "policy.zip", LOOK_AROUND, MeanPosterior(2))


PROTOCOL = SimpleNamespace(views=4)


def observed(left, seed, **more):
    """An observation of as many episodes as ``left`` has, with nothing in it but what is to be seen."""
    generator = np.random.default_rng(seed)
    return {
        "rgb": generator.integers(0, 256, (len(left), SIDE, SIDE, 3), np.uint8),
        "egomotion": generator.normal(size=(len(left), 6)).astype(np.float32),
        "proprioception": generator.normal(size=(len(left), 1)).astype(np.float32),
        "steps_left": np.array(left)[:, None], **more,
    }  # fmt: skip


def test_an_album_has_the_frames_of_the_episode_latest_first_and_how_each_was_come_by():
    album, shown = Album(PROTOCOL), [observed([3, 3], 0), observed([2, 2], 1), observed([1, 1], 2)]
    for number, observation in enumerate(shown):
        seen = album(observation)
        again = album(observation)
        for name, part in seen.items():
            np.testing.assert_array_equal(part, again[name])
        assert seen["frames"].shape == (2, 3, 3, SIDE, SIDE)
        for place in range(3):
            if place > number:
                assert not seen["frames"][:, place].any()
                assert not seen["notes"][:, place].any()
                continue
            past = shown[number - place]
            np.testing.assert_array_equal(seen["frames"][:, place], past["rgb"].transpose(0, 3, 1, 2))
            twist = past["egomotion"] if place < number else np.zeros((2, 6))
            expected = np.concatenate([np.ones((2, 1)), twist, past["proprioception"]], axis=1)
            np.testing.assert_allclose(seen["notes"][:, place], expected, rtol=1e-6)
        np.testing.assert_array_equal(seen["steps_left"], np.eye(4)[[3 - number] * 2])
    mixed = album(observed([0, 3], 3))  # the second begins anew, the first has had its last view
    assert not mixed["frames"][1, 1:].any()
    np.testing.assert_array_equal(mixed["frames"][0, 1], shown[2]["rgb"][0].transpose(2, 0, 1))
    assert album(observed([3], 4))["frames"].shape[0] == 1


def test_nothing_else_of_an_observation_is_seen_least_of_all_a_label():
    told = {"belief": np.ones((2, 5)), "evidence": np.ones((2, 5)), "feature": np.ones((2, 7)), "label": np.ones(2)}
    plain, more = Album(PROTOCOL)(observed([3, 3], 0)), Album(PROTOCOL)(observed([3, 3], 0, **told))
    assert set(plain) == set(more) == {"frames", "notes", "steps_left"}
    for name, part in plain.items():
        np.testing.assert_array_equal(part, more[name])
    space = rows(SeenCue(4, False), 0, Album(PROTOCOL)).observation_space
    assert {name: part.shape for name, part in space.spaces.items()} == {
        "frames": (3, 3, SIDE, SIDE), "notes": (3, 7), "steps_left": (4,),
    }  # fmt: skip
    assert space["frames"].dtype == np.uint8
