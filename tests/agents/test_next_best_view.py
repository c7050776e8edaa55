"""The policy in a world where only the front tells the class: it goes there, and further ahead if it plans further."""

from dataclasses import replace

import numpy as np
import pytest
from front_world import RING, STEPS, fitted, front_table, fronts, observed, walked

from activevision.agents.config import TRAINED, NextBestViewConfig
from activevision.agents.fusion import MeanPosterior, ProductOfExperts
from activevision.agents.named import named_class
from activevision.agents.policies.next_best_view import NextBestView
from activevision.errors import UserError

EPISODES = 60


def starts(protocol, off):
    """Scenes (N,) that the policy has not learnt from, and viewpoints (N, 2) so many columns off their fronts."""
    scene = np.arange(EPISODES)
    column = (fronts(protocol, EPISODES, 12) + off) % protocol.azimuths
    return scene, np.stack([scene % protocol.grid_shape[0], column], axis=1)


def first_motions(policy, protocol, off, told=4.0):
    """(N, 2) the rows and columns that the first motion of each episode goes on."""
    table = front_table(protocol, EPISODES, 12, told=told)
    scene, viewpoint = starts(protocol, off)
    fusion = ProductOfExperts(2)
    belief = fusion.update(fusion.init(EPISODES), table.at(scene, viewpoint), np.zeros((EPISODES, 6), np.float32))
    motion = policy.act(observed(protocol, table, scene, viewpoint, protocol.views - 1), belief)
    return protocol.move(viewpoint, motion)[:, 0] - viewpoint[:, 0], protocol.motions[motion, 1]


@pytest.mark.parametrize("off", [-2, -1, 1, 2])
def test_it_goes_to_the_view_that_tells(off):
    np.testing.assert_array_equal(first_motions(fitted(RING, depth=1), RING, off)[1], -off)


@pytest.mark.parametrize("off", [-2, 2])
def test_two_motions_ahead_it_goes_towards_what_lies_two_away(off):
    """A motion reaches no farther than the next column."""
    np.testing.assert_array_equal(first_motions(fitted(STEPS, depth=2), STEPS, off)[1], -np.sign(off))


def test_it_does_not_ask_again_what_it_was_told():
    """From the front, which tells a little, to the front of the other row, which may tell more; never to stay."""
    rows, columns = first_motions(fitted(RING, told=1.0, depth=1), RING, 0, told=1.0)
    assert (np.abs(rows) == 1).all()
    assert not columns.any()


def test_same_seed_same_motions_and_episodes_do_not_depend_on_one_another():
    table = front_table(RING, EPISODES, 12, noise=1.0)
    scene, start = starts(RING, 3)
    fusion = ProductOfExperts(2)
    policy = fitted(RING, noise=1.0)
    path = walked(policy, RING, table, scene, start, fusion)
    np.testing.assert_array_equal(path, walked(fitted(RING, noise=1.0), RING, table, scene, start, fusion))
    np.testing.assert_array_equal(path, walked(policy, RING, table, scene, start, fusion))  # what was, is forgotten
    few = slice(7, 30)
    np.testing.assert_array_equal(path[few], walked(policy, RING, table, scene[few], start[few], fusion))


def test_what_is_saved_is_what_is_loaded(tmp_path):
    table = front_table(RING, EPISODES, 12, noise=1.0)
    scene, start = starts(RING, 3)
    policy, fusion, path = fitted(RING, noise=1.0, depth=1, samples=16), ProductOfExperts(2), tmp_path / "policy.npz"
    policy.save(path)
    loaded = NextBestView.load(path, RING, fusion)
    walks = [walked(one, RING, table, scene, start, fusion) for one in (policy, loaded)]
    np.testing.assert_array_equal(*walks)
    other = MeanPosterior(2)  # it plans with the fusion that it is given
    walked(NextBestView.load(path, RING, other), RING, table, scene, start, other)
    assert named_class("policy", "next_best_view", TRAINED) is NextBestView


def test_bad_files_and_protocols_are_one_line(tmp_path):
    path, fusion = tmp_path / "policy.npz", ProductOfExperts(2)
    with pytest.raises(UserError, match="no policy"):
        NextBestView.load(path, RING, fusion)
    fitted(RING, samples=4).save(path)
    with pytest.raises(UserError, match="another view grid than that of protocol 'wider'"):
        NextBestView.load(path, replace(RING, name="wider", azimuths=9), fusion)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(UserError, match="damaged"):
        NextBestView.load(path, RING, fusion)
    with pytest.raises(UserError, match="needs the camera's elevation"):
        fitted(replace(RING, proprioception=()), samples=4)
    with pytest.raises(UserError, match="depth=0: it must be positive"):
        NextBestViewConfig(depth=0)
