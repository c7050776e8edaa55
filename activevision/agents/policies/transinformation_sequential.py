"""To the viewpoint anywhere on the grid that tells most about the class, after all that was seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activevision.agents.observation_model import ObservationModel
from activevision.agents.policies.going import Going
from activevision.agents.policies.information import mutual_information, predicted
from activevision.agents.policies.model_policy import ModelPolicy
from activevision.agents.policies.viewpoint_memory import chance_of_new
from activevision.protocol import Protocol


class TransinformationSequential(ModelPolicy):
    """Both ideas in one, as in the tables of Jayaraman & Grauman, *Look-ahead before you leap* (ECCV 2016).

    That paper says no more than that views are aggregated by Bayes' rule as in Denzler & Brown and chosen by
    transinformation as in Schiele & Crowley. Here it means: as with ``transinformation``, every viewpoint of the grid
    is a goal, and the policy goes a shortest way to the best one in reach that the episode has not had; as with
    ``sequential``, how good a viewpoint is, is the mutual information between the class and what would be observed
    there given all views so far, I(C; O | v) under the belief p(c, v) of its Bayes filter, found anew at every view.
    """

    name = "transinformation_sequential"

    def __init__(self, model: ObservationModel, protocol: Protocol):
        super().__init__(model, protocol)
        self._going = Going(protocol)

    def _choose(
        self, joint: NDArray[np.float32], seen: NDArray[np.bool_], left: NDArray[np.integer]
    ) -> NDArray[np.int64]:
        rows, columns = self._protocol.grid_shape
        of_column = joint.sum(axis=2)  # a goal's row is told as it is, its column from the present one
        value = np.stack(
            [
                mutual_information(predicted(of_column, self._table, np.full(columns, row), np.arange(columns)))
                for row in range(rows)
            ],
            axis=1,
        )
        row = joint.sum(axis=(1, 3)).argmax(axis=1)
        return self._going.towards_best(value * chance_of_new(joint, seen), row, left)
