"""Claims of the pairs that probes are asked about: which there are, and that long episodes do not make too many."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from known_features import walked

from activevision.evaluation.probing.pairs import Pairs, Reach, beyond, within
from activevision.evaluation.probing.posed_features import PosedFeatures
from activevision.geometry import egomotion, rotation_angle


def views(scenes: int, frames: int) -> PosedFeatures:
    poses, episodes, names, labels = walked(0, scenes, frames)
    return PosedFeatures(np.zeros((len(poses), 0), np.float32), poses, episodes, names, labels)


def both(seen: PosedFeatures, reach: Reach, per_view: int) -> tuple[Pairs, Pairs]:
    generator = np.random.default_rng(0)
    return within(seen, reach, per_view, generator), beyond(seen, reach, per_view, generator)


@pytest.mark.parametrize("gap", [None, 1, 3, 8, 15, 40])
@pytest.mark.parametrize("frames", [2, 7, 16, 32])
def test_all_pairs_that_may_be_asked_about_are_found(gap: int | None, frames: int) -> None:
    seen, rotation = views(3, frames), np.radians(60)
    expected: list[set[tuple[int, int]]] = [set(), set()]
    for i in range(len(seen)):
        for j in range(len(seen)):
            if i == j or seen.episodes[i] != seen.episodes[j]:
                continue
            turned = rotation_angle(egomotion(seen.poses[i], seen.poses[j])) > rotation
            if not turned and (gap is None or abs(i - j) <= gap):
                expected[0].add((i, j))
            elif gap is None or abs(i - j) <= 2 * gap:
                expected[1].add((i, j))
    for found, known in zip(both(seen, Reach(gap, rotation), 1000), expected, strict=True):
        assert len(found) == len(known)
        assert set(zip(found.before.tolist(), found.after.tolist(), strict=True)) == known


@pytest.mark.parametrize("gap", [None, 8])
def test_long_episodes_do_not_fill_the_memory(gap: int | None) -> None:
    seen = views(3, 1000)
    tracemalloc.start()
    inside, outside = both(seen, Reach(gap, np.radians(90)), 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6  # of all pairs of an episode the motions alone take 128 MB
    assert len(inside) > 2000
    assert len(outside) > 2000


def test_pairs_of_long_episodes_are_drawn_evenly_and_once() -> None:
    seen = views(2, 600)
    reach = Reach(None, np.pi)
    inside, outside = both(seen, reach, 1000)
    assert len(outside) == 0
    assert np.array_equal(seen.episodes[inside.before], seen.episodes[inside.after])
    assert len(set(zip(inside.before.tolist(), inside.after.tolist(), strict=True))) == len(inside)
    assert np.abs(inside.after - inside.before).mean() == pytest.approx(601 / 3, rel=0.02)  # as of all pairs
    forwards = inside.after > inside.before
    assert forwards.mean() == pytest.approx(0.5, abs=0.01)
    again, _ = both(seen, reach, 1000)
    assert np.array_equal(inside.after, again.after)
