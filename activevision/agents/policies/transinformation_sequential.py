"""To the viewpoint anywhere on the grid that tells most about the class, after all that was seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activevision.agents.observation_model import ObservationModel
from activevision.agents.policies.going import Going, ranked
from activevision.agents.policies.information import mutual_information, predicted
from activevision.agents.policies.model_policy import ModelPolicy
from activevision.agents.policies.viewpoint_memory import chance_of_new
from activevision.protocol import Protocol


class TransinformationSequential(ModelPolicy):
    """Both ideas in one, after the row of that name in the tables of Jayaraman & Grauman, *Look-ahead before you leap*
    (ECCV 2016); this definition is our own and need not be what they ran.

    As with ``transinformation``, every viewpoint of the grid is a goal, and the policy goes a shortest way to the best
    one in reach that the episode has not had. As with ``sequential``, how good a viewpoint is, is the mutual
    information between the class and what would be observed there given all views so far, I(C; O | v) under the belief
    p(c, v) of its Bayes filter, found anew at every view.
    """

    name = "transinformation_sequential"

    def __init__(self, model: ObservationModel, protocol: Protocol):
        super().__init__(model, protocol)
        self._going = Going(protocol)

    def _choose(
        self, joint: NDArray[np.float32], seen: NDArray[np.bool_], left: NDArray[np.integer]
    ) -> NDArray[np.int64]:
        row = joint.sum(axis=(1, 3)).argmax(axis=1)
        of_column = joint.sum(axis=2)  # a goal's row is told as it is, its column from the present one
        value = np.zeros((len(joint), *self._protocol.grid_shape), np.float32)
        for goal_row, reached in enumerate(np.any(self._going.within(row, left), axis=0)):
            columns = np.flatnonzero(reached)
            told = predicted(of_column, self._table, np.full_like(columns, goal_row), columns)
            value[:, goal_row, columns] = mutual_information(told)
        new = chance_of_new(joint, seen)
        return self._going.towards_best(ranked(value * new, new), row, left)
