"""Peek saliency goes where a search by hand over the views in reach goes, episode after episode."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from activevision.agents.policies.peek_saliency import PeekSaliency
from activevision.agents.saliency import most_salient
from activevision.protocol import LOOK_AROUND

GRID = replace(LOOK_AROUND, elevations_deg=(-30.0, 0.0, 30.0), azimuths=6, neighbourhood=(3, 3), views=4)


def played(policy, env, scene, start):
    """Viewpoints (N, T, 2) of episodes of scenes (N,) from starts (N, 2)."""
    viewpoint, way = start, [start]
    for left in range(GRID.views - 1, 0, -1):
        env.info = {"scene": scene, "viewpoint": viewpoint}
        viewpoint = GRID.move(viewpoint, policy.act({"steps_left": np.full((len(scene), 1), left)}, None))
        way.append(viewpoint)
    return np.stack(way, axis=1)


def test_it_goes_to_the_most_salient_view_in_reach_that_it_has_not_had_in_this_episode():
    generator = np.random.default_rng(0)
    values = generator.permuted(np.tile(np.arange(18.0), (5, 1)), axis=1)
    env = SimpleNamespace(info={})
    policy = PeekSaliency(env, values, GRID)
    for scene in (np.arange(5), np.arange(5)[::-1], np.arange(3)):  # the same policy, in episodes of other scenes
        start = np.stack([generator.integers(3, size=len(scene)), generator.integers(6, size=len(scene))], axis=1)
        for number, way in enumerate(played(policy, env, scene, start).tolist()):
            for step in range(1, len(way)):
                reach = {tuple(GRID.move(way[step - 1], motion).tolist()) for motion in range(9)}
                new = reach - {tuple(place) for place in way[:step]}
                best = max(new, key=lambda place: values[scene[number], 6 * place[0] + place[1]])
                assert tuple(way[step]) == best


def test_where_all_views_in_reach_were_seen_it_goes_to_the_most_salient_of_them():
    values = np.array([[1.0, 3.0, 2.0], [1.0, 3.0, 2.0]])
    seen = np.array([[True, True, True], [False, True, False]])
    assert most_salient(values, seen).tolist() == [1, 2]
