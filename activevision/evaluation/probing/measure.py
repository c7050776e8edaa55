"""All measures of one encoder's features, over several seeds of the probes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activevision.encoders.collapse import rank_me, spread
from activevision.encoders.motion_patterns import MotionPatterns
from activevision.evaluation.probing.equivariance_error import normalised_error
from activevision.evaluation.probing.linear_probe import linear_probe
from activevision.evaluation.probing.measures import MEASURES
from activevision.evaluation.probing.motion_maps import MotionFeatures, MotionMaps
from activevision.evaluation.probing.nearest_neighbours import nearest_neighbours
from activevision.evaluation.probing.pairs import Pairs, Reach, beyond, neighbours, within
from activevision.evaluation.probing.path_integration import composed, feature_drift, pose_drift, stretches
from activevision.evaluation.probing.pose_regression import PoseRegressor, both, components
from activevision.evaluation.probing.pose_retrieval import nearest_of_all, prediction_retrieval_error
from activevision.evaluation.probing.posed_features import PosedFeatures, Rows
from activevision.evaluation.probing.predictor import FeaturePredictor
from activevision.evaluation.probing.protocol import ProbeProtocol
from activevision.evaluation.probing.r_squared import unexplained
from activevision.evaluation.probing.retrieval import HITS, hits, rank, reciprocal_rank
from activevision.evaluation.probing.tally import Tally
from activevision.geometry import egomotion, log_se3

_PER_VIEW = 3  # pairs from every training view
_TESTED = 2  # and from every test view
_FEWEST = 50  # pairs that a figure is made from
_PATTERNS = 24
_LONGEST = 15  # steps of path integration


@dataclass(frozen=True, eq=False)
class Task:
    """What every encoder is asked: the same pairs of views, the same paths.

    train, test: views without regard to their features. fitted, asked, larger: pairs of training views, and of test
    views in and out of range. triples, paths: (P, 3) and (P, T + 1) rows of test views.
    """

    fitted: Pairs
    asked: Pairs
    larger: Pairs
    triples: Rows
    paths: Rows
    patterns: MotionPatterns
    shared_frame: bool

    @classmethod
    def of(cls, train: PosedFeatures, test: PosedFeatures, protocol: ProbeProtocol) -> Task:
        generator = np.random.default_rng(0)
        reach = Reach(protocol.gap, float(np.radians(protocol.range_deg)))
        between = neighbours(train)
        shortest = min(int(np.unique(views.episodes, return_counts=True)[1].min()) for views in (train, test))
        steps = max(1, min(_LONGEST, shortest - 1))
        return cls(
            within(train, reach, _PER_VIEW, generator).and_also(between),
            within(test, reach, _TESTED, generator),
            beyond(test, reach, _TESTED, generator),
            stretches(test.episodes, 2, 1),
            stretches(test.episodes, steps, steps),
            MotionPatterns.fit(log_se3(between.motions(train)), _PATTERNS, np.random.default_rng(0)),
            protocol.shared_frame,
        )


@dataclass(frozen=True, eq=False)
class Measured:
    """tallies: of each measure, one for every seed. retrieved: (P,) row of the test view that the first seed's
    predictor leads to, for every pair of ``Task.asked``, and ranks: (P,) rank of the true one.
    collapse: figures of the features themselves.
    """

    tallies: dict[str, list[Tally]]
    retrieved: Rows
    ranks: NDArray[np.float64]
    collapse: dict[str, float]


def measure(train: PosedFeatures, test: PosedFeatures, task: Task, seeds: int) -> Measured:
    """Fit the probes to training views and score them on test views, once for every seed.

    A seed decides initial weights, orders, and which training scenes choose what is chosen. Measures for which the data
    has nothing are left out: those of classes without labels, those of large motions without any.
    """
    collapse = {"rank_me": rank_me(test.features), "spread": spread(test.features)}
    train, test = train.centred(train), test.centred(train)
    found: dict[str, list[Tally]] = {name: [] for name in MEASURES}
    retrieved: Rows | None = None
    for seed in range(seeds):
        predictor = FeaturePredictor.fit(train, task.fitted, seed)
        predicted = predictor(test.features[task.asked.before], task.asked.motions(test))
        ranks = rank(predicted, task.asked.after, test)
        if retrieved is None:
            retrieved, shown = ranks.nearest, ranks.better + (ranks.equal + 1) / 2
        nearest = nearest_of_all(predicted, test) if task.shared_frame else ranks.nearest
        scenes = test.scenes[task.asked.after]
        tallies = {
            "mrr": reciprocal_rank(ranks, scenes),
            **{f"hits_at_{k}": hits(ranks, k, scenes) for k in HITS},
            "pre": prediction_retrieval_error(nearest, task.asked.after, test),
            "error_in_range": normalised_error(
                predicted, test.features[task.asked.before], test.features[task.asked.after], scenes
            ),
            **_large(predictor, test, task),
            **_classes(train, test, seed),
            **_poses(train, test, task, predictor, seed),
            **_maps(train, test, task, seed),
        }
        for name, tally in tallies.items():
            found[name].append(tally)
    assert retrieved is not None
    return Measured({name: of_seeds for name, of_seeds in found.items() if of_seeds}, retrieved, shown, collapse)


def _large(predictor: FeaturePredictor, test: PosedFeatures, task: Task) -> dict[str, Tally]:
    pairs = task.larger
    if len(pairs) < _FEWEST:
        return {}
    before, after = test.features[pairs.before], test.features[pairs.after]
    predicted = predictor(before, pairs.motions(test))
    return {"error_out_of_range": normalised_error(predicted, before, after, test.scenes[pairs.before])}


def _classes(train: PosedFeatures, test: PosedFeatures, seed: int) -> dict[str, Tally]:
    if min(train.labels.min(), test.labels.min()) < 0 or len(np.unique(train.labels)) < 2:
        return {}
    labels = {
        "linear_probe": linear_probe(train.features, train.labels, test.features, train.scenes, seed),
        "nearest_neighbours": nearest_neighbours(train.features, train.labels, test.features),
    }
    return {name: Tally.of(test.scenes, given == test.labels) for name, given in labels.items()}


def _poses(
    train: PosedFeatures, test: PosedFeatures, task: Task, predictor: FeaturePredictor, seed: int
) -> dict[str, Tally]:
    relative = PoseRegressor.fit(
        both(train, task.fitted), task.fitted.motions(train), train.scenes[task.fitted.before], seed
    )
    absolute = PoseRegressor.fit(train.features, train.poses, train.scenes, seed)
    given, true = relative.components(both(test, task.asked)), components(task.asked.motions(test))
    scenes = test.scenes[task.asked.before]
    rotation = unexplained(absolute.components(test.features)[:, :9], components(test.poses)[:, :9], test.scenes)

    features, poses, walked = test.features[task.paths], test.poses[task.paths], test.scenes[task.paths[:, 0]]
    motions = egomotion(poses[:, :-1], poses[:, 1:])
    steps = motions.shape[1]
    led = composed(features[:, 0], lambda z, t: predictor(z, motions[:, t]), steps)
    pairs = Pairs(task.paths[:, :-1].ravel(), task.paths[:, 1:].ravel())
    told = relative.transforms(both(test, pairs)).reshape(-1, steps, 4, 4)
    position, turn = pose_drift(told, poses, walked)
    return {
        "r2_relative_rotation": unexplained(given[:, :9], true[:, :9], scenes),
        "r2_relative_translation": unexplained(given[:, 9:], true[:, 9:], scenes),
        "r2_absolute_rotation": rotation,
        "path_features": feature_drift(led, features, walked),
        "path_position": position,
        "path_rotation": turn,
    }


def _maps(train: PosedFeatures, test: PosedFeatures, task: Task, seed: int) -> dict[str, Tally]:
    def patterns(rows: Rows, views: PosedFeatures) -> Rows:
        poses = views.poses[rows]
        return task.patterns.assign(log_se3(egomotion(poses[:, :-1], poses[:, 1:])))

    between = neighbours(train)
    rows = np.stack([between.before, between.after], axis=1)
    known = MotionFeatures(train.features[rows], patterns(rows, train), train.scenes[between.before])
    maps, blind = MotionMaps.fit(known, len(task.patterns), seed)
    between = neighbours(test)
    before, after = test.features[between.before], test.features[between.after]
    once = patterns(np.stack([between.before, between.after], axis=1), test)[:, 0]
    kinds = patterns(task.paths, test)
    features, walked = test.features[task.paths], test.scenes[task.paths[:, 0]]
    led = composed(features[:, 0], lambda z, t: maps.after(z, kinds[:, t]), kinds.shape[1])
    found = {
        "error_atomic": normalised_error(maps.after(before, once), before, after, test.scenes[between.before]),
        "path_features_maps": feature_drift(led, features, walked),
    }
    if len(task.triples):
        twice, start = patterns(task.triples, test), test.features[task.triples[:, 0]]
        scenes, end = test.scenes[task.triples[:, 0]], test.features[task.triples[:, 2]]
        for name, of in (("error_composite", maps), ("error_blind", blind)):
            led = of.after(of.after(start, twice[:, 0]), twice[:, 1])
            found[name] = normalised_error(led, start, end, scenes)
    return found
