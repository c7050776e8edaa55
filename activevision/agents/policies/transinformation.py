"""To the viewpoint that tells classes apart best, whatever was seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activevision.agents.observation_model import ObservationModel
from activevision.agents.policies.going import Going
from activevision.agents.policies.information import mutual_information
from activevision.agents.policies.model_policy import ModelPolicy
from activevision.agents.policies.viewpoint_memory import chance_of_new
from activevision.protocol import Protocol


class Transinformation(ModelPolicy):
    """Schiele & Crowley, *Transinformation for active object recognition* (ICCV 1998).

    The transinformation of a viewpoint v is the mutual information I(C; O | v) between equally likely classes and what
    is observed from there. It is a property of the viewpoint, found once in training. The policy goes a shortest way to
    the viewpoint with the most of it among those that are in reach and that the episode has not had.

    Where the camera is, its Bayes filter says; of the viewpoint so many columns on, it takes what is to be expected
    over where that may be. Which classes are still in question changes nothing but that.
    """

    name = "transinformation"

    def __init__(self, model: ObservationModel, protocol: Protocol):
        super().__init__(model, protocol)
        self._going = Going(protocol)
        columns = np.arange(protocol.azimuths)
        value = mutual_information(self._table / len(model.classes))
        # (E, A, A): by how many columns on, and from which column
        self._value = value[:, (columns[:, None] + columns) % protocol.azimuths]

    def _choose(
        self, joint: NDArray[np.float32], seen: NDArray[np.bool_], left: NDArray[np.integer]
    ) -> NDArray[np.int64]:
        place = joint.sum(axis=1)
        value = np.einsum("na,eda->ned", place.sum(axis=1), self._value) * chance_of_new(joint, seen)
        return self._going.towards_best(value, place.sum(axis=2).argmax(axis=1), left)
