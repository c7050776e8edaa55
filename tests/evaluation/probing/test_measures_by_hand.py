"""Claims of the single measures, on numbers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from known_features import anew, equivariant, invariant, walked
from scipy.spatial.transform import Rotation

from activevision.evaluation.probing.equivariance_error import normalised_error
from activevision.evaluation.probing.pairs import Reach, beyond, neighbours, within
from activevision.evaluation.probing.path_integration import composed, feature_drift, pose_drift, stretches
from activevision.evaluation.probing.pose_retrieval import nearest_of_all, prediction_retrieval_error
from activevision.evaluation.probing.posed_features import PosedFeatures
from activevision.evaluation.probing.r_squared import unexplained
from activevision.evaluation.probing.retrieval import Ranks, hits, rank, reciprocal_rank
from activevision.evaluation.probing.tally import Tally
from activevision.geometry import egomotion, rotation_angle

ONE = np.array(["a"])


def test_a_tally_is_the_quotient_of_sums_and_not_the_mean_of_quotients() -> None:
    tally = Tally.of(np.array(["b", "a", "b"]), [1.0, 2.0, 3.0], [2.0, 4.0, 2.0])
    assert tally.scenes.tolist() == ["a", "b"]
    assert tally.above.tolist() == [2.0, 4.0]
    assert tally.value == pytest.approx(6 / 8)
    assert Tally.of(ONE, [0.0], [0.0]).value == 1


def test_r_squared_is_one_for_the_truth_zero_for_the_mean_and_below_for_worse() -> None:
    target = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 10.0]])
    scenes = np.array(["a", "a", "b"])
    assert unexplained(target, target, scenes).value == 0
    assert unexplained(np.tile(target.mean(0), (3, 1)), target, scenes).value == pytest.approx(1)
    assert unexplained(target[::-1], target, scenes).value == pytest.approx(4)  # Σ 16 + 16 over Σ 4 + 4


def test_ranks_by_hand() -> None:
    features = np.array([[1, 0], [0.8, 0.6], [0, 1], [1, 0]], np.float32)  # the last is of another scene
    scenes = np.array(["a", "a", "a", "b"])
    views = PosedFeatures(features, np.tile(np.eye(4), (4, 1, 1)), np.array([0, 0, 0, 1]), scenes, np.zeros(4, int))
    ranks = rank(np.array([[0.0, 2.0], [0.0, 2.0]], np.float32), np.array([2, 0]), views)
    assert ranks.better.tolist() == [0, 2]
    assert ranks.equal.tolist() == [1, 1]
    assert ranks.candidates.tolist() == [3, 3]
    assert ranks.nearest.tolist() == [2, 2]
    assert reciprocal_rank(ranks, scenes[:2]).value == pytest.approx((1 + 1 / 3) / 2)
    assert [float(hits(ranks, k, scenes[:2]).value) for k in (1, 2, 5)] == [0.5, 0.5, 1.0]


def test_equal_candidates_share_their_ranks() -> None:
    """Three of four candidates are equal behind one that is better: the rank is 2, 3 or 4."""
    ranks = Ranks(*(np.array([n]) for n in (1, 3, 4, 0)))
    assert reciprocal_rank(ranks, ONE).value == pytest.approx((1 / 2 + 1 / 3 + 1 / 4) / 3)
    assert [float(hits(ranks, k, ONE).value) for k in (1, 2, 3, 4)] == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_the_retrieval_error_is_of_quaternions_whatever_their_sign() -> None:
    """Against ⟨q̂, q⟩ written out, and 3/4 for rotations drawn evenly."""
    generator = np.random.default_rng(0)
    rotations = Rotation.random(4000, rng=generator)
    poses = np.tile(np.eye(4), (4000, 1, 1))
    poses[:, :3, :3] = rotations.as_matrix()
    names = np.arange(4000).astype(str)
    views = PosedFeatures(np.zeros((4000, 2), np.float32), poses, np.arange(4000), names, np.zeros(4000, int))
    retrieved, true = generator.integers(4000, size=(2, 3000))
    q = rotations.as_quat()
    error = prediction_retrieval_error(retrieved, true, views).value
    assert error == pytest.approx(np.mean(1 - (q[retrieved] * q[true]).sum(1) ** 2))
    assert error == pytest.approx(0.75, abs=0.02)
    assert prediction_retrieval_error(true, true, views).value == pytest.approx(0, abs=1e-12)


def test_the_nearest_view_is_sought_by_cosine() -> None:
    views = anew(0, 300)
    rows = np.arange(0, len(views), 3)
    assert nearest_of_all(7 * views.features[rows], views).tolist() == rows.tolist()


def test_the_normalised_error_by_hand() -> None:
    before, after = np.zeros((2, 2)), np.array([[3.0, 4.0], [0.0, 5.0]])
    scenes = np.array(["a", "b"])
    assert normalised_error(after, before, after, scenes).value == 0
    assert normalised_error(before, before, after, scenes).value == 1
    assert normalised_error(-after, before, after, scenes).value == 2
    assert normalised_error(before, before, before, scenes).value == 1


def test_pairs_are_of_one_episode_and_within_reach_or_beyond_it() -> None:
    views, reach = anew(0, 30, 12), Reach(4, 0.9)
    near, far = (pick(views, reach, 3, np.random.default_rng(0)) for pick in (within, beyond))
    for pairs in (near, far):
        assert (views.episodes[pairs.before] == views.episodes[pairs.after]).all()
        assert (pairs.before != pairs.after).all()
        assert np.bincount(pairs.before).max() <= 3
        assert len(np.unique(pairs.before * 10_000 + pairs.after)) == len(pairs)
        assert {1, -1} <= set(np.sign(pairs.after - pairs.before))
    gap, turn = np.abs(near.after - near.before), rotation_angle(near.motions(views))
    assert gap.max() == 4
    assert 0.8 < turn.max() <= 0.9
    gap, turn = np.abs(far.after - far.before), rotation_angle(far.motions(views))
    assert ((gap > 4) | (turn > 0.9)).all()
    assert gap.max() == 8
    assert len(neighbours(views)) == 30 * 11


def test_stretches_keep_to_their_episode() -> None:
    episodes = np.repeat([0, 1, 2], [5, 3, 2])
    assert stretches(episodes, 2, 2).tolist() == [[0, 1, 2], [2, 3, 4], [5, 6, 7]]
    assert stretches(episodes, 2, 1).tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4], [5, 6, 7]]


def test_features_that_are_led_by_the_true_map_do_not_drift_and_those_left_alone_are_off_by_all() -> None:
    generator = np.random.default_rng(0)
    turns = Rotation.random(6, rng=generator).as_matrix().astype(np.float32)
    true = [generator.normal(size=(50, 3)).astype(np.float32)]
    for turn in turns:
        true.append(true[-1] @ turn.T)
    stacked, scenes = np.stack(true, 1), np.arange(50).astype(str)
    led = composed(stacked[:, 0], lambda z, t: z @ turns[t].T, 6)
    assert np.abs(feature_drift(led, stacked, scenes).value).max() < 1e-5
    still = composed(stacked[:, 0], lambda z, t: z, 6)
    assert feature_drift(still, stacked, scenes).value == pytest.approx(np.ones(6))


def test_integrated_poses_are_exact_for_true_motions_and_off_by_the_whole_way_for_none() -> None:
    poses = walked(0, 20, 8)[0].reshape(20, 8, 4, 4)
    scenes = np.arange(20).astype(str)
    motions = egomotion(poses[:, :-1], poses[:, 1:])
    position, turn = pose_drift(motions, poses, scenes)
    assert position.value.max() < 1e-9
    assert turn.value.max() < 1e-6
    position, turn = pose_drift(np.broadcast_to(np.eye(4), motions.shape), poses, scenes)
    assert position.value[0] == pytest.approx(1)
    assert turn.value[0] == pytest.approx(1)
    assert (np.diff(position.value) < 0.05).all()  # a wandering path ends nearer than it is long


def test_a_scale_error_of_motions_is_the_drift_of_a_straight_path() -> None:
    poses = np.tile(np.eye(4), (3, 6, 1, 1))
    poses[:, :, 2, 3] = -np.arange(6)
    motions = egomotion(poses[:, :-1], poses[:, 1:])
    motions[..., 2, 3] *= 0.9
    position, _ = pose_drift(motions, poses, np.arange(3).astype(str))
    assert position.value == pytest.approx(np.full(5, 0.1))


def test_centring_is_by_the_training_views_and_leaves_constant_features_alone() -> None:
    train, test = equivariant(0, 20), equivariant(1, 5)
    moved = PosedFeatures(100 * test.features + 7, test.poses, test.episodes, test.scenes, test.labels)
    by = PosedFeatures(100 * train.features + 7, train.poses, train.episodes, train.scenes, train.labels)
    assert np.abs(moved.centred(by).features - test.centred(train).features).max() < 1e-4
    flat = invariant(0, 3)
    flat = PosedFeatures(np.full_like(flat.features, 5), flat.poses, flat.episodes, flat.scenes, flat.labels)
    assert np.abs(flat.centred(flat).features).max() < 1e-5
