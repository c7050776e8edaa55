from dataclasses import replace

import numpy as np
import pytest

from activevision.agents.policies.baselines import Farthest, Random, Single, Sweep
from activevision.errors import UserError
from activevision.protocol import LOOK_AHEAD, LOOK_AROUND, PROTOCOLS


def walk(policy, protocol, start, views=None):
    """Viewpoints (N, T, 2) of a policy that is told what the protocol allows."""
    viewpoint = np.asarray(start)
    path = [viewpoint]
    for left in range((views or protocol.views) - 1, 0, -1):
        observation = {
            "steps_left": np.full((len(viewpoint), 1), left),
            "proprioception": protocol.elevations[viewpoint[:, :1]].astype(np.float32),
        }
        viewpoint = protocol.move(viewpoint, policy.act(observation, None))
        path.append(viewpoint)
    return np.stack(path, axis=1)


def grid_starts(protocol):
    return np.stack(np.meshgrid(*map(np.arange, protocol.grid_shape), indexing="ij"), -1).reshape(-1, 2)


def directions(protocol, viewpoints):
    return protocol.poses[viewpoints[..., 0], viewpoints[..., 1]][..., :3, 2]


def test_single_stays():
    path = walk(Single(LOOK_AROUND), LOOK_AROUND, grid_starts(LOOK_AROUND))
    assert (path == path[:, :1]).all()


def test_random_draws_every_motion_alike_and_the_same_for_a_seed():
    observation = {"steps_left": np.ones((50_000, 1))}
    motions = Random(LOOK_AROUND, 4).act(observation, None)
    np.testing.assert_array_equal(motions, Random(LOOK_AROUND, 4).act(observation, None))
    counts = np.bincount(motions, minlength=25)
    assert ((counts - 2000) ** 2 / 2000).sum() < 60  # chi-squared, 24 degrees of freedom


def test_sweep_goes_round_on_its_row():
    path = walk(Sweep(LOOK_AROUND), LOOK_AROUND, grid_starts(LOOK_AROUND))
    assert (path[..., 0] == path[:, :1, 0]).all()
    np.testing.assert_array_equal((path[:, 1:, 1] - path[:, :-1, 1]) % 12, 2)


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_farthest_takes_the_reachable_view_farthest_from_all_so_far(protocol):
    """Against the definition written out one episode at a time."""
    path = walk(Farthest(protocol, 0), protocol, grid_starts(protocol))
    motions = np.arange(len(protocol.motions))
    for episode in path[::7]:
        for t in range(1, protocol.views):
            reachable = protocol.move(np.repeat(episode[t - 1][None], len(motions), 0), motions)
            cosine = directions(protocol, reachable) @ directions(protocol, episode[:t]).T
            best = cosine.max(axis=1).min()
            chosen = (directions(protocol, episode[t]) @ directions(protocol, episode[:t]).T).max()
            assert chosen <= best + 1e-6


def test_farthest_forgets_at_the_start_of_an_episode():
    policy = Farthest(LOOK_AROUND, 0)
    starts = np.array([[3, 0]] * 200)
    first = walk(policy, LOOK_AROUND, starts)
    again = walk(policy, LOOK_AROUND, starts)
    moved = [{tuple(step) for step in np.abs(path[:, 1] - path[:, 0])} for path in (first, again)]
    assert moved[0] == moved[1]


def test_farthest_needs_to_know_its_elevation():
    with pytest.raises(UserError, match="elevation"):
        Farthest(replace(LOOK_AHEAD, proprioception=()), 0)
