"""The best motions that do not look."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.agents.config import AgentConfig
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.lessons import GridLessons
from activevision.errors import UserError
from activevision.files import read_object, write_json
from activevision.progress import progress
from activevision.protocol import Protocol

_STARTS = 1024
_BEAM = 40


class BestFixed:
    """The same motions in every episode: those that serve validation scenes best.

    Found by a beam search over sequences of motions, each tried from the same 1,024 random starts: after every motion
    the 40 sequences go on whose log-probability of the true class, summed over the views so far, is greatest on
    average. What it gains is what a well-chosen habit gains; what a policy gains beyond it comes from looking.
    """

    name, suffix = "best_fixed", ".json"

    def __init__(self, protocol: Protocol, motions: tuple[int, ...]):
        self._protocol, self.motions = protocol, motions

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        taken = self._protocol.views - 1 - observation["steps_left"][:, 0]
        return np.asarray(self.motions, np.int64)[np.clip(taken, 0, len(self.motions) - 1)]

    @classmethod
    def fit(cls, lessons: GridLessons, fusion: Fusion, config: AgentConfig, seed: int) -> BestFixed:
        generator, protocol = np.random.default_rng([seed, 17]), lessons.protocol
        return cls(protocol, best_motions(lessons.val, fusion, protocol, _STARTS, generator))

    def save(self, path: Path) -> None:
        write_json(path, {"motions": list(self.motions)})

    @classmethod
    def load(cls, path: Path, protocol: Protocol, fusion: Fusion) -> BestFixed:
        if not path.exists():
            raise UserError(f"no policy {path}: give a folder that `activevision train` wrote.")
        motions = read_object(path).get("motions", ())
        if len(motions) != protocol.views - 1 or not all(0 <= motion < len(protocol.motions) for motion in motions):
            raise UserError(f"policy {path} does not fit protocol {protocol.name!r}: delete it and train again.")
        return cls(protocol, tuple(motions))


def best_motions(
    table: EvidenceTable, fusion: Fusion, protocol: Protocol, starts: int, generator: np.random.Generator
) -> tuple[int, ...]:
    """The T − 1 motions after which the true classes of a table's scenes are likeliest, over so many random starts."""
    scene = generator.integers(len(table.label), size=starts)
    start = generator.integers(protocol.grid_shape, size=(starts, 2))
    first = fusion.update(fusion.init(starts), table.at(scene, start), np.zeros((starts, 6), np.float32))
    beam: list[tuple[float, tuple[int, ...], NDArray[np.int64], Belief]] = [(0.0, (), start, first)]
    with progress("Searching the best fixed motions", protocol.views - 1, "motions") as advance:
        for _ in range(protocol.views - 1):
            grown = []
            for score, motions, viewpoint, belief in beam:
                for motion in range(len(protocol.motions)):
                    target = protocol.move(viewpoint, np.full(starts, motion))
                    twist = protocol.twists[protocol.motion_index(viewpoint, target)]
                    after = fusion.update(belief, table.at(scene, target), twist)
                    truth = float(after.log_probs[np.arange(starts), table.label[scene]].mean())
                    grown.append((score + truth, (*motions, motion), target, after))
            beam = sorted(grown, key=lambda one: one[:2], reverse=True)[:_BEAM]
            advance(1)
    return beam[0][1]
