"""The figures of several encoders beside each other: intervals over scenes and seeds, and which are the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.intervals import Bootstrap, Cells
from activevision.evaluation.probing.equivariance_error import DRAWN_ANEW, NO_CHANGE
from activevision.evaluation.probing.measure import Measured, Task
from activevision.evaluation.probing.measures import MEASURES, Measure
from activevision.evaluation.probing.path_integration import pose_drift
from activevision.evaluation.probing.pose_retrieval import prediction_retrieval_error
from activevision.evaluation.probing.posed_features import PosedFeatures
from activevision.evaluation.probing.retrieval import HITS, Ranks, hits, reciprocal_rank
from activevision.evaluation.probing.tally import Tally, quotient

BOOTSTRAP = Bootstrap(resamples=2_000)
_ERRORS = tuple(key for key in MEASURES if key.startswith("error_"))


def tabulate(
    measured: Mapping[str, Measured], advance: Callable[[int], None] = lambda measures: None
) -> dict[str, dict[str, Any]]:
    """For every encoder and measure: value, ends of the 95 % interval ``ci95``, ``per_seed``, ``best``, and ``steps``
    (values and intervals after 1 … T steps) where there is one for each.

    All encoders were asked the same of the same scenes, so they are compared on the same resamples: ``best`` is whether
    no other encoder is better with an interval of the difference that stays off zero.
    """
    table: dict[str, dict[str, Any]] = {name: {} for name in measured}
    for key, measure in MEASURES.items():
        having = [name for name in measured if key in measured[name].tallies]
        samples = {name: _samples(measure, measured[name].tallies[key]) for name in having}
        for name in having:
            table[name][key] = _entry(measure, measured[name].tallies[key], samples[name])
        for name in having:
            worse = [_clearly_better(measure, samples[other], samples[name]) for other in having if other != name]
            table[name][key]["best"] = bool(worse) and not any(worse)
        advance(1)
    return table


def chance(test: PosedFeatures, task: Task) -> dict[str, float]:
    """The figures of features that say nothing: drawn anew in every view, or along paths, standing still."""
    labels = test.labels[test.labels >= 0]
    _, index, counts = np.unique(test.scenes, return_inverse=True, return_counts=True)
    candidates = counts[index[task.asked.after]]
    scenes = test.scenes[task.asked.after]
    blind = Ranks(np.zeros_like(candidates), candidates, candidates, candidates)
    generator = np.random.default_rng(0)
    if task.shared_frame:
        drawn = generator.integers(len(test), size=len(candidates))
    else:
        order = np.argsort(index, kind="stable")  # views by scenes, which need not be in a row
        first = np.searchsorted(index[order], index[task.asked.after])
        drawn = order[first + generator.integers(candidates)]
    found = {
        "r2_relative_rotation": 0.0,
        "r2_relative_translation": 0.0,
        "r2_absolute_rotation": 0.0,
        "mrr": float(reciprocal_rank(blind, scenes).value),
        **{f"hits_at_{k}": float(hits(blind, k, scenes).value) for k in HITS},
        "pre": float(prediction_retrieval_error(drawn, task.asked.after, test).value),
        **{
            key: float(steps[-1])
            for key, steps in standing_still(test, task).items()
            if key in MEASURES and MEASURES[key].of_steps
        },
        **dict.fromkeys(_ERRORS, DRAWN_ANEW),
    }
    if len(labels) == len(test):
        most = float(np.bincount(labels).max() / len(labels))
        found |= {"linear_probe": most, "nearest_neighbours": most}
    return found


def standing_still(test: PosedFeatures, task: Task) -> dict[str, list[float]]:
    """Errors along paths, after 1 … T steps, of taking the camera and the features to stay as they are; the normalised
    errors of motions, each alone in a list; and under "start" the PRE of taking the view that a motion starts from for
    the one that it leads to."""
    poses = test.poses[task.paths]
    still = np.broadcast_to(np.eye(4), (*poses[:, 1:].shape[:2], 4, 4))
    position, turn = pose_drift(still, poses, test.scenes[task.paths[:, 0]])
    return {
        "path_features": [NO_CHANGE] * still.shape[1],
        "path_features_maps": [NO_CHANGE] * still.shape[1],
        "path_position": position.value.tolist(),
        "path_rotation": turn.value.tolist(),
        **{key: [NO_CHANGE] for key in _ERRORS},
        "start": [float(prediction_retrieval_error(task.asked.before, task.asked.after, test).value)],
    }


def _entry(measure: Measure, tallies: Sequence[Tally], samples: NDArray[np.float64]) -> dict[str, Any]:
    per_seed = np.stack([_figure(measure, tally.value) for tally in tallies])
    value = per_seed.mean(0)
    interval = BOOTSTRAP.percentile(value, samples)
    entry: dict[str, Any] = {}
    if measure.of_steps:
        ends = np.stack([interval.low, interval.high], axis=1).tolist()
        entry["steps"] = {"value": value.tolist(), "ci95": ends}
        per_seed, value = per_seed[:, -1], value[-1]
        interval = BOOTSTRAP.percentile(value, samples[:, -1])
    ci95 = [float(interval.low), float(interval.high)]
    return {"value": float(value), "ci95": ci95, "per_seed": per_seed.tolist(), **entry}


def _samples(measure: Measure, tallies: Sequence[Tally]) -> NDArray[np.float64]:
    """(R, ...) the figure on resamples of scenes and seeds."""
    sums = np.stack([np.stack([tally.above, tally.below], axis=1) for tally in tallies])
    drawn = BOOTSTRAP.samples(Cells(np.arange(len(tallies)), tallies[0].scenes, sums))
    return _figure(measure, quotient(drawn[:, 0], drawn[:, 1]))


def _figure(measure: Measure, value: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 - value if measure.complement else value


def _clearly_better(measure: Measure, a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether the interval of how much better a is than b stays above zero."""
    gain = (a - b) if measure.higher else (b - a)
    last = gain[:, -1] if measure.of_steps else gain
    return bool(BOOTSTRAP.percentile(0.0, last).low > 0)
