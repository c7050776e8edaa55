"""The motion whose view is expected to tell most about the class, after all that was seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activevision.agents.policies.going import DECIMALS
from activevision.agents.policies.information import mutual_information, predicted
from activevision.agents.policies.model_policy import ModelPolicy


class Sequential(ModelPolicy):
    """Denzler & Brown, *Information theoretic sensor data selection for active object recognition and state
    estimation* (PAMI 2002).

    Of all motions m, the one with the greatest I(C; O | m) = Σ_c,o p(c, o | m) log p(c, o | m) / (p(c) p(o | m)),
    with p(c, o | m) = Σ_v p(c, v) p(o | c, v moved by m) and p(c, v) what its Bayes filter holds after the views so
    far: the expected fall in the entropy of the class. The posterior of one decision is the prior of the next; that
    makes the decisions sequential. Only the next view is looked ahead to. A viewpoint that the episode has had tells
    nothing again: where a motion may lead to one, what it tells counts for as much as it is likely to lead elsewhere.
    """

    name = "sequential"

    def _choose(
        self, joint: NDArray[np.float32], seen: NDArray[np.bool_], left: NDArray[np.integer]
    ) -> NDArray[np.int64]:
        protocol = self._protocol
        motions, (classes, *_, words) = np.arange(len(protocol.motions)), self._table.shape
        told = np.zeros((classes, len(joint), len(motions), words), np.float32)
        for row in np.flatnonzero(joint.any(axis=(0, 1, 3))).tolist():
            held = np.flatnonzero(joint[:, :, row].any(axis=(1, 2)))  # episodes that may be in this row
            target = protocol.move((row, 0), motions)
            new = ~seen[held[:, None], row, target[:, 0], target[:, 1]]
            told[:, held] += new[:, :, None] * predicted(joint[held, :, row], self._table, *target.T)
        return np.round(mutual_information(told), DECIMALS).argmax(axis=1)
