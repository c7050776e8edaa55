"""Raw scores of an evaluation: how often every agent was right about every scene, which all its figures come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.roster import Roster
from activevision.files import atomic_write


def write_raw_scores(logs: Sequence[TrajectoryLog], groups: Mapping[str, str], path: Path) -> None:
    """Write an ``.npz`` file from which accuracies, intervals and tests can be made again without the logs.

    agent: (L,) "policy/fusion/recogniser". seed: (S,). scene: (K,) ids. label: (K,) classes. group: (K,), those that
    are variants of one another have the same. starts: (S, K) episodes from each scene. correct: (L, S, K, T) of these
    those whose answer was right after each view.

    groups: of scenes that are variants of one another, by scene; others stand alone.
    """
    roster = Roster.of(logs)
    found, first = roster.panel.accuracy(), roster.panel.logs[0]  # mean: (S, K, L, T)
    cell = [np.searchsorted(of, values) for of, values in ((found.seeds, first.seed), (found.objects, first.scene))]
    starts = np.zeros(found.mean.shape[:2], np.uint16)
    np.add.at(starts, tuple(cell), 1)
    labels = dict(zip(first.scene.tolist(), np.array(first.classes)[first.label].tolist(), strict=True))
    correct = np.rint(found.mean * starts[..., None, None]).astype(np.uint16)
    with atomic_write(path) as file:
        np.savez_compressed(
            file,
            agent=[str(key) for key in roster.keys],
            seed=found.seeds,
            scene=found.objects,
            label=[labels[scene] for scene in found.objects.tolist()],
            group=[groups.get(scene) or scene for scene in found.objects.tolist()],
            starts=starts,
            correct=correct.transpose(2, 0, 1, 3),
        )
